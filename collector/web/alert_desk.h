// The way from the web server's threads to alerting, which lives on the collector's core thread.
#pragma once

#include <functional>
#include <memory>

#include "collector/alert/alerting.h"

namespace loadline::collector {

class AlertDesk {
 public:
  virtual ~AlertDesk() = default;
  // Has `work` done on the thread that owns alerting and returns when it is done. False: it was not and will
  // not be (starting, stopping, too busy). Called from many threads; `work` should copy what it needs and
  // format elsewhere.
  [[nodiscard]] virtual bool With(const std::function<void(Alerting& alerting, Wall now)>& work) = 0;
  // What alerting knew lately, for reading without its thread: what With has changed is in it once With has
  // returned. Null while nothing is known yet.
  [[nodiscard]] virtual std::shared_ptr<const AlertsShown> Shown() const = 0;
};

}  // namespace loadline::collector
