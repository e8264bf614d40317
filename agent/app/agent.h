// The agent: wait, sample, and once a window send. Everything else is behind NodeSource and Uplink.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <vector>

#include "agent/app/cpu_budget.h"
#include "agent/source/node_source.h"
#include "agent/uplink/uplink.h"
#include "agent/window/limit_watch.h"
#include "agent/window/urgent_events.h"
#include "agent/window/window.h"
#include "schemas/base/clock.h"

namespace loadline::agent {

struct AgentTiming {
  Duration window = std::chrono::seconds(10);
  // The first window is this long, so that a new node and its containers are known at once.
  Duration first_window = std::chrono::seconds(2);
  MilliCores cpu_budget = 20;  // 0: none
};

// Not thread-safe. `source`, `uplink` and `clock` must outlive the agent.
class Agent {
 public:
  Agent(AgentTiming timing, NodeSource& source, Uplink& uplink, const Clock& clock);

  // Runs until stop_fd is readable; then closes the window and sends it. The collector may ask for another
  // window length than the option's.
  void Run(int stop_fd);

  // Asked each second what else there is to tell of the node's health, on the thread of Run: it must not wait.
  void OnLook(std::function<std::vector<wire::HealthEvent>()> more_health) {
    more_health_ = std::move(more_health);
  }

  // Called after each window, on the thread of Run.
  void OnWindow(std::function<void(const UplinkStatus&)> on_window) { on_window_ = std::move(on_window); }

 private:
  // False when it was stopped.
  bool Wait(Mono until, int stop_fd);
  void Sample(Mono now, Depth depth);
  void CloseWindow(Mono now);
  void SendUrgent(const KernelEvent& event);
  [[nodiscard]] Duration WindowLength() const;
  // Between two samples.
  [[nodiscard]] Duration Interval() const { return std::min(budget_.effort().interval, WindowLength()); }
  // `cpu_us` since the start, of all; what probes took of it in the window.
  void KeepWithin(std::uint64_t cpu_us, Duration of_probes, Duration window);
  [[nodiscard]] bool Arrives(std::uint64_t sequence, const UplinkStatus& known) const;
  void NoteDrops(const UplinkStatus& known);

  const AgentTiming timing_;
  NodeSource& source_;
  Uplink& uplink_;
  const Clock& clock_;
  std::function<void(const UplinkStatus&)> on_window_;
  std::function<std::vector<wire::HealthEvent>()> more_health_;
  Window window_;
  LimitWatch limits_;
  UrgentEvents urgent_;
  CpuBudget budget_;
  Mono window_end_{};
  Mono window_start_{};
  Duration probes_before_{};  // source_.CostToOthers() at the end of the window before
  std::uint64_t failed_samples_ = 0;
  std::uint64_t dropped_reports_ = 0;  // by the spool, when we last looked
  std::uint64_t doubtful_up_to_ = 0;   // records up to this one may be among them
};

}  // namespace loadline::agent
