#include "collector/kube_api/standing.h"

#include <spdlog/spdlog.h>

#include <utility>

namespace loadline::collector {

void Standing::Note(std::uint64_t WatchView::* what, const std::string& doing, const Result<void>& result) {
  const std::lock_guard lock(mutex_);
  if (result) {
    ++(view_.*what);
    if (failure_) spdlog::info("kubernetes: {} works again", doing);
    failure_.reset();
    view_.trouble.clear();
    view_.state = "following";
    last_done_ = clock_.Now();
    return;
  }
  ++view_.failures;
  view_.trouble = doing + ": " + result.error().message;
  view_.state = "failing";
  if (std::exchange(failure_, result.error().kind) != result.error().kind)
    spdlog::warn("kubernetes: {}", view_.trouble);
}

WatchView Standing::View() const {
  const std::lock_guard lock(mutex_);
  WatchView view = view_;
  view.age_seconds = Seconds(clock_.Now() - last_done_);
  return view;
}

bool Standing::failing() const {
  const std::lock_guard lock(mutex_);
  return failure_.has_value();
}

}  // namespace loadline::collector
