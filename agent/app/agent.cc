#include "agent/app/agent.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "agent/host/machine.h"

namespace loadline::agent {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds(1);

}  // namespace

Agent::Agent(AgentTiming timing, NodeSource& source, Uplink& uplink, const Clock& clock)
    : timing_(timing),
      source_(source),
      uplink_(uplink),
      clock_(clock),
      window_(source.table()),
      urgent_(source.table()),
      budget_(timing.cpu_budget) {}

void Agent::Run(int stop_fd) {
  Mono wake = clock_.Now();
  window_start_ = wake;
  window_end_ = wake + timing_.first_window;
  Sample(wake, Depth::kAll);
  do {
    const Duration interval = Interval();
    wake += interval;
    // A loop that was held up goes on from now; the window counts what was missed.
    if (clock_.Now() - wake > interval) wake = clock_.Now();
    const bool stopped = !Wait(wake, stop_fd);
    const Mono now = clock_.Now();
    const bool last = stopped || now >= window_end_ - interval / 2;
    Sample(now, last || limits_.wants_all() ? Depth::kAll : Depth::kMoving);
    if (last) CloseWindow(now);
    if (stopped) return;
  } while (true);
}

// However seldom it samples, faults of the node are looked for each second.
bool Agent::Wait(Mono until, int stop_fd) {
  bool goes_on = true;
  do {
    const Mono next = std::min(until, clock_.Now() + kLookEvery);
    goes_on = source_.WaitUntil(next, stop_fd, [this](const KernelEvent& event) { SendUrgent(event); });
    for (wire::HealthEvent& event : source_.Health(clock_.Now(), clock_.WallNow()))
      uplink_.Send(std::move(event));
    if (!more_health_) continue;
    for (wire::HealthEvent& event : more_health_()) uplink_.Send(std::move(event));
  } while (goes_on && clock_.Now() < until);
  return goes_on;
}

void Agent::Sample(Mono now, Depth depth) {
  const auto samples = source_.Sample(now, depth);
  for (const std::uint32_t ref : source_.TakeBorn()) window_.Born(ref);
  if (!samples) {
    if (failed_samples_++ == 0) spdlog::warn("a sample failed: {}", samples.error().message);
    return;
  }
  for (const LimitWatch::Near& near : limits_.Add(*samples, now, depth)) {
    if (auto event = urgent_.NearLimit(near, clock_.WallNow())) uplink_.Send(*std::move(event));
  }
  window_.Add(*samples, now, Interval());
}

void Agent::CloseWindow(Mono now) {
  for (const auto& [ref, wants_pressure] : window_.WantsFiles(budget_.effort().rotation)) {
    if (wants_pressure) window_.AddPressure(ref, source_.Pressure(ref));
    if (const auto io = source_.Io(ref)) window_.AddIo(ref, *io);
  }
  for (const std::uint32_t ref : window_.WantsAllotment()) {
    if (const auto allotted = source_.Allotted(ref)) window_.AddAllotment(ref, *allotted);
  }
  const UplinkStatus known = uplink_.Status();
  NoteDrops(known);
  OwnCost cost = ReadOwnCost();
  const Duration probes = source_.CostToOthers();
  cost.cpu_us += static_cast<std::uint64_t>(probes / std::chrono::microseconds(1));
  wire::LossCounts losses = source_.losses();
  losses.unknown_cgroup += urgent_.unknown_cgroups();
  losses.failed_readings += failed_samples_;
  const wire::Report report =
      window_.Close({.length = now - window_start_,
                     .end = clock_.WallNow(),
                     .memory_available = source_.MemoryAvailable().value_or(0),
                     .disks = source_.Disks(),
                     .machine_pressure = source_.MachinePressure(),
                     .losses = losses,
                     .agent_cpu_us = cost.cpu_us,
                     .agent_rss = cost.rss,
                     .backed_off = budget_.step(),
                     .longest_walk = source_.TakeLongestWalk(),
                     .cgroups = source_.Cgroups(),
                     .arrives = [&](auto sequence) { return Arrives(sequence, known); }});
  window_.Sent(uplink_.Send(report));
  KeepWithin(cost.cpu_us, probes - std::exchange(probes_before_, probes), now - window_start_);
  if (on_window_) on_window_(uplink_.Status());
  window_start_ = now;
  window_end_ = now + WindowLength();
}

void Agent::KeepWithin(std::uint64_t cpu_us, Duration of_probes, Duration window) {
  const int before = budget_.step();
  if (!budget_.Account(cpu_us, window)) return;
  const Effort effort = budget_.effort();
  const auto words = budget_.step() > before ? "above the CPU budget" : "well within the CPU budget again";
  spdlog::warn(
      "{}: {:.1f}m of {}m in the last window, {:.1f}m of them by probes in other tasks; "
      "from now on counters are read each {:g} s, and I/O of idle cgroups once in {} windows",
      words, budget_.used(), budget_.budget(), 1000 * Seconds(of_probes) / Seconds(window),
      Seconds(effort.interval), effort.rotation);
}

void Agent::SendUrgent(const KernelEvent& event) {
  const UrgentEvents::Now now{.mono = clock_.Now(), .wall = clock_.WallNow()};
  if (const auto* victim = std::get_if<OomVictim>(&event)) {
    uplink_.Send(urgent_.OomKill(*victim, now));
  } else if (const auto* stall = std::get_if<ReclaimStall>(&event)) {
    limits_.Stalled();
    if (auto edge = urgent_.MemoryStall(*stall, now)) uplink_.Send(*std::move(edge));
  }
}

Duration Agent::WindowLength() const {
  const std::uint32_t asked_ms = uplink_.Status().window_ms;
  return asked_ms > 0 ? Duration(std::chrono::milliseconds(asked_ms)) : timing_.window;
}

void Agent::NoteDrops(const UplinkStatus& known) {
  if (known.dropped_reports == dropped_reports_) return;
  dropped_reports_ = known.dropped_reports;
  doubtful_up_to_ = known.last_sequence;
}

// What the collector has acknowledged it holds, unless another collector came that does not. The rest is in
// the spool, unless the spool has dropped something since.
bool Agent::Arrives(std::uint64_t sequence, const UplinkStatus& known) const {
  if (sequence <= known.acknowledged_sequence) return known.Holds(sequence);
  return sequence > doubtful_up_to_;
}

}  // namespace loadline::agent
