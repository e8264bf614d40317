// What of repairs outlives a kill, behind an interface: bytes by key, as SaveCase makes them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "schemas/base/result.h"

namespace loadline::collector {

class RepairJournal {
 public:
  using Entry = std::pair<std::string, std::string>;  // key and bytes
  virtual ~RepairJournal() = default;

  virtual Result<std::vector<Entry>> Load() = 0;
  // All or nothing, durably. No bytes erase.
  virtual Result<void> Write(const std::vector<Entry>& changes) = 0;
};

}  // namespace loadline::collector
