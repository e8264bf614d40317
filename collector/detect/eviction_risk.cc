#include <fmt/format.h>

#include <algorithm>

#include "collector/detect/detect.h"
#include "collector/detect/story_words.h"

namespace loadline::collector {
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

}  // namespace

void DetectEvictionRisk(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  const Model& model = evidence.model;
  model.nodes().ForEach([&](NodeId, const Node& node) {
    if (node.eviction_available == 0 || node.window_end < evidence.wall - kFresh) return;
    const Bytes named = evidence.threshold_of ? evidence.threshold_of(node.name) : 0;
    const Bytes threshold = named > 0 ? named : config.eviction_threshold;
    const Bytes above = std::max<Bytes>(node.eviction_available - threshold, 0);
    const double fall = FallOf(node);
    const double left = fall > 0 ? static_cast<double>(above) / fall : 0;
    if (above > 0 && (fall == 0 || left > Seconds(config.eviction_risk_within))) return;
    const std::string when = above == 0 ? "now" : "in about " + FormatSeconds(left);
    Condition risk{
        .rule = "EvictionRisk",
        .labels = {{"node", node.name}},
        .severity = Severity::kSev2,
        .summary = fmt::format("The kubelet of {} evicts pods {}: {} of memory.available, threshold {}",
                               node.name, when, FormatBytes(node.eviction_available), FormatBytes(threshold)),
        .reason = fmt::format(
            "memory.available (capacity less working set) is {}{}; threshold {} ({}).",
            FormatBytes(node.eviction_available),
            fall > 0 ? " and falls by " + FormatBytes(static_cast<Bytes>(fall)) + " a second" : std::string(),
            FormatBytes(threshold), named > 0 ? "as its kubelet said" : "detect.eviction_threshold"),
        .keep = 1min};
    const auto growers = MemoryGrowthOn(model, node.name, {.at = evidence.wall, .span = kFall, .most = 1});
    if (!growers.empty() && growers[0].grown() > 0)
      risk.reason += " " + GrowthWords(growers[0], evidence.wall) + ".";
    found.push_back(std::move(risk));
  });
}

}  // namespace loadline::collector
