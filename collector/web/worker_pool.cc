#include "collector/web/worker_pool.h"

#include <utility>

namespace loadline::collector {

WorkerPool::WorkerPool(std::size_t threads, std::size_t queue) : limit_(queue) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Serve(); });
}

void WorkerPool::enqueue(std::function<void()> task) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || tasks_.size() < limit_; });
    tasks_.push_back(std::move(task));
  }
  changed_.notify_all();
}

void WorkerPool::shutdown() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void WorkerPool::Serve() {
  for (;;) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
    if (tasks_.empty()) return;
    const std::function<void()> task = std::exchange(tasks_.front(), {});
    tasks_.pop_front();
    lock.unlock();
    changed_.notify_all();
    task();
  }
}

}  // namespace loadline::collector
