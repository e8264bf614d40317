// A node's memory.available, as its kubelet counts it, is at the eviction threshold, or falls so fast that
// it is there soon. The fall is that of the last two minutes; of half a minute at least, for a first window
// proves nothing. Names who grew most.
#include <fmt/format.h>

#include <algorithm>

#include "collector/detect/rule.h"
#include "collector/detect/story_words.h"

namespace loadline::collector::rules {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFall = 2min;
constexpr std::uint32_t kShortestFall = 30;
// A node that was not heard of lately says nothing of now.
constexpr Duration kFresh = 1min;

// Bytes a second that memory.available loses; 0 when it does not fall, or not long enough to tell.
double FallOf(const Node& node) {
  const auto ends = node.available.Over(kFall);
  if (!ends || ends->last.at_s - ends->first.at_s < kShortestFall) return 0;
  return std::max(
      0.0, (ends->first.value - ends->last.value) / static_cast<double>(ends->last.at_s - ends->first.at_s));
}

void DetectEvictionRisk(const NodeSeen& seen, const RuleSettings& settings, Found& found) {
  const Node& node = seen.node;
  const Evidence& evidence = seen.cluster.evidence;
  if (node.eviction_available == 0 || node.window_end < evidence.wall - kFresh) return;
  const Bytes named = evidence.threshold_of ? evidence.threshold_of(node.name) : 0;
  const Bytes threshold = named > 0 ? named : settings.shared().eviction_threshold;
  const Bytes above = std::max<Bytes>(node.eviction_available - threshold, 0);
  const double fall = FallOf(node);
  const double left = fall > 0 ? static_cast<double>(above) / fall : 0;
  if (above > 0 && (fall == 0 || left > Seconds(settings.shared().eviction_risk_within))) return;
  const std::string when = above == 0 ? "now" : "in about " + FormatSeconds(left);
  Condition risk{
      .labels = {{"node", node.name}},
      .summary = fmt::format("The kubelet of {} evicts pods {}: {} of memory.available, threshold {}",
                             node.name, when, FormatBytes(node.eviction_available), FormatBytes(threshold)),
      .reason = fmt::format(
          "memory.available (capacity less working set) is {}{}; threshold {} ({}).",
          FormatBytes(node.eviction_available),
          fall > 0 ? " and falls by " + FormatBytes(static_cast<Bytes>(fall)) + " a second" : std::string(),
          FormatBytes(threshold), named > 0 ? "as its kubelet said" : "detect.eviction_threshold"),
      .keep = 1min};
  const auto growers =
      MemoryGrowthOn(evidence.model, node.name, {.at = evidence.wall, .span = kFall, .most = 1});
  if (!growers.empty() && growers[0].grown() > 0)
    risk.reason += " " + GrowthWords(growers[0], evidence.wall) + ".";
  found.Add(std::move(risk));
}

}  // namespace

Rule EvictionRisk() {
  return {.name = "EvictionRisk",
          .meaning = "A node is about to evict pods for want of memory.",
          .remedy = "Move or restart what grows, as the alert names it, before the kubelet chooses.",
          .severity = Severity::kSev2,
          .example = {{"node", "node-1"}},
          .detect = DetectEvictionRisk};
}

}  // namespace loadline::collector::rules
