#include "collector/alert/journal_writer.h"

namespace loadline::collector {

Result<std::vector<std::pair<std::string, std::string>>> JournalWriter::Load() {
  auto entries = journal_.Load();
  if (!entries) return entries;
  stored_.clear();
  for (const auto& [key, value] : *entries) stored_.insert(key);
  return entries;
}

void JournalWriter::Owe(JournalChange change) {
  const auto [owed, fresh] = owed_.try_emplace(std::move(change.key));
  coalesced_ += fresh ? 0 : 1;
  owed->second = std::move(change.value);
  if (!owed->second && !stored_.contains(owed->first)) owed_.erase(owed);
}

Result<void> JournalWriter::Write(std::vector<JournalChange> changes) {
  for (JournalChange& change : changes) Owe(std::move(change));
  std::vector<JournalChange> all = Take();
  if (all.empty()) return {};
  Result<void> committed = journal_.Commit(all);
  Done(std::move(all), committed.has_value());
  return committed;
}

std::vector<JournalChange> JournalWriter::Take() {
  std::vector<JournalChange> all;
  all.reserve(owed_.size());
  while (!owed_.empty()) {
    auto owed = owed_.extract(owed_.begin());
    all.push_back({std::move(owed.key()), std::move(owed.mapped())});
  }
  return all;
}

void JournalWriter::Done(std::vector<JournalChange> all, bool written) {
  for (JournalChange& change : all) {
    if (!written) {
      owed_.emplace_hint(owed_.end(), std::move(change.key), std::move(change.value));
    } else if (change.value) {
      stored_.insert(std::move(change.key));
    } else {
      stored_.erase(change.key);
    }
  }
}

}  // namespace loadline::collector
