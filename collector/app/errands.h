// What other threads want of alerting, done by the core thread between two batches of records.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "collector/app/board.h"
#include "collector/web/alert_desk.h"

namespace loadline::collector {

class Errands final : public AlertDesk {
 public:
  // `knock` wakes the core; it may fail when the core is awake anyway. `board` is where the core shows
  // alerts; it outlives this. `on_disk` waits until what was stored is on the disk, or has waited long enough.
  Errands(std::function<void()> knock, const Board& board, std::function<void()> on_disk)
      : knock_(std::move(knock)), board_(board), on_disk_(std::move(on_disk)) {}

  // Waits for at most kPatience, and then for the disk, so that what a sender was answered outlives loss of
  // power. At most kMost wait at once.
  [[nodiscard]] bool With(const std::function<void(Alerting& alerting, Wall now)>& work) override;

  [[nodiscard]] std::shared_ptr<const AlertsShown> Shown() const override { return board_.Alerts(); }

  // Only wakes the core.
  void Knock() const { knock_(); }

  // The core's: does what waits, and has it shown before anybody hears that it is done: so whoever writes and
  // then reads sees what was written. False when there was nothing.
  bool DoAll(Alerting& alerting, const Clock& clock, const std::function<void()>& show);
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
  const Board& board_;
  const std::function<void()> on_disk_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Errand*> waiting_;  // each on the stack of a thread in With
  bool closed_ = false;
};

}  // namespace loadline::collector
