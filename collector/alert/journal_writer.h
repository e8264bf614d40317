// Writes to the journal, and keeps what it does not take until it does: of each key the newest state.
//
//   JournalWriter writer(journal);
//   writer.Load();                       // once, first: it learns which keys there are
//   writer.Write(std::move(changes));    // fails with the journal; the next call writes this too
//
// What is owed is bounded by what there was when the journal failed and what there is now, however long that
// lasts: the erasure of a key that the journal never had is nothing to write. Single-threaded.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "collector/alert/journal.h"

namespace loadline::collector {

class JournalWriter {
 public:
  // `journal` outlives it.
  explicit JournalWriter(AlertJournal& journal) : journal_(journal) {}

  // Everything there is, sorted by key.
  Result<std::vector<std::pair<std::string, std::string>>> Load();
  // All that is owed and `changes`, later ones over earlier ones, in one transaction.
  Result<void> Write(std::vector<JournalChange> changes);
  // The same in two steps, for whoever writes it with something else: all that is owed, and how that went.
  std::vector<JournalChange> Take();
  void Done(std::vector<JournalChange> all, bool written);
  // To be written with the next call.
  void Owe(JournalChange change);

  [[nodiscard]] std::size_t owed() const { return owed_.size(); }
  // Changes that a newer one of the same key took the place of before they were written.
  [[nodiscard]] std::uint64_t coalesced() const { return coalesced_; }

 private:
  AlertJournal& journal_;
  std::unordered_set<std::string> stored_;  // the keys that the journal has
  std::map<std::string, std::optional<std::string>> owed_;
  std::uint64_t coalesced_ = 0;
};

}  // namespace loadline::collector
