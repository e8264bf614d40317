// Who silenced something for the length of a piece of work is reminded before it is heard again.
#include <fmt/format.h>

#include "collector/alert_text/alert_words.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<Duration> kBefore{
    "within", "So long before its end, or the last quarter of its time where that is shorter.",
    std::chrono::minutes(15), std::chrono::seconds(1), kAnyTime};

void DetectSilenceEnding(const ClusterSeen& seen, const RuleSettings& settings, Found& found) {
  if (!seen.evidence.ending_silences) return;
  for (const EndingSilence& silence : seen.evidence.ending_silences(settings.Of(kBefore))) {
    Labels labels = silence.labels;
    labels[kSilenceLabel] = silence.id;
    const std::string others = silence.muted > 1 ? fmt::format(" and {} more", silence.muted - 1) : "";
    found.Add({.labels = std::move(labels),
               .summary = fmt::format("The silence of {} ends at {}, and {}{} still fires", silence.matchers,
                                      Utc(silence.ends_at), silence.first, others),
               .reason = fmt::format("Made by {}: {}. Of what it mutes {} fire.", silence.created_by,
                                     silence.comment, silence.muted)});
  }
}

}  // namespace

Rule SilenceEnding() {
  return {.name = kSilenceEnding,
          .meaning = "A silence ends soon, and something that it mutes still fires.",
          .remedy = "Extend the silence, or mend what fires.",
          .severity = Severity::kSev4,
          .own = true,
          .thresholds = {kBefore},
          .example = {{"silence", "0b3c1c0e-4a43-4a8e-9d3f-2a9c8e1f7d11"}, {"namespace", "shop"}},
          .detect = DetectSilenceEnding};
}

}  // namespace loadline::collector::rules
