// Has what SQLite wrote to a write-ahead log reach the disk, beside the connection that writes.
//
// A write that fails is reported once, by the sync that comes after it, and the next sync succeeds though the
// disk has nothing. So what was in the log when a sync failed counts again only when it is in the database
// itself: the next sync copies all of it there.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "schemas/base/clock.h"
#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class WalSync {
 public:
  // As fdatasync: 0, or -1 and errno.
  using Call = std::function<int(int fd)>;

  // Of a database that is open, in write-ahead mode, and has been written to.
  static Result<std::unique_ptr<WalSync>> Open(const std::string& database, Call call);

  // All that was committed before the call survives loss of power. Takes as long as the disk. From any thread.
  Result<void> Sync();

  // Syncs that succeeded, and how long they took together.
  [[nodiscard]] std::uint64_t syncs() const { return syncs_; }
  [[nodiscard]] Duration took() const { return took_; }

 private:
  Result<void> SyncNow();
  WalSync(std::string database, Fd wal, Call call);

  const std::string database_;
  const Fd wal_;
  const Call call_;
  std::mutex mutex_;
  bool in_doubt_ = false;
  std::atomic<std::uint64_t> syncs_ = 0;
  std::atomic<Duration> took_ = Duration(0);
};

}  // namespace loadline::collector
