#include "collector/model/events.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "collector/model/capacity.h"
#include "collector/usage/claims.h"
#include "schemas/wire/memory_growth.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

std::string Who(const ContainerName& name, const std::string& path) {
  if (name.workload_id.empty()) return path.empty() ? kUnnamedCgroup : path;
  std::string who = name.workload_id;
  if (!name.container.empty()) who += " container " + name.container;
  if (!name.pod.empty()) who += " (pod " + name.pod + ")";
  return who;
}

// Whether the limit that was hit is the container's own. Kernels differ in whom they name when a pod and its
// container have the same limit, so a pod's limit counts; that of a slice or of the machine does not.
bool OwnLimit(const wire::OomKill& kill, const std::string& container_path) {
  if (!kill.limit_owner) return false;
  const std::string& owner = kill.limit_owner->path;
  return owner == container_path || owner.starts_with(container_path + "/") ||
         kill.limit_owner->kind == wire::CgroupKind::kPod;
}

// On a machine that several nodes share, as with kind, each agent sees the containers of all; the one whose
// node it is tells of it.
bool OfAnotherNode(const wire::CgroupIdentity& container, const std::optional<ContainerName>& name) {
  return !name && container.kind == wire::CgroupKind::kPodContainer;
}

std::string HowItDied(const wire::OomKill& kill, const std::string& who) {
  if (kill.IsFromPodStatus()) return who + " was OOM-killed, its pod's status says";
  const std::string limit =
      kill.limit_owner ? "the limit of " + LimitOwner(*kill.limit_owner) : "the end of the node's memory";
  if (!kill.NamesProcess()) return fmt::format("a process of {} was OOM-killed at {}", who, limit);
  return fmt::format("{} ({}, {}{}) was OOM-killed at {}", who, kill.command, kill.pid,
                     kill.group ? " and all with it" : "", limit);
}

std::string HowItStalls(const wire::MemoryStall& stall, const std::string& who) {
  const std::string usage = FormatBytes(stall.usage);
  const std::string limit = FormatBytes(stall.limit);
  if (wire::IsGrowth(stall)) {
    return fmt::format(
        "{} grows towards its memory limit and reaches it within {}: {} of {} cannot be reclaimed", who,
        FormatSeconds(Seconds(wire::kFullWithin)), usage, limit);
  }
  return fmt::format("{} waited {} for memory at its limit: {} of {} used", who,
                     FormatSeconds(stall.stall_us * 1e-6), usage, limit);
}

// The container was hit, at whosever limit.
void Count(Container& container, Wall at, bool is_new_kill) {
  ++container.oom_victims;
  if (!is_new_kill) return;
  ++container.oom_kills;
  if (container.recent_kills.size() == Container::kRecentKills)
    container.recent_kills.erase(container.recent_kills.begin());
  container.recent_kills.push_back(at);
  container.last_seen = std::max(container.last_seen, at);
}

}  // namespace

void Events::Take(NodeId node, const wire::Event& event, Wall received, Applied& applied) {
  if (const auto* kill = std::get_if<wire::OomKill>(&event)) TakeKill(node, *kill, received, applied);
  if (const auto* stall = std::get_if<wire::MemoryStall>(&event)) TakeStall(node, *stall, received);
  if (const auto* health = std::get_if<wire::HealthEvent>(&event)) TakeHealth(node, *health, received);
}

std::optional<ContainerName> Events::NameOf(NodeId node, const wire::CgroupIdentity& cgroup) const {
  if (!cgroup.IsNamed()) return ContainerName{};
  return cgroups_.NameOf(node, cgroup, NameQuestion::Haste::kUrgent);
}

void Events::TakeKill(NodeId id, const wire::OomKill& kill, Wall received, Applied& applied) {
  const Wall at = options_.Believed(kill.at_ns, received);
  const wire::CgroupIdentity victim = ContainerOf(kill.victim);
  const std::optional<ContainerName> name = NameOf(id, victim);
  if (OfAnotherNode(victim, name)) return;
  Node& node = registry_.node(id);
  KillSeen seen{.kill = kill,
                .at = at,
                .node = node.name,
                .name = name.value_or(ContainerName{}),
                .is_first = node.group_kills.IsFirst(kill, victim.path, at),
                .recent_kills = {}};
  const ReplicaId replica_id =
      victim.IsNamed() ? cgroups_.ReplicaOf(id, victim, at, NameQuestion::Haste::kUrgent) : Node::kIgnored;
  if (replica_id < Node::kWholeMachine) {
    Replica& replica = registry_.replica(replica_id);
    Container& container = registry_.container(replica.container);
    // Otherwise it is not the container that is too small.
    if (seen.is_first && OwnLimit(kill, replica.path)) Learn(node, replica, kill, at);
    Count(container, at, seen.is_first);
    seen.recent_kills = container.recent_kills;
    registry_.Changed(container);
  }
  if (seen.is_first) {
    timeline_.Add(
        {at, "oom_kill", seen.name.workload_id, seen.node, HowItDied(kill, Who(seen.name, victim.path))});
  }
  applied.kills.push_back(std::move(seen));
}

void Events::Missed(const ClusterNews& news, Applied& applied) {
  const std::optional<ContainerId> id = registry_.FindContainer(news.workload_id, news.container);
  if (!id) return;
  const wire::CgroupIdentity who{.kind = wire::CgroupKind::kPodContainer, .pod_uid = news.pod_uid};
  const wire::OomKill kill{.at_ns = news.at.time_since_epoch().count(), .victim = who, .limit_owner = who};
  Container& container = registry_.container(*id);
  for (const ReplicaId replica_id : container.replicas) {
    Replica& replica = registry_.replica(replica_id);
    if (replica.pod != news.pod) continue;
    wire::OomKill at_limit = kill;
    at_limit.owner_limit = at_limit.owner_usage = replica.limits.memory_limit;
    Learn(registry_.node(replica.node), replica, at_limit, news.at);
    break;
  }
  Count(container, news.at, true);
  registry_.Changed(container);
  KillSeen seen{.kill = kill,
                .at = news.at,
                .node = news.node,
                .name = {.workload_id = news.workload_id,
                         .namespace_name = news.namespace_name,
                         .container = news.container,
                         .pod = news.pod},
                .recent_kills = container.recent_kills};
  timeline_.Add({news.at, "oom_kill", news.workload_id, news.node, HowItDied(kill, Who(seen.name, ""))});
  applied.kills.push_back(std::move(seen));
}

void Events::Learn(Node& node, Replica& replica, const wire::OomKill& kill, Wall at) {
  if (IsBeyond(node.told.At(at), kill)) return node.Refuse(&RefusedCounts::beyond_capacity);
  replica.usage.AddOom({.at = at,
                        .usage = kill.owner_usage,
                        .limit = kill.owner_limit,
                        .request = replica.request().memory,
                        .teller = options_.Bounds(node.name) ? TellerOf(node.name) : 0});
}

void Events::TakeHealth(NodeId id, const wire::HealthEvent& event, Wall received) {
  Node& node = registry_.node(id);
  const Wall at = options_.Believed(event.at_ns, received);
  if (!node.findings.Take(event, at)) return;
  const std::string what = event.condition.empty() ? event.reason : event.condition + ": " + event.reason;
  timeline_.Add({at, "node_fault", "", node.name,
                 event.ended
                     ? fmt::format("node {}: {} has ended: {}", node.name, event.condition, event.message)
                     : fmt::format("node {}: {}: {}", node.name, what, event.message)});
}

void Events::TakeStall(NodeId id, const wire::MemoryStall& stall, Wall received) {
  const Wall at = options_.Believed(stall.at_ns, received);
  const wire::CgroupIdentity cgroup = ContainerOf(stall.cgroup);
  const std::optional<ContainerName> name = NameOf(id, cgroup);
  if (OfAnotherNode(cgroup, name)) return;
  const ContainerName who = name.value_or(ContainerName{});
  timeline_.Add({at, "memory_stall", who.workload_id, registry_.node(id).name,
                 HowItStalls(stall, Who(who, cgroup.path))});
}

}  // namespace loadline::collector
