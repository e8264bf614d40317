// What other threads want of alerting, done by the core thread between two batches of records.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "collector/web/alert_desk.h"

namespace loadline::collector {

class Errands final : public AlertDesk {
 public:
  // `knock` wakes the core; it may fail when the core is awake anyway.
  explicit Errands(std::function<void()> knock) : knock_(std::move(knock)) {}

  // Waits for at most kPatience. At most kMost wait at once.
  [[nodiscard]] bool With(const std::function<void(Alerting& alerting, Wall now)>& work) override;

  // Only wakes the core.
  void Knock() const { knock_(); }

  // The core's: does what waits. False when there was nothing.
  bool DoAll(Alerting& alerting, const Clock& clock);
  // Nobody will do anything any more: whoever waits is sent away.
  void Close();

  static constexpr std::size_t kMost = 64;
  static constexpr Duration kPatience = std::chrono::seconds(5);

 private:
  enum class State { kWaiting, kUnderWay, kDone };
  struct Errand {
    const std::function<void(Alerting& alerting, Wall now)>* work;
    State state = State::kWaiting;
  };

  const std::function<void()> knock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Errand*> waiting_;  // each on the stack of a thread in With
  bool closed_ = false;
};

}  // namespace loadline::collector
