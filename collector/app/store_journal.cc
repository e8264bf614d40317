#include "collector/app/store_journal.h"

#include <charconv>

namespace loadline::collector {
namespace {

constexpr const char* kSpace = "alerting";
constexpr const char* kHeardSpace = "alerting-heard-of";

}  // namespace

Result<void> StoreJournal::Commit(std::span<const JournalChange> changes) {
  const auto appended = store_.Append({}, BlobsOf(changes, heard_of_), clock_.WallNow());
  if (!appended) return Failure(appended.error());
  return {};
}

std::vector<Blob> StoreJournal::BlobsOf(std::span<const JournalChange> changes, Position heard_of) {
  std::vector<Blob> blobs;
  blobs.reserve(changes.size() + 1);
  for (const JournalChange& change : changes)
    blobs.push_back({kSpace, change.key, change.value.value_or("")});
  if (heard_of > 0 && !changes.empty()) blobs.push_back({kHeardSpace, "position", std::to_string(heard_of)});
  return blobs;
}

Result<std::vector<std::pair<std::string, std::string>>> StoreJournal::Load() {
  Result<std::vector<Blob>> blobs = store_.Scan(kSpace);
  if (!blobs) return Failure(blobs.error());
  std::vector<std::pair<std::string, std::string>> entries;
  for (Blob& blob : *blobs) entries.emplace_back(std::move(blob.key), std::move(blob.value));
  return entries;
}

Result<Position> StoreJournal::LastHeardOf() {
  const Result<std::vector<Blob>> blobs = store_.Scan(kHeardSpace);
  if (!blobs) return Failure(blobs.error());
  Position position = 0;
  for (const Blob& blob : *blobs) {
    std::from_chars(blob.value.data(), blob.value.data() + blob.value.size(), position);
  }
  return position;
}

}  // namespace loadline::collector
