#include "agent/uplink/spool.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "agent/uplink/spool_disk.h"

namespace loadline::agent {
namespace {

// Full files are dropped whole: with sixteen of them the newest fifteen sixteenths stay.
constexpr std::size_t kFilesInDirectory = 16;

// What an earlier start may have sent without living to see the acknowledgement: see SessionOptions.
constexpr std::size_t kMaybeSent = 64;

}  // namespace

struct Spool::Slot {
  bool is_event = false;
  bool sent = false;  // may have arrived: never dropped
  DropCounts said;
  std::size_t size = 0;
  std::optional<wire::Frame> frame;  // absent: only on disk
  std::optional<SpoolDisk::Place> place;
};

Spool::Spool(SpoolOptions options) : options_(std::move(options)) {}
Spool::Spool(Spool&&) noexcept = default;
Spool& Spool::operator=(Spool&&) noexcept = default;
Spool::~Spool() = default;

Result<Spool> Spool::Open(SpoolOptions options) {
  Spool spool(std::move(options));
  if (!spool.options_.directory.empty()) {
    auto disk = SpoolDisk::Open(spool.options_.directory, spool.options_.disk_bytes / kFilesInDirectory);
    if (!disk) return Failure(disk.error());
    spool.disk_ = *std::move(disk);
    spool.Recover();
  }
  return spool;
}

void Spool::Recover() {
  counts_.damaged = disk_->Recover([this](const SpoolRecord& record, SpoolDisk::Place place) {
    Slot slot{.is_event = record.is_event, .said = record.said, .size = place.size, .place = place};
    // A record that was moved to a newer file may be there twice.
    const auto [old, is_new] = slots_.try_emplace(record.key, std::move(slot));
    if (!is_new) return false;
    counts_.records += 1;
    counts_.bytes += old->second.size;
    return true;
  });
  if (counts_.damaged > 0)
    spdlog::warn("the spool is damaged in {} places: the records there are lost", counts_.damaged);
  if (!slots_.empty()) counts_.highest_epoch = slots_.rbegin()->first.epoch;
  auto slot = slots_.begin();
  for (std::size_t i = 0; i < kMaybeSent && slot != slots_.end(); ++i, ++slot) slot->second.sent = true;
}

void Spool::Add(SpoolRecord record) {
  Slot slot{.is_event = record.is_event, .said = record.said, .size = record.frame.size()};
  const bool on_disk = disk_ && KeepOnDisk(record, slot);
  // With the disk behind it memory is only a shortcut, and the records that are sent next have it already.
  const bool in_memory = memory_bytes_ + slot.size <= options_.memory_bytes ||
                         (!on_disk && MakeMemoryRoom(slot.size, record.is_event));
  if (!on_disk && !in_memory) return CountDropped(slot);
  if (in_memory) {
    memory_bytes_ += slot.size;
    slot.frame = std::move(record.frame);
  }
  counts_.records += 1;
  counts_.bytes += slot.size;
  slots_.emplace_hint(slots_.end(), record.key, std::move(slot));
}

bool Spool::KeepOnDisk(const SpoolRecord& record, Slot& slot) {
  if (!MakeDiskRoom(SpoolDisk::BytesOf(record), record.is_event)) return false;
  const auto place = disk_->Append(record);
  if (!place) {
    ++counts_.disk_errors;
    return false;
  }
  slot.place = *place;
  return true;
}

bool Spool::MakeDiskRoom(std::size_t bytes, bool for_event) {
  const auto fits = [&] { return disk_->bytes() + bytes <= options_.disk_bytes; };
  while (!fits() && RewriteOldestFile(/*drop_events=*/false)) {
  }
  while (!fits() && for_event && RewriteOldestFile(/*drop_events=*/true)) {
  }
  return fits();
}

// Drops what may be dropped from the oldest file in which there is such, and moves the rest to the newest.
// False when there is no such file.
bool Spool::RewriteOldestFile(bool drop_events) {
  const auto may_go = [&](const Slot& slot) { return !slot.sent && (drop_events || !slot.is_event); };
  for (std::uint64_t file = disk_->OldestFileFrom(0); file != 0; file = disk_->OldestFileFrom(file + 1)) {
    std::vector<Slots::iterator> kept;
    bool dropped = false;
    for (auto slot = slots_.begin(); slot != slots_.end();) {
      if (!slot->second.place || slot->second.place->file != file) {
        ++slot;
      } else if (!may_go(slot->second)) {
        kept.push_back(slot++);
      } else {
        dropped = true;
        CountDropped(slot->second);
        slot = Erase(slot);
      }
    }
    if (!dropped) continue;
    for (const auto& slot : kept) Move(slot);
    return true;
  }
  return false;
}

// Writes a record again, to the newest file.
void Spool::Move(Slots::iterator at) {
  Slot& slot = at->second;
  const auto frame = slot.frame ? Result<wire::Frame>(*slot.frame) : disk_->Read(*slot.place);
  const auto place = frame ? disk_->Append({at->first, slot.is_event, slot.said, *frame})
                           : Result<SpoolDisk::Place>(Failure(frame.error()));
  if (!place) {
    ++counts_.disk_errors;  // It stays where it is.
    return;
  }
  disk_->Release(*std::exchange(slot.place, *place));
}

bool Spool::MakeMemoryRoom(std::size_t bytes, bool for_event) {
  const auto fits = [&] { return memory_bytes_ + bytes <= options_.memory_bytes; };
  // What is on disk as well can be read back.
  for (auto slot = slots_.rbegin(); slot != slots_.rend() && !fits(); ++slot) {
    if (!slot->second.place || !slot->second.frame) continue;
    memory_bytes_ -= slot->second.size;
    slot->second.frame.reset();
  }
  while (!fits() && DropOldest(/*events=*/false)) {
  }
  while (!fits() && for_event && DropOldest(/*events=*/true)) {
  }
  return fits();
}

// Drops the oldest report, or event, that is only in memory. False when there is none.
bool Spool::DropOldest(bool events) {
  const auto oldest = std::find_if(slots_.begin(), slots_.end(), [&](const auto& entry) {
    const Slot& slot = entry.second;
    return !slot.sent && !slot.place && slot.is_event == events;
  });
  if (oldest == slots_.end()) return false;
  CountDropped(oldest->second);
  Erase(oldest);
  return true;
}

void Spool::CountDropped(const Slot& slot) {
  std::uint64_t DropCounts::* kind = slot.is_event ? &DropCounts::events : &DropCounts::reports;
  counts_.dropped.*kind += 1;
  unsaid_.*kind += 1;
  // What a dropped report had to say of others has to be said again.
  unsaid_.reports += slot.said.reports;
  unsaid_.events += slot.said.events;
}

Spool::Slots::iterator Spool::Erase(Slots::iterator at) {
  Slot& slot = at->second;
  if (slot.frame) memory_bytes_ -= slot.size;
  if (slot.place) disk_->Release(*slot.place);
  counts_.records -= 1;
  counts_.bytes -= slot.size;
  return slots_.erase(at);
}

std::size_t Spool::Acknowledge(RecordKey up_to) {
  std::size_t acknowledged = 0;
  auto slot = slots_.lower_bound({.epoch = up_to.epoch, .sequence = 0});
  for (; slot != slots_.end() && slot->first <= up_to; ++acknowledged) slot = Erase(slot);
  return acknowledged;
}

void Spool::Drop(RecordKey key) {
  const auto slot = slots_.find(key);
  if (slot == slots_.end()) return;
  CountDropped(slot->second);
  Erase(slot);
}

std::optional<Spool::Next> Spool::TakeAfter(RecordKey key) {
  auto slot = slots_.upper_bound(key);
  while (slot != slots_.end()) {
    slot->second.sent = true;
    if (slot->second.frame) return Next{slot->first, *slot->second.frame};
    if (auto frame = disk_->Read(*slot->second.place)) return Next{slot->first, *std::move(frame)};
    ++counts_.damaged;
    CountDropped(slot->second);
    slot = Erase(slot);
  }
  return std::nullopt;
}

DropCounts Spool::TakeUnsaid() {
  return std::exchange(unsaid_, {});
}

std::optional<RecordKey> Spool::first() const {
  return slots_.empty() ? std::nullopt : std::optional(slots_.begin()->first);
}

}  // namespace loadline::agent
