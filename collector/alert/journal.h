// Where alerting keeps what must survive a kill -9: a set of keys and values, changed in transactions.
//
// The store implements it (collector/app adapts); tests have one in memory. All keys begin with "alert/",
// "group/", "kept/", "note/", "own/" or "silence/".
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "schemas/base/result.h"

namespace loadline::collector {

struct JournalChange {
  std::string key;
  std::optional<std::string> value;  // nothing: the key is erased
};

class AlertJournal {
 public:
  virtual ~AlertJournal() = default;
  // All of them or none, on the disk when it returns.
  virtual Result<void> Commit(std::span<const JournalChange> changes) = 0;
  // Everything committed so far, sorted by key.
  virtual Result<std::vector<std::pair<std::string, std::string>>> Load() = 0;
};

}  // namespace loadline::collector
