#include "collector/alert/mutes.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace loadline::collector {

std::string Words(const Muted& muted) {
  static constexpr const char* kWords[] = {"inhibited by", "outside its hours:", "silenced by"};
  return fmt::format("{} {}", kWords[static_cast<int>(muted.how)], fmt::join(muted.by, ", "));
}

std::optional<Muted> Mutes::Why(const Alert& alert, const Route& route, Wall now) const {
  if (auto muted = Inhibited(alert)) return muted;
  if (auto muted = OutsideHours(route, now)) return muted;
  return Silenced(alert, now);
}

std::optional<Muted> Mutes::Inhibited(const Alert& alert) const {
  std::optional<std::string> source = inhibitor_.Source(alert);
  if (!source) return std::nullopt;
  return Muted{Muted::How::kInhibited, {std::move(*source)}};
}

bool Mutes::InAnyOf(const std::vector<std::string>& intervals, Wall now) const {
  return std::ranges::any_of(intervals, [&](const std::string& name) {
    auto it = intervals_.find(name);
    return it != intervals_.end() && AnyContains(it->second, now);
  });
}

std::optional<Muted> Mutes::OutsideHours(const Route& route, Wall now) const {
  const auto inside = [&](const std::string& name) { return InAnyOf({name}, now); };
  std::vector<std::string> muting;
  std::ranges::copy_if(route.mute_time_intervals, std::back_inserter(muting), inside);
  if (!muting.empty()) return Muted{Muted::How::kOutsideHours, std::move(muting)};
  if (route.active_time_intervals.empty() || InAnyOf(route.active_time_intervals, now)) return std::nullopt;
  return Muted{Muted::How::kOutsideHours, route.active_time_intervals};
}

std::optional<Muted> Mutes::Silenced(const Alert& alert, Wall now) const {
  std::vector<std::string> by = silences_.Matching(RoutedLabels(alert), now);
  if (by.empty()) return std::nullopt;
  return Muted{Muted::How::kSilenced, std::move(by)};
}

}  // namespace loadline::collector
