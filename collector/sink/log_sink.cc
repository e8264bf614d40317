#include "collector/sink/log_sink.h"

#include <spdlog/spdlog.h>

#include "collector/alert/alert_words.h"

namespace loadline::collector {

Outcome LogSink::Send(std::span<const Notification> batch, const std::stop_token& /*stop*/) {
  constexpr std::size_t kLines = 20;  // of one batch: a log is read by people too
  std::size_t lines = 0;
  std::size_t unsaid = 0;
  for (const Notification& notification : batch) {
    unsaid += notification.more;
    for (const Alert& alert : notification.alerts) {
      if (++lines > kLines) {
        ++unsaid;
        continue;
      }
      const auto level = alert.state == AlertState::kFiring ? spdlog::level::warn : spdlog::level::info;
      spdlog::log(level, "alert {} {}: {} [{}] {}", Name(alert.state), Name(alert.severity), Title(alert),
                  OneLine(alert.summary), OneLine(alert.reason));
    }
  }
  if (unsaid > 0) spdlog::warn("alerts: and {} more in the same moment", unsaid);
  return {.verdict = Verdict::kDelivered, .detail = {}};
}

}  // namespace loadline::collector
