#include "agent/window/window.h"

#include <algorithm>
#include <utility>

#include "schemas/wire/losses.h"

namespace loadline::agent {
namespace {

// Of the turns that a cgroup at rest has, its pressure needs only so many: one in fifteen, each half hour.
constexpr std::uint64_t kPressureTurns = 15;
// Windows between two looks at what a cgroup is allotted: while it works, and at rest.
constexpr std::uint64_t kAllotmentBusy = 30;
constexpr std::uint64_t kAllotmentIdle = 180;

std::int64_t Nanoseconds(Wall time) {
  return time.time_since_epoch().count();
}

}  // namespace

void Window::Add(std::span<const CgroupCounters> samples, Mono now, Duration interval) {
  const Duration elapsed = last_sample_ ? now - *last_sample_ : Duration::zero();
  if (last_sample_) {
    ++samples_;
    // Rounded, so that a second that is a little long is one.
    const auto due = static_cast<std::uint64_t>((elapsed + interval / 2) / interval);
    if (due > 1) missed_samples_ += due - 1;
  }
  last_sample_ = now;
  for (const CgroupCounters& sample : samples) {
    const auto [place, is_new] = cgroups_.try_emplace(sample.ref, false);
    Tracked& cgroup = place->second;
    if (is_new) cgroup.from = samples_;
    if (sample.used && !cgroup.to) cgroup.to = samples_;
    cgroup.window.Add(sample, elapsed);
  }
}

void Window::Born(std::uint32_t ref) {
  const auto [place, is_new] = cgroups_.try_emplace(ref, true);
  if (is_new) place->second.from = samples_;
}

std::vector<Window::WantedFiles> Window::WantsFiles(std::uint64_t rotation) const {
  std::vector<WantedFiles> wanted;
  for (const auto& [ref, cgroup] : cgroups_) {
    const auto has_turn = [&](std::uint64_t of) { return ref % of == windows_ % of; };
    const bool pressure = cgroup.window.may_stall() || has_turn(kPressureTurns * rotation);
    if (pressure || has_turn(rotation)) wanted.push_back({ref, pressure});
  }
  std::ranges::sort(wanted, {}, &WantedFiles::ref);
  return wanted;
}

void Window::AddPressure(std::uint32_t ref, const std::optional<PressureCounters>& totals) {
  const auto found = cgroups_.find(ref);
  if (found != cgroups_.end()) found->second.window.AddPressure(totals);
}

void Window::AddIo(std::uint32_t ref, const IoCounters& totals) {
  const auto found = cgroups_.find(ref);
  if (found != cgroups_.end()) found->second.window.AddIo(totals);
}

std::vector<std::uint32_t> Window::WantsAllotment() const {
  std::vector<std::uint32_t> wanted;
  for (const auto& [ref, cgroup] : cgroups_) {
    const std::uint64_t every = cgroup.window.moved() ? kAllotmentBusy : kAllotmentIdle;
    if (cgroup.window.is_new_to_allotment() || ref % every == windows_ % every) wanted.push_back(ref);
  }
  std::ranges::sort(wanted);
  return wanted;
}

void Window::AddAllotment(std::uint32_t ref, const Allotment& allotted) {
  const auto found = cgroups_.find(ref);
  if (found != cgroups_.end()) found->second.window.AddAllotment(allotted);
}

wire::Report Window::Close(const WindowClosing& closing) {
  wire::Report report;
  naming_.clear();
  report.window_start_ns = Nanoseconds(closing.end - closing.length);
  report.window_end_ns = Nanoseconds(closing.end);
  report.samples = samples_;

  std::vector<std::uint32_t> refs;
  refs.reserve(cgroups_.size());
  for (const auto& [ref, cgroup] : cgroups_) refs.push_back(ref);
  std::ranges::sort(refs);
  for (const std::uint32_t ref : refs) {
    CloseCgroup(ref, cgroups_.at(ref), closing, report);
    if (!table_.IsAlive(ref)) cgroups_.erase(ref);
  }
  samples_ = 0;

  report.node.memory_available = closing.memory_available;
  report.node.disks = closing.disks;
  if (closing.cgroups) {
    report.node.cgroups = closing.cgroups->alive;
    report.node.dying_cgroups = closing.cgroups->dying;
  }
  if (closing.machine_pressure) machine_.AddPressure(*closing.machine_pressure);
  if (const auto machine = machine_.Close(false, 0))
    report.node.pressure = machine->pressure.value_or(wire::PressureWindow{});
  report.losses = closing.losses;
  report.losses.missed_samples += missed_samples_;
  SubtractSaid(report.losses, losses_said_);
  report.agent_cpu_us = closing.agent_cpu_us - std::exchange(cpu_said_us_, closing.agent_cpu_us);
  report.agent_rss = closing.agent_rss;
  report.backed_off = static_cast<std::uint8_t>(closing.backed_off);
  report.longest_walk_us = static_cast<std::uint32_t>(closing.longest_walk / std::chrono::microseconds(1));
  ++windows_;
  return report;
}

void Window::CloseCgroup(std::uint32_t ref, Tracked& cgroup, const WindowClosing& closing,
                         wire::Report& report) {
  if (cgroup.named_in == 0) {
    const auto who = table_.Identity(ref);
    cgroup.in_kubernetes =
        who && (who->kind == wire::CgroupKind::kPod || who->kind == wire::CgroupKind::kPodContainer);
  }
  const std::uint32_t to = std::exchange(cgroup.to, std::nullopt).value_or(samples_);
  auto changed = cgroup.window.Close(cgroup.in_kubernetes, to - std::exchange(cgroup.from, 0));
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
  naming_.push_back(ref);
}

void Window::Sent(std::uint64_t sequence) {
  for (const std::uint32_t ref : naming_) {
    if (const auto named = cgroups_.find(ref); named != cgroups_.end()) named->second.named_in = sequence;
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
