// The alert journal in the store.
#pragma once

#include "collector/alert/journal.h"
#include "collector/store/store.h"

namespace loadline::collector {

// Each commit also notes up to which record alerting has heard of everything, so that after a kill a
// happening is told once: its record is replayed, but what was decided about it is known.
class StoreJournal final : public AlertJournal {
 public:
  // Both must outlive it.
  StoreJournal(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  Result<void> Commit(std::span<const JournalChange> changes) override;
  Result<std::vector<std::pair<std::string, std::string>>> Load() override;

  // The same changes as blobs, for whoever commits them with the records they follow from, up to that one.
  [[nodiscard]] static std::vector<Blob> BlobsOf(std::span<const JournalChange> changes, Position heard_of);

  // The record whose consequences are committed next.
  void HeardOf(Position position) { heard_of_ = position; }
  // As the last commit before the start noted it.
  [[nodiscard]] Result<Position> LastHeardOf();

 private:
  Store& store_;
  const Clock& clock_;
  Position heard_of_ = 0;
};

}  // namespace loadline::collector
