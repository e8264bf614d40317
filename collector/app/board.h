// Where the core thread hangs out what it shows, for any number of readers.
#pragma once

#include <memory>
#include <mutex>

#include "collector/alert/alerts_shown.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

class Board {
 public:
  void Publish(std::shared_ptr<const Snapshot> snapshot) {
    // The old one may be large: it is let go of outside the lock.
    std::lock_guard lock(mutex_);
    latest_.swap(snapshot);
  }
  void Publish(std::shared_ptr<const AlertsShown> alerts) {
    std::lock_guard lock(mutex_);
    alerts_.swap(alerts);
  }
  // Null before the first.
  [[nodiscard]] std::shared_ptr<const Snapshot> Latest() const {
    std::lock_guard lock(mutex_);
    return latest_;
  }
  [[nodiscard]] std::shared_ptr<const AlertsShown> Alerts() const {
    std::lock_guard lock(mutex_);
    return alerts_;
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> latest_;
  std::shared_ptr<const AlertsShown> alerts_;
};

}  // namespace loadline::collector
