// Something that does not get on while it hangs, whichever thread waits for it.
#pragma once

#include <condition_variable>
#include <mutex>

#include "schemas/base/result.h"

namespace loadline {

class Hang {
 public:
  void Set(bool hangs) {
    const std::lock_guard lock(mutex_);
    hangs_ = hangs;
    changed_.notify_all();
  }
  [[nodiscard]] bool hangs() {
    const std::lock_guard lock(mutex_);
    return hangs_;
  }
  Result<void> Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !hangs_; });
    return {};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hangs_ = false;
};

}  // namespace loadline
