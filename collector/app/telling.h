// Whom to tell and by which way, as the configuration has it.
#pragma once

#include <memory>
#include <vector>

#include "collector/alert/dispatcher.h"
#include "collector/alert/outbox.h"
#include "collector/config/config.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class Telling {
 public:
  virtual ~Telling() = default;
  [[nodiscard]] virtual const RoutingPlan& plan() const = 0;
  [[nodiscard]] virtual Outbox& outbox() = 0;
  // How sending went since the last call. The core thread's, like the outbox.
  [[nodiscard]] virtual std::vector<DeliveryReport> TakeReports() = 0;
};

// `clock` must outlive it.
Result<std::unique_ptr<Telling>> MakeTelling(const Config& config, const Clock& clock);

}  // namespace loadline::collector
