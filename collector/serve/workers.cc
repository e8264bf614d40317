#include "collector/serve/workers.h"

#include <sys/resource.h>
#include <unistd.h>

#include <utility>

namespace loadline::collector {

Workers::Workers(std::size_t threads, std::size_t queue, int niceness) : limit_(queue), niceness_(niceness) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Serve(); });
}

Workers::~Workers() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    tasks_.clear();
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Workers::Hand(std::function<void()> task) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_ || tasks_.size() >= limit_) return false;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void Workers::Serve() {
  // On Linux this is of the one thread. Nothing depends on it.
  if (niceness_ != 0) ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), niceness_);
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
    if (closed_) return;
    const std::function<void()> task = std::exchange(tasks_.front(), {});
    tasks_.pop_front();
    lock.unlock();
    task();
  }
}

}  // namespace loadline::collector
