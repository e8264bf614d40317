// Steps that take a node from its users are begun when their repair is on record, where whoever repairs next finds it: a
// repair that nobody else knows of is never begun, and no takeover makes more of them than the rates allow.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "collector/repair/executor.h"
#include "collector/repair/leadership.h"

namespace loadline::collector {

class RecordedFirst final : public RepairExecutor {
 public:
  // `lead` outlives it; null: nobody else repairs here, and nothing has to be on record.
  RecordedFirst(const Leadership* lead, std::unique_ptr<RepairExecutor> acts)
      : lead_(lead), acts_(std::move(acts)) {}
  void Begin(const RepairIntent& order) override;
  // Begins what waited for the record; what still waits when the leadership is lost was not begun.
  OrderNews Look(const RepairCase& repair) override;

 private:
  [[nodiscard]] bool MayBegin(const RepairIntent& order) const;

  const Leadership* const lead_;
  const std::unique_ptr<RepairExecutor> acts_;
  std::map<std::string, RepairIntent, std::less<>> waiting_;  // by order
};

}  // namespace loadline::collector
