// A container whose demand is scripted, on a kernel of our own making: limits cut, throttle and kill.
#pragma once

#include <cstdint>

#include "collector/recommend/algorithm.h"

namespace loadline::collector {

class SimulatedContainer {
 public:
  // A Thursday, 2026-01-01T00:00Z.
  static constexpr Wall kBegin = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

  struct Settings {
    Amounts request{.cpu = 100, .memory = 256 * kMiB};
    // Limits follow the request where there are any.
    bool cpu_limit = false;
    bool memory_limit = false;
    Duration step = std::chrono::minutes(1);
    double busy_cpus = 1;  // how many CPUs its threads would keep busy when held back, at least
    Wall begin = kBegin;
  };
  struct Demand {
    double cores = 0;
    double bytes = 0;
  };

  SimulatedContainer(const Algorithm& algorithm, const Settings& settings);

  // Lives one step with that demand.
  void Live(const Demand& demand);
  // Asks the algorithm and applies its targets.
  void Resize();
  // Somebody else decides: from now on it has these.
  void Give(const Amounts& request, const Amounts& limit);

  [[nodiscard]] Wall now() const { return now_; }
  [[nodiscard]] Duration age() const { return now_ - settings_.begin; }
  [[nodiscard]] const Amounts& request() const { return context_.request; }
  [[nodiscard]] const Amounts& limit() const { return context_.limit; }
  [[nodiscard]] Demand used() const {
    return used_;
  }  // in the last step: of its demand, what the limits left
  [[nodiscard]] const Recommendation& latest() const { return latest_; }
  [[nodiscard]] int changes() const { return changes_; }  // answers that moved a request by more than a tenth
  [[nodiscard]] int kills() const { return kills_; }
  [[nodiscard]] bool killed() const { return killed_; }                      // in the last step
  [[nodiscard]] double throttled_share() const { return throttled_share_; }  // of the last step's periods
  [[nodiscard]] ContainerUsage& usage() { return usage_; }
  [[nodiscard]] Context& context() { return context_; }

 private:
  void UseCpu(double cores);
  void UseMemory(double bytes);
  void ApplyLimits();

  const Algorithm& algorithm_;
  Settings settings_;
  ContainerUsage usage_;
  Context context_;
  Recommendation latest_;
  Wall now_;
  Demand used_;
  int changes_ = 0;
  int kills_ = 0;
  bool killed_ = false;
  double throttled_share_ = 0;
};

}  // namespace loadline::collector
