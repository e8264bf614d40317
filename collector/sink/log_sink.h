// Tells the log: one line an alert, as a warning when it fires. The way that needs no configuration.
#pragma once

#include "collector/alert/sink.h"

namespace loadline::collector {

class LogSink final : public Sink {
 public:
  [[nodiscard]] SinkTraits traits() const override { return {.per_second = 20, .burst = 20, .digest = 1000}; }
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) override;
  [[nodiscard]] std::vector<ShownMessage> Show(std::span<const Notification> batch, Wall now) const override;
};

}  // namespace loadline::collector
