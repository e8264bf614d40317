// Where the core thread hangs out what it shows, for any number of readers.
//
// What is not shown any more is freed by the core, once nobody holds it. A reader that freed it would hold the
// allocator's lock of the core's memory ten thousand times, and readers give way to everybody: the core would
// wait for one that does not run.
#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "collector/alert/alerts_shown.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

class Board {
 public:
  // Both are the core thread's.
  void Publish(std::shared_ptr<const Snapshot> snapshot) {
    {
      std::lock_guard lock(mutex_);
      latest_.swap(snapshot);
    }
    Retire(old_snapshots_, std::move(snapshot));
  }
  void Publish(std::shared_ptr<const AlertsShown> alerts) {
    {
      std::lock_guard lock(mutex_);
      alerts_.swap(alerts);
    }
    Retire(old_alerts_, std::move(alerts));
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
  template <typename T>
  static void Retire(std::vector<std::shared_ptr<const T>>& retired, std::shared_ptr<const T> old) {
    std::erase_if(retired, [](const auto& one) { return one.use_count() == 1; });
    if (old != nullptr) retired.push_back(std::move(old));
  }

  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> latest_;
  std::shared_ptr<const AlertsShown> alerts_;
  // Somebody may still hold them.
  std::vector<std::shared_ptr<const Snapshot>> old_snapshots_;
  std::vector<std::shared_ptr<const AlertsShown>> old_alerts_;
};

}  // namespace loadline::collector
