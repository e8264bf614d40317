#include "collector/web/permits.h"

#include <algorithm>
#include <utility>

namespace loadline::collector {

class Permits::Place {
 public:
  Place(Permits& permits, Places::iterator place) : permits_(permits), place_(place) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { permits_.Leave(place_); }

 private:
  Permits& permits_;
  const Places::iterator place_;
};

std::shared_ptr<const void> Permits::Take(std::shared_ptr<Pipe> pipe) {
  std::unique_lock lock(mutex_);
  const auto free = [this] { return taken_.size() < most_; };
  if (!free() && !(SendAwayTheSlowest() && changed_.wait_for(lock, kPatience, free))) return nullptr;
  taken_.push_front(std::move(pipe));
  return std::make_shared<const Place>(*this, taken_.begin());
}

bool Permits::SendAwayTheSlowest() {
  const auto due = std::chrono::steady_clock::now() - kStalled;
  std::shared_ptr<Pipe> slowest;
  auto since = due;
  for (const std::shared_ptr<Pipe>& pipe : taken_) {
    const auto waiting = pipe ? pipe->waiting_since() : std::nullopt;
    if (!waiting || *waiting > since || pipe->deserted()) continue;
    since = *waiting;
    slowest = pipe;
  }
  if (slowest) slowest->GiveUp();
  return slowest != nullptr;
}

void Permits::Leave(Places::iterator place) {
  {
    const std::lock_guard lock(mutex_);
    taken_.erase(place);
  }
  changed_.notify_one();
}

}  // namespace loadline::collector
