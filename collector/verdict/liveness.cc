#include "collector/verdict/liveness.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace loadline::collector {
namespace {

constexpr Duration kGapsOf = std::chrono::minutes(10);

}  // namespace

void Liveness::Expect(std::string_view node) {
  nodes_.try_emplace(std::string(node));
}

void Liveness::ExpectBack(std::string_view node) {
  Expect(node);
  nodes_.find(node)->second.away = true;
}

void Liveness::Heard(std::string_view node, Mono at, std::optional<Duration> window_age) {
  auto it = nodes_.find(node);
  if (it == nodes_.end()) it = nodes_.emplace(std::string(node), Signs{}).first;
  Signs& signs = it->second;
  NoteGap(signs, at);
  signs.heard = std::max(at, signs.heard.value_or(at));
  if (window_age) {
    const Mono closed = at - *window_age;
    signs.window_closed = std::max(closed, signs.window_closed.value_or(closed));
    signs.window_told = at;
  } else if (!signs.window_closed) {
    // A node that has just greeted has had no time to close one.
    signs.window_closed = at;
  }
}

void Liveness::NoteGap(Signs& signs, Mono at) const {
  if (std::exchange(signs.away, false)) signs.back_at = at;
  if (!signs.heard) return;
  // What waited while the collector stood still is read before it knows that it did.
  const Mono until = at - last_tick_ > options_.own_stall ? last_tick_ : at;
  const Duration gap = until - std::max(*signs.heard, excused_until_);
  if (gap >= options_.outage) signs.back_at = at;
  if (signs.back_at && at - *signs.back_at < options_.comes_back_within) return;
  if (gap < signs.longest_gap && at - signs.longest_gap_at < kGapsOf) return;
  signs.longest_gap = std::max(gap, Duration::zero());
  signs.longest_gap_at = at;
}

bool Liveness::IsStopped(const Signs& signs, Mono now) const {
  return signs.stopped && now - *signs.stopped < options_.replaced_within;
}

bool Liveness::IsDoubtful(const Signs& signs, Mono now) const {
  if (IsStopped(signs, now)) return false;
  return Since(signs.heard, now) >=
         std::clamp(signs.longest_gap * 3 / 2, options_.doubt_after, options_.silent_after);
}

Duration Liveness::Since(const std::optional<Mono>& sign, Mono now) const {
  return std::max<Duration>(now - std::max(sign.value_or(found_by_), excused_until_), Duration::zero());
}

std::set<std::string, std::less<>> Liveness::Doubtful(Mono now) const {
  std::set<std::string, std::less<>> doubtful;
  for (const auto& [node, signs] : nodes_) {
    if (IsDoubtful(signs, now)) doubtful.insert(node);
  }
  return doubtful;
}

void Liveness::Stopped(std::string_view node, Mono at) {
  if (const auto it = nodes_.find(node); it != nodes_.end()) it->second.stopped = at;
}

void Liveness::Greeted(std::string_view node, std::uint64_t epoch, Mono at) {
  Heard(node, at);
  Signs& signs = nodes_.find(node)->second;
  if (std::exchange(signs.epoch, epoch) == epoch) return;
  // One that was asked to end may have to greet once more before it does.
  signs.stopped.reset();
  signs.window_closed = at;
}

void Liveness::Clock(std::string_view node, std::optional<Duration> ahead) {
  if (const auto it = nodes_.find(node); it != nodes_.end()) it->second.clock_ahead = ahead;
}

void Liveness::Spooled(std::string_view node, std::uint64_t records) {
  if (const auto it = nodes_.find(node); it != nodes_.end()) it->second.spooled_records = records;
}

void Liveness::KeepOnly(const std::function<bool(const std::string& node)>& known) {
  std::erase_if(nodes_, [&](const auto& node) { return !known(node.first); });
}

void Liveness::Tick(Mono now) {
  if (now - last_tick_ > options_.own_stall) {
    for (auto& [_, signs] : nodes_) signs.away = signs.away || IsAway(signs);
    Excuse(now);
  }
  last_tick_ = now;
}

// At the last tick, and not heard since.
bool Liveness::IsAway(const Signs& signs) const {
  return signs.heard && *signs.heard < last_tick_ && Since(signs.heard, last_tick_) >= options_.outage;
}

NodeLiveness Liveness::Of(std::string_view node, Mono now) const {
  NodeLiveness live;
  const auto it = nodes_.find(node);
  const Signs signs = it != nodes_.end() ? it->second : Signs{};
  live.unheard = !signs.heard || *signs.heard < excused_until_;
  live.no_window = !signs.window_closed || *signs.window_closed < excused_until_;
  live.silent_for = Since(signs.heard, now);
  live.window_age = Since(signs.window_closed, now);
  live.clock_ahead = signs.clock_ahead;
  live.spooled_records = signs.spooled_records;
  live.doubtful = IsDoubtful(signs, now);
  if (signs.back_at) live.back_for = now - *signs.back_at;
  live.suspect = live.silent_for >= options_.suspect_after;
  live.stopped = IsStopped(signs, now);
  // A node that was away has closed windows meanwhile, of which it says with its first heartbeat.
  const bool told = !signs.back_at || (signs.window_told && *signs.window_told >= *signs.back_at);
  if (live.stopped) {
    live.reason = fmt::format("its agent was asked to end {} ago, and no other one has started yet",
                              FormatSeconds(Seconds(now - *signs.stopped)));
  } else if (live.silent_for >= options_.silent_after) {
    live.state = NodeState::kSilent;
    live.reason = fmt::format("no heartbeat for {}", FormatSeconds(Seconds(live.silent_for)));
    if (signs.stopped) live.reason += ", since its agent was asked to end";
  } else if (told && live.window_age >= options_.stale_after) {
    live.state = NodeState::kStale;
    live.reason = fmt::format("heartbeats arrive, but no window was closed for {}",
                              FormatSeconds(Seconds(live.window_age)));
  } else if (live.suspect) {
    live.reason = fmt::format("no heartbeat for {}: suspect", FormatSeconds(Seconds(live.silent_for)));
  }
  return live;
}

}  // namespace loadline::collector
