// The store in one SQLite file, `loadline.db` in the state folder, with notes in files of their own beside it:
// a database that is locked, or whose disk hangs, keeps nobody from noting.
//
// Write-ahead log with synchronous=NORMAL: a commit does not wait for the disk, which now and then takes a
// tenth of a second and more. What must not be lost at a power cut waits for Sync: an acknowledged record is
// forgotten by its agent. The folder is locked: a second collector on it is refused.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "collector/store/note_files.h"
#include "collector/store/sqlite.h"
#include "collector/store/store.h"
#include "collector/store/wal_sync.h"
#include "schemas/base/fd.h"

namespace loadline::collector {

struct SqliteStoreOptions {
  // A bound on the file, in bytes: what would grow it further fails with kExhausted. Least 1 MiB.
  Bytes max_bytes = 8 * kGiB;
  // The share of it that records are kept from.
  double reserve = 0.05;
  // As fdatasync, for tests of a disk that fails.
  WalSync::Call sync = ::fdatasync;
};

class SqliteStore final : public Store {
 public:
  // Makes the folder and the file when they are not there. A damaged file is set aside (damage.h) and another
  // begun.
  static Result<std::unique_ptr<SqliteStore>> Open(const std::string& folder,
                                                   const SqliteStoreOptions& options);

  // Called once, by the call that first finds the file damaged while it is in use. Nothing that is asked
  // later will get better.
  void OnDamage(std::function<void()> damaged) { on_damage_ = std::move(damaged); }

  using Store::Append;
  Result<std::vector<Position>> Append(std::span<const RecordToStore> records, std::span<const Blob> beside,
                                       Wall now) override;
  Result<void> Sync() override { return wal_->Sync(); }
  [[nodiscard]] Position LastPosition() const override { return last_position_; }
  [[nodiscard]] Result<std::vector<StreamState>> Streams() override;
  Result<void> Replay(Position after, const std::function<void(const StoredRecord&)>& visit) override;
  Result<void> BeginSnapshot(Position position, Wall now) override;
  Result<void> AddToSnapshot(std::string_view piece) override;
  Result<void> FinishSnapshot() override;
  Result<void> ReplaceSnapshot(Position position, std::span<const std::string> pieces, Wall now) override;
  Result<Position> LoadSnapshot(const std::function<void(std::string_view)>& visit) override;
  Result<void> Put(std::span<const Blob> blobs, Wall now) override;
  Result<std::vector<Blob>> Scan(std::string_view space) override;
  Result<void> Trim(std::string_view space, Wall since, std::size_t at_most) override;
  Result<std::size_t> Prune(const PruneLimits& limits, Wall now) override;
  [[nodiscard]] Bytes Size() const override;
  [[nodiscard]] Bytes Used() override;
  [[nodiscard]] std::uint64_t Commits() const override { return database_.Commits(); }
  [[nodiscard]] SyncCounts Syncs() const override { return {wal_->syncs(), wal_->took()}; }
  [[nodiscard]] NoteLog& notes() override { return *notes_; }
  [[nodiscard]] std::string SetAside() const override { return set_aside_; }

 private:
  // Both leave lock and notes to their caller.
  static Result<std::unique_ptr<SqliteStore>> OpenUndamaged(const std::string& folder,
                                                            const SqliteStoreOptions& options);
  static Result<std::unique_ptr<SqliteStore>> OpenFile(const std::string& folder,
                                                       const SqliteStoreOptions& options);
  struct Stream {
    std::int64_t row = 0;
    StreamState state;
  };
  using StreamKey = std::pair<std::string, std::uint64_t>;  // node, epoch
  using Changed = std::map<StreamKey, Stream>;

  SqliteStore(std::string path, Database database, Bytes for_records);
  Result<void> Prepare();
  Result<void> ReadStreams();
  Result<Stream*> Find(const StreamId& id, std::uint64_t sequence, Changed& changed);
  Result<void> SaveStreams(const Changed& changed, Wall seen);
  Result<void> ForgetOtherVersion();
  Result<void> PutEach(std::span<const Blob> blobs, Wall now);
  Result<void> HasRoom(std::span<const RecordToStore> records);

  std::unexpected<Error> Failed(const Error& error, std::string_view doing);

  std::string path_;
  std::string set_aside_;
  std::function<void()> on_damage_;
  Fd lock_;
  std::unique_ptr<NoteFiles> notes_;
  Database database_;
  std::unique_ptr<WalSync> wal_;
  const Bytes for_records_;  // records are refused that would make it use more
  // What is committed of every stream, so that finding duplicates reads nothing.
  std::map<StreamKey, Stream> streams_;
  std::int64_t piece_ = 0;  // of the snapshot being written
  std::int64_t puts_ = 0;   // blobs put so far, in all spaces: their order
  Position last_position_ = 0;

  Statement insert_record_, insert_stream_, update_stream_, put_, erase_, pages_, free_pages_;
};

}  // namespace loadline::collector
