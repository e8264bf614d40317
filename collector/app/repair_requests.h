// What people decide about repairs, taken to the core thread.
#pragma once

#include <string>

#include "collector/app/errands.h"
#include "collector/app/repair_pass.h"
#include "collector/web/repair_desk.h"

namespace loadline::collector {

class RepairRequests final : public RepairDesk {
 public:
  // Both outlive it.
  RepairRequests(Errands& errands, RepairPass& repair) : errands_(errands), repair_(repair) {}
  Result<void> Decide(const std::string& id, bool approve, const std::string& who) override;

 private:
  Errands& errands_;
  RepairPass& repair_;
};

}  // namespace loadline::collector
