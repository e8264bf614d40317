// POST /api/v1/repairs/approve and /refuse: a person decides about a step of a node's repair.
#pragma once

#include <string>
#include <string_view>

#include "collector/web/answer.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class RepairDesk {
 public:
  virtual ~RepairDesk() = default;
  // By the step's id; `who` is kept with it. Durable when it returns. Thread-safe. kNotFound: no step asks by that id;
  // kUnavailable: it cannot be kept, or the collector is too busy.
  virtual Result<void> Decide(const std::string& id, bool approve, const std::string& who) = 0;
};

[[nodiscard]] bool IsRepairDecision(std::string_view path);
// To one who may write. `desk` may be null: nothing is repaired here.
Answer AnswerRepairDecision(std::string_view method, std::string_view path, std::string_view body,
                            RepairDesk* desk);

}  // namespace loadline::collector
