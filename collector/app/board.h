// Where the core thread hangs out the latest snapshot, for any number of readers.
#pragma once

#include <memory>
#include <mutex>

#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

class Board {
 public:
  void Publish(std::shared_ptr<const Snapshot> snapshot) {
    // The old one may be large: it is let go of outside the lock.
    std::lock_guard lock(mutex_);
    latest_.swap(snapshot);
  }
  // Null before the first.
  [[nodiscard]] std::shared_ptr<const Snapshot> Latest() const {
    std::lock_guard lock(mutex_);
    return latest_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> latest_;
};

}  // namespace loadline::collector
