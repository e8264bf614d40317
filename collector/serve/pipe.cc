#include "collector/serve/pipe.h"

#include <utility>

namespace loadline::collector {

bool Pipe::Write(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  if (broken_ || given_up_) return false;
  bytes_.append(bytes);
  lock.unlock();
  news_();
  lock.lock();
  if (bytes_.size() > ahead_) {
    waiting_since_ = std::chrono::steady_clock::now();
    changed_.wait(lock, [this] { return broken_ || given_up_ || bytes_.size() <= ahead_; });
    waiting_since_.reset();
  }
  return !broken_ && !given_up_;
}

void Pipe::Put(std::string bytes) {
  const std::lock_guard lock(mutex_);
  if (broken_) return;
  if (bytes_.empty()) {
    bytes_ = std::move(bytes);
  } else {
    bytes_.append(bytes);
  }
}

bool Pipe::Offer(std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    if (broken_ || given_up_) return false;
    if (bytes_.size() + bytes.size() > ahead_) {
      given_up_ = true;
    } else {
      bytes_.append(bytes);
    }
  }
  news_();
  return true;
}

void Pipe::AskForBody() {
  {
    const std::lock_guard lock(mutex_);
    wants_body_ = true;
  }
  news_();
}

void Pipe::GoOn() {
  const std::lock_guard lock(mutex_);
  goes_on_ = true;
}

void Pipe::Finish(bool keep_alive) {
  {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    keep_alive_ = keep_alive;
  }
  news_();
}

Pipe::Taken Pipe::Take() {
  Taken taken;
  {
    const std::lock_guard lock(mutex_);
    taken = {.bytes = std::exchange(bytes_, {}),
             .finished = finished_,
             .keep_alive = keep_alive_,
             .wants_body = std::exchange(wants_body_, false),
             .goes_on = goes_on_};
    // It waits for its reader anew from here.
    if (waiting_since_ && !taken.bytes.empty()) waiting_since_ = std::chrono::steady_clock::now();
  }
  changed_.notify_all();
  return taken;
}

void Pipe::Break() {
  {
    const std::lock_guard lock(mutex_);
    broken_ = true;
    bytes_.clear();
  }
  changed_.notify_all();
}

std::optional<std::chrono::steady_clock::time_point> Pipe::waiting_since() const {
  const std::lock_guard lock(mutex_);
  return waiting_since_;
}

void Pipe::GiveUp() {
  {
    const std::lock_guard lock(mutex_);
    given_up_ = true;
  }
  changed_.notify_all();
  news_();
}

bool Pipe::deserted() const {
  const std::lock_guard lock(mutex_);
  return broken_ || given_up_;
}

bool Pipe::given_up() const {
  const std::lock_guard lock(mutex_);
  return given_up_;
}

}  // namespace loadline::collector
