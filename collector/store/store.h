// What happened, durably: the collector's memory behind an interface of few verbs.
//
// A record is in the store exactly once: its stream (one start of one agent) numbers it, and a number that is
// not above the stream's last one is a duplicate. What Append returned for survives kill -9, so that what
// follows from it can be told; once Sync has returned after it, it survives loss of power, too, and only then
// is it acknowledged. What was put survives both. Records stay until they are folded into a model snapshot;
// snapshots are written in pieces, so that no write is long, and count only once finished. Everything else is
// blobs under a space and a key: alerts, silences, logs.
//
// A part of the bound is kept from records, so that a store that is full of them can still save the model
// that makes them needless, and alerts.
//
// Failures: kExhausted (disk or own bound is full), kDenied (read-only), kUnavailable (locked, I/O error).
// After any of them the same call can be made again; nothing of it is stored, unless it was a Put which the
// disk did not take. kInvalid: what was stored is damaged, and no call will get better. One thread at a time,
// but for Sync.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/notes/note_log.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/base/units.h"

namespace loadline::collector {

// Where a record stands in the store: 1, 2, 3 ..., never used again. 0 is "before all".
using Position = std::uint64_t;

// One start of one agent.
struct StreamId {
  std::string node;
  std::string boot_id;
  std::uint64_t epoch = 0;
};

// A record as it came in. The bytes must live as long as the call that takes it.
struct RecordToStore {
  const StreamId* stream = nullptr;
  std::uint64_t sequence = 0;
  Wall received{};
  std::span<const std::byte> frame;
};

struct StoredRecord {
  Position position = 0;
  StreamId stream;
  std::uint64_t sequence = 0;
  Wall received{};
  std::vector<std::byte> frame;
};

// What is known of a stream; outlives its records.
struct StreamState {
  StreamId id;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t records = 0;  // committed; less than last - first + 1 when some never came
};

struct Blob {
  std::string space;  // "alert", "silence" ...
  std::string key;
  std::string value;
};

struct PruneLimits {
  Duration keep_folded{0};  // how long records stay after a snapshot holds them
  Duration keep_streams =
      std::chrono::hours(24 * 30);  // how long the last number of a dead agent is remembered
  int streams_of_a_node = 64;       // of dead agents of one node, the latest
  int rows = 500;                   // at most this many records a call, so that no call is long
};

// Waits for the disk since the store was opened, and how long they took together.
struct SyncCounts {
  std::uint64_t syncs = 0;
  Duration took{0};
};

class Store {
 public:
  virtual ~Store() = default;

  // All or nothing, in one commit, and what goes `beside` them as Put would take it. Gives the position of
  // each record, 0 for a duplicate.
  virtual Result<std::vector<Position>> Append(std::span<const RecordToStore> records,
                                               std::span<const Blob> beside, Wall now) = 0;
  Result<std::vector<Position>> Append(std::span<const RecordToStore> records) {
    return Append(records, {}, records.empty() ? Wall{} : records.back().received);
  }
  // All that was stored before the call is on the disk when it returns, however long that takes. From any
  // thread, beside every other verb.
  virtual Result<void> Sync() = 0;
  // Of the last record that was ever stored; the next ones follow one by one.
  [[nodiscard]] virtual Position LastPosition() const = 0;
  [[nodiscard]] virtual Result<std::vector<StreamState>> Streams() = 0;
  // The records after a position, in order.
  virtual Result<void> Replay(Position after, const std::function<void(const StoredRecord&)>& visit) = 0;

  // A snapshot of everything up to `position`: begin, pieces in order, finish. Begin drops an unfinished one;
  // finish drops the one before. That of an earlier version, which cannot read ours, stays for a day.
  virtual Result<void> BeginSnapshot(Position position, Wall now) = 0;
  virtual Result<void> AddToSnapshot(std::string_view piece) = 0;
  virtual Result<void> FinishSnapshot() = 0;
  // A whole snapshot in the room of the one before, in one commit: for a store in which two have no room.
  // Begin, pieces and finish are better where they have: each of their writes is short.
  virtual Result<void> ReplaceSnapshot(Position position, std::span<const std::string> pieces, Wall now) = 0;
  // The pieces of the last finished snapshot and its position; 0 when there is none.
  virtual Result<Position> LoadSnapshot(const std::function<void(std::string_view)>& visit) = 0;

  // All in one commit. An empty value erases.
  virtual Result<void> Put(std::span<const Blob> blobs, Wall now) = 0;
  // Every blob of a space, by key.
  virtual Result<std::vector<Blob>> Scan(std::string_view space) = 0;
  // Keeps only the newest `at_most` blobs of a space that were put after `since`.
  virtual Result<void> Trim(std::string_view space, Wall since, std::size_t at_most) = 0;

  // Deletes some of what may go; says how many records went. Call it again and again.
  virtual Result<std::size_t> Prune(const PruneLimits& limits, Wall now) = 0;
  // On disk.
  [[nodiscard]] virtual Bytes Size() const = 0;
  // What of it holds something: the room of what was deleted is used again. This is what the bound bounds.
  [[nodiscard]] virtual Bytes Used() = 0;
  // Commits since it was opened.
  [[nodiscard]] virtual std::uint64_t Commits() const = 0;
  // From any thread.
  [[nodiscard]] virtual SyncCounts Syncs() const = 0;
  // Lives as long as the store, and waits for none of the above.
  [[nodiscard]] virtual NoteLog& notes() = 0;
  // What was set aside because it was damaged, so that history began anew with what is here; empty: nothing
  // was.
  [[nodiscard]] virtual std::string SetAside() const { return {}; }
};

}  // namespace loadline::collector
