#include "agent/window/window.h"

#include <algorithm>
#include <utility>

#include "schemas/wire/losses.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

// A stall without any movement of counters is seen after so many windows at the latest.
constexpr std::uint64_t kPressureRotation = 12;

std::int64_t Nanoseconds(Wall time) {
  return time.time_since_epoch().count();
}

}  // namespace

void Window::Add(std::span<const CgroupCounters> samples, Mono now) {
  const Duration elapsed = last_sample_ ? now - *last_sample_ : Duration::zero();
  if (last_sample_) {
    ++samples_;
    // Rounded, so that a second that is a little long is one.
    const auto seconds = static_cast<std::uint64_t>((elapsed + 500ms) / 1s);
    if (seconds > 1) missed_samples_ += seconds - 1;
  }
  last_sample_ = now;
  places_.resize(samples.size());
  for (std::size_t position = 0; position < samples.size(); ++position) {
    Find(position, samples[position].ref).window.Add(samples[position], elapsed);
  }
}

Window::Tracked& Window::Find(std::size_t position, std::uint32_t ref) {
  Place& place = places_[position];
  if (place.ref != ref) place = {ref, &cgroups_.try_emplace(ref, false).first->second};
  return *place.cgroup;
}

std::vector<std::uint32_t> Window::WantsPressure() const {
  std::vector<std::uint32_t> refs;
  for (const auto& [ref, cgroup] : cgroups_) {
    const bool turn = ref % kPressureRotation == windows_ % kPressureRotation;
    if (turn || cgroup.window.moved() || !cgroup.window.pressure_known()) refs.push_back(ref);
  }
  std::ranges::sort(refs);
  return refs;
}

void Window::AddPressure(std::uint32_t ref, const PressureCounters& totals) {
  const auto found = cgroups_.find(ref);
  if (found != cgroups_.end()) found->second.window.AddPressure(totals);
}

wire::Report Window::Close(const WindowClosing& closing) {
  wire::Report report;
  report.window_start_ns = Nanoseconds(closing.end - closing.length);
  report.window_end_ns = Nanoseconds(closing.end);
  report.samples = std::exchange(samples_, 0);

  std::vector<std::uint32_t> refs;
  refs.reserve(cgroups_.size());
  for (const auto& [ref, cgroup] : cgroups_) refs.push_back(ref);
  std::ranges::sort(refs);
  for (const std::uint32_t ref : refs) {
    CloseCgroup(ref, cgroups_.at(ref), closing, report);
    if (!table_.IsAlive(ref)) {
      cgroups_.erase(ref);
      places_.clear();  // they may point to it
    }
  }

  report.node.memory_available = closing.memory_available;
  report.node.disks = closing.disks;
  if (closing.machine_pressure) machine_.AddPressure(*closing.machine_pressure);
  if (const auto machine = machine_.Close(false))
    report.node.pressure = machine->pressure.value_or(wire::PressureWindow{});
  report.losses = closing.losses;
  report.losses.missed_samples += missed_samples_;
  SubtractSaid(report.losses, losses_said_);
  report.agent_cpu_us = closing.agent_cpu_us - std::exchange(cpu_said_us_, closing.agent_cpu_us);
  report.agent_rss = closing.agent_rss;
  ++windows_;
  return report;
}

void Window::CloseCgroup(std::uint32_t ref, Tracked& cgroup, const WindowClosing& closing,
                         wire::Report& report) {
  cgroup.naming = false;
  if (cgroup.named_in == 0) {
    const auto who = table_.Identity(ref);
    cgroup.in_kubernetes =
        who && (who->kind == wire::CgroupKind::kPod || who->kind == wire::CgroupKind::kPodContainer);
  }
  auto changed = cgroup.window.Close(cgroup.in_kubernetes);
  const bool gone = !table_.IsAlive(ref);
  const bool told = changed.has_value();
  if (told) {
    changed->ref = ref;
    report.containers.push_back(*std::move(changed));
  }
  // What came and went without a trace is not worth a name.
  if (gone && !told && cgroup.named_in == 0) return;
  Name(ref, cgroup, closing, report);
  if (gone) report.gone.push_back(ref);
}

void Window::Name(std::uint32_t ref, Tracked& cgroup, const WindowClosing& closing, wire::Report& report) {
  if (cgroup.named_in != 0 && (!closing.arrives || closing.arrives(cgroup.named_in))) return;
  auto who = table_.Identity(ref);
  if (!who) return;
  report.identities.push_back(*std::move(who));
  cgroup.naming = true;
}

void Window::Sent(std::uint64_t sequence) {
  for (auto& [ref, cgroup] : cgroups_) {
    if (std::exchange(cgroup.naming, false)) cgroup.named_in = sequence;
  }
}

// Losses are counted since the start and told by window.
void Window::SubtractSaid(wire::LossCounts& losses, wire::LossCounts& said) {
  for (const wire::Loss& loss : wire::kLosses) {
    const std::uint64_t total = losses.*loss.count;
    losses.*loss.count = total - std::exchange(said.*loss.count, total);
  }
}

}  // namespace loadline::agent
