// A repair as whoever repairs next has to know it, so that rates and cool-downs hold whoever repairs.
#pragma once

#include <optional>
#include <string>

#include "schemas/base/clock.h"

namespace loadline::collector {

struct RecordedRepair {
  std::string key;  // RepairCase::Key
  std::string pool;
  std::string zone;
  Wall taken{};                // when capacity was first taken for it
  std::optional<Wall> closed;  // nothing: it goes on
  bool operator==(const RecordedRepair&) const = default;
};

}  // namespace loadline::collector
