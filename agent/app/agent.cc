#include "agent/app/agent.h"

#include <spdlog/spdlog.h>

#include "agent/host/machine.h"

namespace loadline::agent {

Agent::Agent(AgentTiming timing, NodeSource& source, Uplink& uplink, const Clock& clock)
    : timing_(timing),
      source_(source),
      uplink_(uplink),
      clock_(clock),
      window_(source.table()),
      urgent_(source.table()) {}

void Agent::Run(int stop_fd) {
  Mono wake = clock_.Now();
  window_start_ = wake;
  window_end_ = wake + timing_.first_window;
  Sample(wake, Depth::kAll);
  do {
    wake += timing_.interval;
    // A loop that was held up goes on from now; the window counts what was missed.
    if (clock_.Now() - wake > timing_.interval) wake = clock_.Now();
    const bool stopped =
        !source_.WaitUntil(wake, stop_fd, [this](const KernelEvent& event) { SendUrgent(event); });
    const Mono now = clock_.Now();
    const bool last = stopped || now >= window_end_ - timing_.interval / 2;
    Sample(now, last ? Depth::kAll : Depth::kMoving);
    if (last) CloseWindow(now);
    if (stopped) return;
  } while (true);
}

void Agent::Sample(Mono now, Depth depth) {
  const auto samples = source_.Sample(now, depth);
  for (const std::uint32_t ref : source_.TakeBorn()) window_.Born(ref);
  if (samples) return window_.Add(*samples, now);
  if (failed_samples_++ == 0) spdlog::warn("a sample failed: {}", samples.error().message);
}

void Agent::CloseWindow(Mono now) {
  for (const std::uint32_t ref : window_.WantsPressure()) {
    if (const auto pressure = source_.Pressure(ref)) window_.AddPressure(ref, *pressure);
  }
  NoteDrops();
  const OwnCost cost = ReadOwnCost();
  wire::LossCounts losses = source_.losses();
  losses.unknown_cgroup += urgent_.unknown_cgroups();
  losses.failed_readings += failed_samples_;
  const wire::Report report = window_.Close({.length = now - window_start_,
                                             .end = clock_.WallNow(),
                                             .memory_available = source_.MemoryAvailable().value_or(0),
                                             .disks = source_.Disks(),
                                             .machine_pressure = source_.MachinePressure(),
                                             .losses = losses,
                                             .agent_cpu_us = cost.cpu_us,
                                             .agent_rss = cost.rss,
                                             .arrives = [this](auto sequence) { return Arrives(sequence); }});
  window_.Sent(uplink_.Send(report));
  if (on_window_) on_window_(uplink_.Status());
  window_start_ = now;
  window_end_ = now + WindowLength();
}

void Agent::SendUrgent(const KernelEvent& event) {
  const UrgentEvents::Now now{.mono = clock_.Now(), .wall = clock_.WallNow()};
  if (const auto* victim = std::get_if<OomVictim>(&event)) {
    uplink_.Send(urgent_.OomKill(*victim, now));
  } else if (const auto* stall = std::get_if<ReclaimStall>(&event)) {
    if (auto edge = urgent_.MemoryStall(*stall, now)) uplink_.Send(*std::move(edge));
  }
}

Duration Agent::WindowLength() const {
  const std::uint32_t asked_ms = uplink_.Status().window_ms;
  return asked_ms > 0 ? Duration(std::chrono::milliseconds(asked_ms)) : timing_.window;
}

void Agent::NoteDrops() {
  const UplinkStatus status = uplink_.Status();
  if (status.dropped_reports == dropped_reports_) return;
  dropped_reports_ = status.dropped_reports;
  doubtful_up_to_ = status.last_sequence;
}

// What the collector has acknowledged it holds, unless another collector came that does not. The rest is in
// the spool, unless the spool has dropped something since.
bool Agent::Arrives(std::uint64_t sequence) const {
  if (sequence <= uplink_.Status().acknowledged_sequence) return uplink_.Holds(sequence);
  return sequence > doubtful_up_to_;
}

}  // namespace loadline::agent
