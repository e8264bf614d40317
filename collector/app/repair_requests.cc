#include "collector/app/repair_requests.h"

namespace loadline::collector {

Result<void> RepairRequests::Decide(const std::string& id, bool approve, const std::string& who) {
  Result<void> decided;
  const bool done = errands_.With([&](Alerting& /*alerting*/, Wall /*now*/) {
    decided = approve ? repair_.Approve(id, who) : repair_.Refuse(id, who);
  });
  if (!done)
    return Failure(ErrorKind::kUnavailable, "the collector is starting, stopping or too busy: try again");
  return decided;
}

}  // namespace loadline::collector
