#include "collector/store/group_sync.h"

#include <fmt/format.h>

#include <utility>

#include "schemas/base/prompt_thread.h"

namespace loadline::collector {

GroupSync::GroupSync(std::function<Result<void>()> sync, Duration patience, Duration again)
    : sync_(std::move(sync)), patience_(patience), again_(again), thread_([this] { Run(); }) {}

GroupSync::~GroupSync() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void GroupSync::Written() {
  {
    const std::lock_guard lock(mutex_);
    ++written_;
  }
  changed_.notify_all();
}

void GroupSync::Then(std::function<void()> call) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({written_, std::move(call)});
  }
  changed_.notify_all();
}

bool GroupSync::Wait(Duration patience) {
  std::unique_lock lock(mutex_);
  const std::uint64_t written = written_;
  return changed_.wait_for(lock, patience, [&] { return on_disk_ >= written; });
}

void GroupSync::Forget() {
  std::unique_lock lock(mutex_);
  waiting_.clear();
  changed_.wait(lock, [&] { return !calling_; });
}

std::optional<Error> GroupSync::Trouble() const {
  const std::lock_guard lock(mutex_);
  if (failed_) return Error{ErrorKind::kUnavailable, failed_->message};
  if (!since_ || Steady::now() - *since_ < patience_) return std::nullopt;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(Steady::now() - *since_);
  return Error{ErrorKind::kUnavailable,
               fmt::format("the disk has not taken what is stored for {} s", seconds.count())};
}

bool GroupSync::Due() const {
  return on_disk_ < written_ || !waiting_.empty();
}

void GroupSync::Run() {
  BePrompt("sync");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return ending_ || Due(); });
    if (ending_) return;
    if (const std::uint64_t written = written_; on_disk_ < written) {
      since_ = Steady::now();
      lock.unlock();
      const Result<void> done = sync_();
      lock.lock();
      since_.reset();
      if (!done) {
        failed_ = done.error();
        changed_.wait_for(lock, again_, [&] { return ending_; });
        continue;
      }
      failed_.reset();
      on_disk_ = written;
      changed_.notify_all();
    }
    CallWaiting(lock);
  }
}

void GroupSync::CallWaiting(std::unique_lock<std::mutex>& lock) {
  calling_ = true;
  while (!waiting_.empty() && waiting_.front().written <= on_disk_) {
    const Waiting waiting = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    waiting.call();
    lock.lock();
  }
  calling_ = false;
  changed_.notify_all();
}

}  // namespace loadline::collector
