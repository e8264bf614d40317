// Records on their way: kept until the collector has acknowledged them.
//
// Bounded: first in memory, then, where a directory is given, on disk. With a directory every record is
// written there as it comes, so that it survives the end of the agent (not that of the machine: nothing is
// synced), and is found again by the next start. When there is no room the oldest reports go first, events
// last; what has been sent and may have arrived is never dropped, so that a record is delivered or counted as
// dropped, never both.
//
// Not thread-safe: owned by the uplink's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "schemas/base/result.h"
#include "schemas/wire/encode.h"

namespace loadline::agent {

class SpoolDisk;

struct SpoolOptions {
  std::size_t memory_bytes = 4 << 20;  // of frames; with a directory, of those that are not read back from it
  std::filesystem::path directory;     // empty: memory only
  std::size_t disk_bytes = 256 << 20;  // of files; the oldest sixteenth goes at once when they are full
};

// A record's place among all records of a node: epochs follow one another, sequences within them.
struct RecordKey {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  auto operator<=>(const RecordKey&) const = default;
};

// What a report says of records dropped before it. When that report is dropped too, they are unsaid again.
struct DropCounts {
  std::uint64_t reports = 0;
  std::uint64_t events = 0;
  bool operator==(const DropCounts&) const = default;
};

struct SpoolRecord {
  RecordKey key;
  bool is_event = false;
  DropCounts said;
  wire::Frame frame;
};

class Spool {
 public:
  // Opens the directory and finds the records that an earlier start left. Records that are torn or damaged
  // are passed over and counted. Fails when the directory cannot be used or another agent uses it.
  [[nodiscard]] static Result<Spool> Open(SpoolOptions options);
  Spool(Spool&&) noexcept;
  Spool& operator=(Spool&&) noexcept;
  ~Spool();

  // Takes a record with a key above all others.
  void Add(SpoolRecord record);

  // Forgets all records of this epoch up to this sequence; returns how many there were.
  std::size_t Acknowledge(RecordKey up_to);

  // Gives up one record, and counts it as dropped.
  void Drop(RecordKey key);

  // The first record after `key`, or nothing. From here on it counts as sent. A record that cannot be read
  // back from disk is dropped and counted.
  struct Next {
    RecordKey key;
    wire::Frame frame;
  };
  [[nodiscard]] std::optional<Next> TakeAfter(RecordKey key);

  // Dropped since the last call and not yet said in a report.
  [[nodiscard]] DropCounts TakeUnsaid();

  struct Counts {
    std::size_t records = 0;
    std::size_t bytes = 0;
    DropCounts dropped;               // since Open
    std::uint64_t damaged = 0;        // places in files that could not be read
    std::uint64_t disk_errors = 0;    // records that could not be written
    std::uint64_t highest_epoch = 0;  // found by Open; 0 when nothing was
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

  // The first record that is kept, or nothing.
  [[nodiscard]] std::optional<RecordKey> first() const;

 private:
  struct Slot;
  using Slots = std::map<RecordKey, Slot>;

  explicit Spool(SpoolOptions options);
  void Recover();
  bool KeepOnDisk(const SpoolRecord& record, Slot& slot);
  bool MakeDiskRoom(std::size_t bytes, bool for_event);
  bool MakeMemoryRoom(std::size_t bytes, bool for_event);
  bool RewriteOldestFile(bool drop_events);
  void Move(Slots::iterator at);
  bool DropOldest(bool events);
  void CountDropped(const Slot& slot);
  Slots::iterator Erase(Slots::iterator slot);

  SpoolOptions options_;
  std::unique_ptr<SpoolDisk> disk_;  // absent without a directory
  Slots slots_;
  std::size_t memory_bytes_ = 0;
  DropCounts unsaid_;
  Counts counts_;
};

}  // namespace loadline::agent
