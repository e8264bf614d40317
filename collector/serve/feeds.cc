#include "collector/serve/feeds.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace loadline::collector {
namespace {

// How late news may be.
constexpr std::chrono::milliseconds kLookEvery{100};

}  // namespace

Feeds::Feeds() : thread_([this] { Run(); }) {}

Feeds::~Feeds() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Feeds::Add(std::unique_ptr<Feed> feed, std::shared_ptr<Pipe> pipe, bool chunked) {
  {
    const std::lock_guard lock(mutex_);
    fresh_.push_back({std::move(feed), std::move(pipe), chunked});
  }
  changed_.notify_all();
}

bool Feeds::Ask(const Listener& listener) {
  if (listener.pipe->deserted()) return false;
  const std::string news = listener.feed->Next();
  if (news.empty()) return true;
  return listener.pipe->Offer(listener.chunked ? fmt::format("{:x}\r\n{}\r\n", news.size(), news) : news);
}

void Feeds::Run() {
  std::vector<Listener> listeners;
  std::unique_lock lock(mutex_);
  while (!closed_) {
    std::ranges::move(std::exchange(fresh_, {}), std::back_inserter(listeners));
    lock.unlock();
    std::erase_if(listeners, [](const Listener& listener) { return !Ask(listener); });
    lock.lock();
    const auto something = [this] { return closed_ || !fresh_.empty(); };
    if (listeners.empty()) {
      changed_.wait(lock, something);
    } else {
      changed_.wait_for(lock, kLookEvery, something);
    }
  }
}

}  // namespace loadline::collector
