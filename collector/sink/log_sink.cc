#include "collector/sink/log_sink.h"

#include <fmt/core.h>
#include <spdlog/spdlog.h>

#include "collector/alert_text/alert_words.h"
#include "collector/sink/sink_kind.h"

namespace loadline::collector {
namespace {

std::string Line(const Alert& alert) {
  return fmt::format("alert {} {}: {} [{}] {}", Name(alert.state), Name(alert.severity), Title(alert),
                     OneLine(alert.summary), OneLine(alert.reason));
}

}  // namespace

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
      spdlog::log(level, "{}", Line(alert));
    }
  }
  if (unsaid > 0) spdlog::warn("alerts: and {} more in the same moment", unsaid);
  return {.verdict = Verdict::kDelivered, .detail = {}};
}

std::vector<ShownMessage> LogSink::Show(std::span<const Notification> batch, Wall /*now*/) const {
  std::string text;
  for (const Notification& notification : batch) {
    for (const Alert& alert : notification.alerts) text += Line(alert) + "\n";
  }
  return {{.text = std::move(text), .body = {}}};
}

namespace kinds {

SinkKind Log() {
  return {.section = {.name = "log", .keys = {}},
          .make = [](const IntegrationConfig&, const SinkParts&) -> Result<std::unique_ptr<Sink>> {
            return std::make_unique<LogSink>();
          }};
}

}  // namespace kinds
}  // namespace loadline::collector
