// Who carries repair steps out: one interface for every way to do it.
#pragma once

#include <cstdint>
#include <string>

#include "collector/repair/repairer.h"

namespace loadline::collector {

enum class OrderState : std::uint8_t {
  // It surely was not begun under this id, or was left half way where it can be done again, and will not go on without
  // Begin. Whoever cannot be sure says kUnclear: the one that is not begun is decided anew, the unclear one is a
  // person's.
  kNotBegun,
  kUnderWay,
  kDone,
  kFailed,
  kUnclear,
};

struct OrderNews {
  OrderState state{};
  std::string detail;  // words
};

class RepairExecutor {
 public:
  virtual ~RepairExecutor() = default;

  // Starts a step, and does not wait for it. Called once for an id by one process; the id of one that was begun is
  // kept where a later process finds it, with what is acted on.
  virtual void Begin(const RepairIntent& order) = 0;
  // What has become of it, whoever began it. Does not wait either: kUnderWay while nothing is known.
  virtual OrderNews Look(const RepairCase& repair) = 0;
};

}  // namespace loadline::collector
