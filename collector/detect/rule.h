// A rule: what is wrong, in one file of rules/ that says all there is to say of it.
//
//   constexpr Threshold<double> kUsed{"threshold", "The share of a disk that is used.", 0.9, 0.01, 1};
//
//   void Detect(const NodeSeen& seen, const RuleSettings& settings, Found& found) {
//     ... found.Add({.labels = ..., .summary = ..., .reason = ...});
//   }
//
//   Rule NodeDiskFull() {
//     return {.name = "NodeDiskFull", ..., .thresholds = {kUsed}, .detect = Detect};
//   }
//
// The list of rules in CMakeLists.txt is the table: settings, detection, examples, inhibition and the test
// of the documentation read it. A detection is a pure function; it states what it saw and the threshold in
// the reason. Whether it holds long enough to be told is the alert book's business.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "collector/detect/detect_config.h"
#include "collector/detect/evidence.h"

namespace loadline::collector {

// A value of one rule that a user may change: "rules.NodeDiskFull.threshold". double: a share or a factor;
// Duration: a time; std::int64_t: a number.
template <typename T>
struct Threshold {
  const char* key;
  const char* meaning;
  T usual;
  T least;
  T most;
};
inline constexpr Duration kAnyTime = std::chrono::hours(24 * 3650);
using AnyThreshold = std::variant<Threshold<double>, Threshold<Duration>, Threshold<std::int64_t>>;

// While the rule fires, or is about to, alerts that match `target` and have the same labels of `equal` are
// not told.
struct Inhibition {
  const char* target;  // matchers, as Alertmanager writes them
  std::set<std::string> equal{};
  // The rule that must hold too, of the same labels, before alerts that others posted are not told either;
  // empty: they are told.
  std::string_view witness{};
};

// What rules of nodes as such have in common, for those that inhibit: their names begin with Node.
inline constexpr const char* kRulesOfNodes = R"(alertname=~"Node.*")";
inline constexpr const char* kAllOfANodeButItsRules = R"(node=~".+",alertname!~"Node.*")";

class RuleSettings {
 public:
  // Both outlive it.
  RuleSettings(const RuleConfig& rule, const DetectConfig& shared) : rule_(rule), shared_(shared) {}

  // The value of one of the rule's own thresholds.
  template <typename T>
  [[nodiscard]] T Of(const Threshold<T>& threshold) const {
    const auto found = rule_.thresholds.find(std::string_view(threshold.key));
    const T* value = found == rule_.thresholds.end() ? nullptr : std::get_if<T>(&found->second);
    return value == nullptr ? threshold.usual : *value;
  }
  [[nodiscard]] const DetectConfig& shared() const { return shared_; }

 private:
  const RuleConfig& rule_;
  const DetectConfig& shared_;
};

struct Rule;

// Takes what a rule finds. Of a condition the rule need not say what it says of itself anyway: name,
// severity and how long it must hold.
class Found {
 public:
  Found(const Rule& rule, std::vector<Condition>& into) : rule_(rule), into_(into) {}
  void Add(Condition condition);

 private:
  const Rule& rule_;
  std::vector<Condition>& into_;
};

template <typename Seen>
using Detection = void (*)(const Seen& seen, const RuleSettings& settings, Found& found);

struct Rule {
  const char* name;
  const char* meaning;
  const char* remedy;  // the first thing to do
  Severity severity;
  Duration hold{};         // how long it must hold before it fires; without meaning for a happening
  bool happening = false;  // an instant, which cannot be asked to hold
  bool own = false;        // of the collector or of a node as such: room in the book is kept for it
  // The watch of the API server whose word alone it goes by: until that has listed once, that nothing is found proves nothing.
  std::string_view watch{};                // "nodes"; empty: none
  std::vector<AnyThreshold> thresholds{};  // in the order in which they are shown
  Labels example{};                        // labels as it could have them
  std::vector<Inhibition> inhibits{};
  // What it looks at is what its function takes: once everything, or one of these after the other.
  std::variant<Detection<ClusterSeen>, Detection<NodeSeen>, Detection<NodeFault>, Detection<RepairView>,
               Detection<ContainerSeen>, Detection<KillTold>, Detection<EvictionTold>>
      detect;
};

// In the order in which they are documented (docs/alerting.md has a section of the same name).
const std::vector<Rule>& AllRules();

}  // namespace loadline::collector
