#include "agent/source/counted_kills.h"

#include <algorithm>
#include <string_view>

#include "agent/identity/cgroup_path.h"
#include "agent/window/delta.h"

namespace loadline::agent {

std::vector<OomVictim> CountedKills::Look(std::span<const CgroupCounters> samples,
                                          std::span<const std::uint32_t> born, const CgroupTable& table,
                                          Mono now) {
  ++looks_;
  bool any = false;
  for (const CgroupCounters& sample : samples) {
    if (sample.memory) any |= Grow(sample, born);
  }
  std::erase_if(seen_,
                [&](const auto& each) { return each.second.look != looks_ && !table.IsAlive(each.first); });
  for (auto& [ref, seen] : seen_) {
    if (seen.look == looks_) continue;
    seen.grown_before = std::exchange(seen.grown, {});
    any |= seen.owed > 0;
  }
  std::vector<OomVictim> victims;
  if (!any) return victims;
  for (const auto& [ref, kills] : TakeOwed(table)) Tell(ref, kills, table, now, victims);
  return victims;
}

bool CountedKills::Grow(const CgroupCounters& sample, std::span<const std::uint32_t> born) {
  const auto [place, is_new] = seen_.try_emplace(sample.ref);
  Seen& seen = place->second;
  seen.memory = *sample.memory;
  seen.look = looks_;
  seen.grown_before = seen.grown;
  seen.grown = {.kills = agent::Grow(seen.total.kills, seen.memory.events_oom_kill),
                .group_kills = agent::Grow(seen.total.group_kills, seen.memory.events_oom_group_kill),
                .decisions = agent::Grow(seen.total.decisions, seen.memory.events_oom)};
  if (is_new && std::ranges::count(born, sample.ref) == 0) seen.grown = {};
  return seen.grown.kills > 0 || seen.owed > 0;
}

CountedKills::Kills CountedKills::TakeOwed(const CgroupTable& table) {
  std::unordered_map<std::uint32_t, std::uint64_t> grown_below;
  for (const auto& [ref, seen] : seen_) {
    if (const auto parent = table.FindPath(PathAbove(table.Path(ref))))
      grown_below[*parent] += seen.grown.kills;
  }
  Kills due;
  for (auto& [ref, seen] : seen_) {
    const auto below = grown_below.find(ref);
    const bool has_others_below = below != grown_below.end();
    seen.owed += static_cast<std::int64_t>(seen.grown.kills);
    if (unified_ && has_others_below) seen.owed -= static_cast<std::int64_t>(below->second);
    if (seen.owed <= 0) {
      seen.waits = false;
    } else if (unified_ && has_others_below && !seen.waits) {
      seen.waits = true;
    } else {
      due.emplace_back(ref, static_cast<std::uint64_t>(std::exchange(seen.owed, 0)));
      seen.waits = false;
    }
  }
  return due;
}

std::uint64_t CountedKills::Decisions(const Seen& seen) {
  return seen.grown.decisions > 0 ? seen.grown.decisions : seen.grown_before.decisions;
}

std::optional<std::uint32_t> CountedKills::OwnerOf(std::uint32_t victim, const CgroupTable& table) const {
  std::string_view path = table.Path(victim);
  for (std::optional ref = victim; ref; path = PathAbove(path), ref = table.FindPath(path)) {
    const auto found = seen_.find(*ref);
    if (found == seen_.end()) continue;
    if (unified_ ? Decisions(found->second) > 0 : found->second.memory.limit > 0) return ref;
  }
  return std::nullopt;
}

void CountedKills::Tell(std::uint32_t victim, std::uint64_t kills, const CgroupTable& table, Mono now,
                        std::vector<OomVictim>& out) const {
  const auto name = table.NameOf(victim);
  if (!name) return;
  const auto owner = OwnerOf(victim, table);
  OomVictim one{.boot_ns = static_cast<std::uint64_t>(now.time_since_epoch().count()),
                .victim = *name,
                .whole_machine = !owner,
                .seen_through = wire::Rung::kFiles};
  std::uint64_t decisions = kills;
  if (owner) {
    const Seen& limit = seen_.at(*owner);
    one.limit_owner = table.NameOf(*owner).value_or(KernelCgroup{});
    // What is used now is what the kill has left: when the limit was hit it was all of it.
    one.owner_usage = one.owner_limit = limit.memory.limit;
    if (unified_) decisions = std::min(kills, Decisions(limit));
  }
  // The kernel counts the first victim of a group twice.
  const std::uint64_t twice = seen_.at(victim).grown.group_kills;
  const std::uint64_t victims = std::max(decisions, kills - std::min(kills, twice));
  one.group = victims > decisions;
  for (std::uint64_t i = 0; i < victims; ++i) {
    one.decision = one.boot_ns + i % decisions;
    out.push_back(one);
  }
}

}  // namespace loadline::agent
