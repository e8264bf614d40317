#include "collector/alert_file/yaml_merge.h"

#include <cstddef>
#include <set>
#include <string>

#include "collector/alert_file/yaml_reader.h"

namespace loadline::collector {
namespace {

constexpr const char* kMerge = "<<";
// Aliases of aliases multiply: a small file must not become a large one.
constexpr std::size_t kMostNodes = 200'000;
constexpr int kDeepest = 100;

class Merger {
 public:
  void Resolve(YAML::Node node, int depth) {
    if (++seen_ > kMostNodes || depth > kDeepest) throw ConfigFault{Line(node), "too many or too deep nodes"};
    if (node.IsSequence()) {
      for (const YAML::Node& element : node) Resolve(element, depth + 1);
    }
    if (!node.IsMap()) return;
    std::set<std::string> keys;
    for (const auto& entry : node) {
      if (entry.first.IsScalar() && !keys.insert(entry.first.Scalar()).second)
        throw ConfigFault{Line(entry.first), "key '" + entry.first.Scalar() + "' twice"};
      Resolve(entry.second, depth + 1);
    }
    const YAML::Node& as_it_is = node;  // asking what may change would add the key
    const YAML::Node merged = as_it_is[kMerge];
    if (!merged.IsDefined()) return;
    if (merged.IsSequence()) {
      for (const YAML::Node& one : merged) MergeInto(node, one);
    } else {
      MergeInto(node, merged);
    }
    node.remove(kMerge);
  }

 private:
  static int Line(const YAML::Node& node) { return node.Mark().line + 1; }

  static void MergeInto(YAML::Node& node, const YAML::Node& from) {
    if (!from.IsMap()) throw ConfigFault{Line(from), "<<: expected a mapping, or a list of them"};
    const YAML::Node& as_it_is = node;
    for (const auto& entry : from) {
      if (!as_it_is[entry.first.Scalar()].IsDefined()) node.force_insert(entry.first, entry.second);
    }
  }

  std::size_t seen_ = 0;
};

}  // namespace

void ResolveMerges(YAML::Node document) {
  if (document.IsDefined()) Merger().Resolve(document, 0);
}

}  // namespace loadline::collector
