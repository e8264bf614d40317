#include "collector/repair/recorded_first.h"

namespace loadline::collector {

bool RecordedFirst::MayBegin(const RepairIntent& order) const {
  return lead_ == nullptr || !TakesCapacity(order.step) || lead_->OnRecord(KeyOfOrder(order.id));
}

void RecordedFirst::Begin(const RepairIntent& order) {
  if (MayBegin(order))
    acts_->Begin(order);
  else
    waiting_.emplace(order.id, order);
}

OrderNews RecordedFirst::Look(const RepairCase& repair) {
  const auto waits = waiting_.find(repair.OrderId());
  if (waits == waiting_.end()) return acts_->Look(repair);
  if (const auto standing = lead_->StandingBy()) {
    waiting_.erase(waits);
    return {OrderState::kNotBegun, standing->words};
  }
  if (!MayBegin(waits->second)) return {OrderState::kUnderWay, ""};
  acts_->Begin(waits->second);
  waiting_.erase(waits);
  return {OrderState::kUnderWay, ""};
}

}  // namespace loadline::collector
