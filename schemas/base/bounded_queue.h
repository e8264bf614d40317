// A queue between two threads that can be full.
//
// Push never waits: when the queue is full the item is refused and counted, and the sender decides what that
// means. Pop waits at most until a deadline. All members are thread-safe.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

#include "schemas/base/clock.h"

namespace loadline {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // False when the queue is full or closed; the item is then dropped and counted in `refused`.
  [[nodiscard]] bool Push(T item) {
    {
      std::lock_guard lock(mutex_);
      if (closed_ || items_.size() >= capacity_) {
        ++refused_;
        return false;
      }
      items_.push_back(std::move(item));
    }
    ready_.notify_one();
    return true;
  }

  // The oldest item, or nothing when none came within `patience` or the queue is closed and empty.
  [[nodiscard]] std::optional<T> Pop(Duration patience) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, patience, [this] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    return item;
  }

  // Everything that is there now, without waiting. For consumers that work in batches.
  [[nodiscard]] std::deque<T> TakeAll() {
    std::lock_guard lock(mutex_);
    return std::exchange(items_, {});
  }

  // No more items are accepted; waiting consumers wake up and may drain what is left.
  void Close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  [[nodiscard]] std::size_t size() const {
    std::lock_guard lock(mutex_);
    return items_.size();
  }
  [[nodiscard]] std::size_t capacity() const { return capacity_; }
  [[nodiscard]] std::uint64_t refused() const { return refused_; }

 private:
  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<T> items_;
  bool closed_ = false;
  std::atomic<std::uint64_t> refused_{0};
};

}  // namespace loadline
