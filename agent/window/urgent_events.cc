#include "agent/window/urgent_events.h"

#include <algorithm>
#include <limits>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration kQuiet = 10s;

std::int64_t WallNs(std::uint64_t kernel_ns, UrgentEvents::Now now) {
  const Duration age = now.mono.time_since_epoch() - std::chrono::nanoseconds(kernel_ns);
  return (now.wall - age).time_since_epoch().count();
}

}  // namespace

wire::OomKill UrgentEvents::OomKill(const OomVictim& victim, Now now) {
  wire::OomKill kill;
  kill.at_ns = WallNs(victim.boot_ns, now);
  kill.victim = Identify(victim.victim);
  if (!victim.whole_machine && victim.limit_owner.id != 0) kill.limit_owner = Identify(victim.limit_owner);
  kill.owner_usage = victim.owner_usage;
  kill.owner_limit = victim.owner_limit;
  kill.victim_rss = victim.victim_rss;
  kill.pid = victim.pid;
  kill.command = victim.command;
  kill.oom_score_adj = victim.oom_score_adj;
  kill.seen_through = victim.seen_through;
  kill.decision = victim.decision;
  kill.group = victim.group;
  return kill;
}

std::optional<wire::MemoryStall> UrgentEvents::MemoryStall(const ReclaimStall& stall, Now now) {
  const wire::CgroupIdentity who = Identify(stall.cgroup);
  ForgetQuiet(now.mono);
  const auto [place, is_edge] = stalled_.try_emplace(who.ref, now.mono);
  place->second = now.mono;
  if (!is_edge) return std::nullopt;
  constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
  return wire::MemoryStall{
      .at_ns = WallNs(stall.boot_ns, now),
      .cgroup = who,
      .stall_us = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(stall.stall_ns / 1000, 1, kMost)),
      .usage = stall.usage,
      .limit = stall.limit};
}

std::optional<wire::MemoryStall> UrgentEvents::NearLimit(const LimitWatch::Near& near, Wall now) const {
  auto who = table_.Identity(near.ref);
  if (!who || who->kind != wire::CgroupKind::kPodContainer) return std::nullopt;
  return wire::MemoryStall{.at_ns = now.time_since_epoch().count(),
                           .cgroup = *std::move(who),
                           .usage = near.held,
                           .limit = near.limit};
}

void UrgentEvents::ForgetQuiet(Mono now) {
  std::erase_if(stalled_, [now](const auto& each) { return now - each.second >= kQuiet; });
}

wire::CgroupIdentity UrgentEvents::Identify(const KernelCgroup& cgroup) {
  const auto ref = table_.Find(cgroup.hierarchy, cgroup.id);
  auto who = ref ? table_.Identity(*ref) : std::nullopt;
  if (who) return *std::move(who);
  ++unknown_cgroups_;
  return {};
}

}  // namespace loadline::agent
