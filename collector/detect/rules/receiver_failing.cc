// So many attempts in a row failed, or one was refused, or the receiver is to be left alone for long (a daily
// quota), or something has waited for it so long.
#include <fmt/format.h>

#include "collector/alert_text/alert_words.h"
#include "collector/detect/rule.h"

namespace loadline::collector::rules {
namespace {

constexpr Threshold<std::int64_t> kAttempts{"threshold", "So many attempts in a row failed ...", 3, 1, 1000};
constexpr Threshold<Duration> kLate{"within", "... or something waits so long, or is to, as for a quota.",
                                    std::chrono::minutes(2), std::chrono::seconds(10), kAnyTime};

bool Fails(const ReceiverView& receiver, Wall now, const RuleSettings& settings) {
  const Duration late = settings.Of(kLate);
  return receiver.refuses || receiver.failing >= settings.Of(kAttempts) ||
         (receiver.paused_until && *receiver.paused_until - now >= late) ||
         (receiver.waiting_since && now - *receiver.waiting_since >= late);
}

// Instants, not spans: words that stay as they are until something happens.
std::string WhyItFails(const ReceiverView& receiver, const RuleSettings& settings) {
  std::string why;
  if (receiver.refuses) {
    why = fmt::format(
        "It refuses what it is sent; the last error: {}. It is told again when its group is next "
        "looked at. ",
        receiver.last_failure);
  } else if (receiver.failing > 0) {
    why = fmt::format("The last {} attempts failed, threshold {}; the last error: {}. ", receiver.failing,
                      settings.Of(kAttempts), receiver.last_failure);
  }
  if (receiver.paused_until) why += fmt::format("It is tried again at {}. ", Utc(*receiver.paused_until));
  if (!receiver.waiting_since) return why + "Nothing waits.";
  return why + fmt::format("Notifications wait since {}, threshold {}; none is forgotten.",
                           Utc(*receiver.waiting_since), FormatSeconds(Seconds(settings.Of(kLate))));
}

void DetectReceiverFailing(const ClusterSeen& seen, const RuleSettings& settings, Found& found) {
  for (const ReceiverView& receiver : seen.evidence.own.receivers) {
    if (!Fails(receiver, seen.evidence.wall, settings)) continue;
    found.Add({.labels = {{"receiver", receiver.name}},
               .summary = receiver.failing > 0 ? fmt::format("{} does not take alerts: {}", receiver.name,
                                                             receiver.last_failure)
                                               : receiver.name + " is far behind with alerts",
               .reason = WhyItFails(receiver, settings),
               .keep = std::chrono::seconds(5),
               .sure = receiver.refuses});
  }
}

}  // namespace

Rule ReceiverFailing() {
  return {.name = "ReceiverFailing",
          .meaning = "A receiver does not take what it is sent.",
          .remedy = "See the error: a token that was revoked, a channel that is gone, a server that is down.",
          .severity = Severity::kSev2,
          .hold = std::chrono::minutes(1),
          .own = true,
          .thresholds = {kAttempts, kLate},
          .example = {{"receiver", "ops/slack[0]"}},
          .detect = DetectReceiverFailing};
}

}  // namespace loadline::collector::rules
