// Time as a parameter. Pure code takes `now`; only loops own a Clock.
//
// Mono is for waiting and for ages; Wall is for people, for records and for history. They are different
// types, so that one cannot be compared with the other by accident.
#pragma once

#include <chrono>
#include <mutex>

namespace loadline {

using Duration = std::chrono::nanoseconds;
using Mono = std::chrono::time_point<std::chrono::steady_clock, Duration>;
using Wall = std::chrono::time_point<std::chrono::system_clock, Duration>;

// Seconds as a double, for arithmetic and for metrics.
constexpr double Seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Mono Now() const = 0;
  [[nodiscard]] virtual Wall WallNow() const = 0;
};

// The machine's clocks. Stateless: one instance serves all threads.
class SystemClock final : public Clock {
 public:
  [[nodiscard]] Mono Now() const override { return std::chrono::steady_clock::now(); }
  [[nodiscard]] Wall WallNow() const override { return std::chrono::system_clock::now(); }
};

// A clock that moves only when told to. Thread-safe. Starts at Mono 0 and at 2026-01-01T00:00:00Z.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] Mono Now() const override {
    std::lock_guard lock(mutex_);
    return Mono(elapsed_);
  }
  [[nodiscard]] Wall WallNow() const override {
    std::lock_guard lock(mutex_);
    return Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}) + elapsed_ + wrong_by_;
  }
  void Advance(Duration by) {
    std::lock_guard lock(mutex_);
    elapsed_ += by;
  }
  // Sets the wall clock, and nothing else, forward or back.
  void StepWall(Duration by) {
    std::lock_guard lock(mutex_);
    wrong_by_ += by;
  }

 private:
  mutable std::mutex mutex_;
  Duration elapsed_{0};
  Duration wrong_by_{0};
};

}  // namespace loadline
