#include "collector/apply/symptoms.h"

#include <fmt/format.h>

#include <algorithm>

namespace loadline::collector {
namespace {

Symptoms& Of(std::vector<Symptoms>& all, const std::string& container) {
  const auto it = std::ranges::find(all, container, &Symptoms::container);
  return it != all.end() ? *it : all.emplace_back(Symptoms{.container = container});
}

}  // namespace

double Symptoms::throttled_share() const {
  return periods == 0 ? 0 : static_cast<double>(throttled_periods) / static_cast<double>(periods);
}

double Symptoms::memory_stall_share() const {
  return measured <= Duration(0) ? 0 : static_cast<double>(memory_stall_us) * 1e-6 / Seconds(measured);
}

void AddWindows(std::vector<Symptoms>& symptoms, const std::vector<PodWindow>& windows,
                const std::string& pod_uid, Wall since) {
  for (const PodWindow& window : windows) {
    if (window.pod_uid != pod_uid || window.length <= Duration(0) || window.end - window.length < since)
      continue;
    Symptoms& all = Of(symptoms, window.container);
    if (window.end <= all.last_window) continue;
    all.last_window = window.end;
    all.measured += window.length;
    all.periods += window.periods;
    all.throttled_periods += window.throttled_periods;
    all.memory_stall_us += window.memory_stall_us;
  }
}

Duration Measured(const std::vector<Symptoms>& symptoms) {
  if (symptoms.empty()) return Duration(0);
  return std::ranges::min_element(symptoms, {}, &Symptoms::measured)->measured;
}

std::optional<std::string> Worse(const std::vector<Symptoms>& before, const std::vector<Symptoms>& after,
                                 const VerdictOptions& options) {
  for (const Symptoms& now : after) {
    if (now.measured < options.at_least) continue;
    const auto then = std::ranges::find(before, now.container, &Symptoms::container);
    const Symptoms was = then == before.end() ? Symptoms{} : *then;
    if (now.throttled_share() > was.throttled_share() + options.throttled_more) {
      return fmt::format("container {} is throttled in {:.0f} % of its periods, {:.0f} % before",
                         now.container, 100 * now.throttled_share(), 100 * was.throttled_share());
    }
    if (now.memory_stall_share() > was.memory_stall_share() + options.stalled_more) {
      return fmt::format("container {} waits for memory {:.0f} % of its time, {:.0f} % before", now.container,
                         100 * now.memory_stall_share(), 100 * was.memory_stall_share());
    }
  }
  return std::nullopt;
}

}  // namespace loadline::collector
