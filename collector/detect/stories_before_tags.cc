// Stories as versions before schemas/state.fbs saved them: read once, after the upgrade.
#include "collector/detect/stories.h"
#include "collector/model/loader_before_tags.h"

namespace loadline::collector {
namespace {

constexpr std::uint8_t kVersion = 1;

}  // namespace

template <typename A>
void Fields(A& a, StoryEvidence& e) {
  a(e.at, e.source, e.text);
}

template <typename A>
void Fields(A& a, StoryView& v) {
  a(v.id, v.kind, v.at, v.last, v.times, v.node, v.workload_id, v.namespace_name, v.pod, v.container, v.why,
    v.cause_workload_id, v.cause_container, v.cause, v.evidence);
}

template <typename A>
void Fields(A& a, StoryBook::Story& s) {
  a(s.view, s.threshold, s.by_kubelet, s.of_memory, s.explained, s.heard, s.limit_owner, s.victim,
    s.victim_held);
}

std::optional<StoryBook::Story> StoryBook::ReadBeforeTags(const std::string& bytes) {
  Loader loader(bytes);
  std::uint8_t version = 0;
  loader(version);
  if (version != kVersion) return std::nullopt;
  Story story;
  loader(story);
  if (!loader.ok() || !loader.AtEnd()) return std::nullopt;
  return story;
}

}  // namespace loadline::collector
