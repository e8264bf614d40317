#include "collector/app/errands.h"

#include <utility>
#include <vector>

namespace loadline::collector {

bool Errands::With(const std::function<void(Alerting& alerting, Wall now)>& work) {
  Errand errand{.work = &work};
  std::unique_lock lock(mutex_);
  if (closed_ || waiting_.size() >= kMost) return false;
  waiting_.push_back(&errand);
  lock.unlock();
  knock_();
  lock.lock();
  changed_.wait_for(lock, kPatience, [&] { return closed_ || errand.state != State::kWaiting; });
  if (errand.state == State::kWaiting) {
    std::erase(waiting_, &errand);
    return false;
  }
  // Once begun it ends, and until then it needs what is on this stack.
  changed_.wait(lock, [&] { return errand.state == State::kDone; });
  lock.unlock();
  on_disk_();
  return true;
}

bool Errands::DoAll(Alerting& alerting, const Clock& clock, const std::function<void()>& show) {
  std::unique_lock lock(mutex_);
  if (waiting_.empty()) return false;
  std::vector<Errand*> done;
  while (!waiting_.empty() && !closed_) {
    Errand& errand = *waiting_.front();
    waiting_.pop_front();
    errand.state = State::kUnderWay;
    lock.unlock();
    (*errand.work)(alerting, clock.WallNow());
    lock.lock();
    done.push_back(&errand);
  }
  lock.unlock();
  show();
  lock.lock();
  for (Errand* errand : done) errand->state = State::kDone;
  changed_.notify_all();
  return true;
}

void Errands::Close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}

}  // namespace loadline::collector
