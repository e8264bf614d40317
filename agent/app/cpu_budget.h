// Keeps the agent within its budget of CPU: after two windows above it, it does less, one step at a time, and after some
// that are well below it takes a step back. Kills, stalls, births and deaths are never given up: they come from the
// kernel as they happen.
#pragma once

#include <cstdint>

#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::agent {

// What the agent does at one step. The order is that of what is missed least.
struct Effort {
  Duration interval{};         // between samples of the counters
  std::uint64_t rotation = 0;  // windows until the I/O of a cgroup that does not move is read again
};

class CpuBudget {
 public:
  static constexpr int kSteps = 4;

  // `budget` 0: none.
  explicit CpuBudget(MilliCores budget);

  // After each window: what the process has used since its start, in user and kernel, and its probes in other tasks, and
  // how long the window was. True when the step is another one now.
  bool Account(std::uint64_t cpu_us, Duration window);

  // 0: everything. Each step does less than the one before.
  [[nodiscard]] int step() const { return step_; }
  [[nodiscard]] Effort effort() const { return EffortAt(step_); }
  [[nodiscard]] static Effort EffortAt(int step);
  [[nodiscard]] MilliCores budget() const { return budget_; }
  // In the last window, thousandths of a core; also parts of one, for a budget may be a single one.
  [[nodiscard]] double used() const { return used_; }

 private:
  bool StepTo(int step);

  const MilliCores budget_;
  std::uint64_t cpu_us_ = 0;
  double used_ = 0;
  int step_ = 0;
  int windows_ = 0;  // since the start
  int above_ = 0;    // windows in a row
  int below_ = 0;
  int fair_ = 0;  // windows in a row in which a step back might be within the budget
  int patience_;  // so many of them until it is tried
  int since_try_;
};

}  // namespace loadline::agent
