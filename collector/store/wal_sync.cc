#include "collector/store/wal_sync.h"

#include <fcntl.h>

#include <cerrno>
#include <filesystem>
#include <utility>

#include "collector/store/sqlite.h"

namespace loadline::collector {
namespace {

// By a connection of its own: that of the store is another thread's.
Result<void> CopyToDatabase(const std::string& path) {
  const Result<Database> database = Database::Open(path);
  if (!database) return Failure(database.error());
  const Result<std::int64_t> busy = database->Value("PRAGMA wal_checkpoint(TRUNCATE)");
  if (!busy) return Failure(busy.error());
  if (*busy != 0) return Failure(ErrorKind::kUnavailable, "the database is being written to");
  return {};
}

// That the log exists at all is written in the folder.
Result<void> SyncFolder(const std::string& path, const WalSync::Call& call) {
  const Fd folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder.valid() || call(folder.get()) != 0) return SystemFailure("syncing " + path, errno);
  return {};
}

}  // namespace

Result<std::unique_ptr<WalSync>> WalSync::Open(const std::string& database, Call call) {
  const std::string path = database + "-wal";
  Fd wal(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!wal.valid()) return SystemFailure("opening " + path, errno);
  const std::string folder = std::filesystem::path(database).parent_path();
  if (auto done = SyncFolder(folder.empty() ? "." : folder, call); !done) return Failure(done.error());
  return std::unique_ptr<WalSync>(new WalSync(database, std::move(wal), std::move(call)));
}

WalSync::WalSync(std::string database, Fd wal, Call call)
    : database_(std::move(database)), wal_(std::move(wal)), call_(std::move(call)) {}

Result<void> WalSync::Sync() {
  const std::lock_guard lock(mutex_);
  const auto began = std::chrono::steady_clock::now();
  if (auto done = SyncNow(); !done) return done;
  ++syncs_;
  took_ = took_.load() + (std::chrono::steady_clock::now() - began);
  return {};
}

Result<void> WalSync::SyncNow() {
  if (in_doubt_) {
    if (auto done = CopyToDatabase(database_); !done)
      return Failure(done.error().In("storing again what the disk has refused"));
    in_doubt_ = false;
    return {};
  }
  if (call_(wal_.get()) == 0) return {};
  in_doubt_ = true;
  return SystemFailure("syncing " + database_ + "-wal", errno);
}

}  // namespace loadline::collector
