// An alert journal in memory, for tests; it outlives the alerting that writes it, as a disk would.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "collector/alert/journal.h"

namespace loadline::test {

class MemoryJournal final : public collector::AlertJournal {
 public:
  Result<void> Commit(std::span<const collector::JournalChange> changes) override {
    if (broken) return Failure(ErrorKind::kExhausted, "disk full");
    for (const auto& change : changes) {
      ++writes;
      change.value ? void(entries[change.key] = *change.value) : void(entries.erase(change.key));
    }
    return {};
  }
  Result<std::vector<std::pair<std::string, std::string>>> Load() override {
    return std::vector<std::pair<std::string, std::string>>(entries.begin(), entries.end());
  }
  std::map<std::string, std::string> entries;
  std::size_t writes = 0;  // of single keys
  bool broken = false;
};

}  // namespace loadline::test
