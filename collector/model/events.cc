// OOM kills and memory stalls: whom they hit, and what they teach.
#include <fmt/format.h>

#include <algorithm>

#include "collector/model/capacity.h"
#include "collector/model/model.h"
#include "collector/usage/claims.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

std::string Who(const ContainerName& name, const std::string& path) {
  if (name.workload_id.empty()) return path;
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

}  // namespace

void Model::ApplyKill(NodeId id, const wire::OomKill& kill, Wall received, Applied& applied) {
  const Wall at = Clamp(kill.at_ns, received);
  const wire::CgroupIdentity victim = ContainerOf(kill.victim);
  const std::string& node = nodes_[id].name;
  const std::optional<ContainerName> name = names_.Resolve({node, victim, NameQuestion::Haste::kUrgent});
  if (OfAnotherNode(victim, name)) return;
  KillSeen seen{
      .kill = kill, .at = at, .node = node, .name = name.value_or(ContainerName{}), .recent_kills = {}};
  if (const ReplicaId replica_id = ReplicaFor(id, victim, at, NameQuestion::Haste::kUrgent);
      replica_id < Node::kWholeMachine) {
    Replica& replica = replicas_[replica_id];
    Container& container = containers_[replica.container];
    if (!OwnLimit(kill, replica.path)) {
      // The container is not too small.
    } else if (IsBeyond(nodes_[id].told.At(at), kill)) {
      Refuse(id, &RefusedCounts::beyond_capacity);
    } else {
      replica.usage.AddOom({.at = at,
                            .usage = kill.owner_usage,
                            .limit = kill.owner_limit,
                            .request = replica.limits.memory_request,
                            .teller = Bounded(nodes_[id]) ? TellerOf(node) : 0});
    }
    ++container.oom_kills;
    if (container.recent_kills.size() == Container::kRecentKills) {
      container.recent_kills.erase(container.recent_kills.begin());
    }
    container.recent_kills.push_back(at);
    container.last_seen = std::max(container.last_seen, at);
    seen.recent_kills = container.recent_kills;
    Changed(container);
  }
  const std::string who = Who(seen.name, victim.path);
  AddHappening({at, "oom_kill", seen.name.workload_id, seen.node,
                kill.pid == 0 ? who + " was OOM-killed, its pod's status says"
                              : fmt::format("{} ({}, {}) was OOM-killed at {}", who, kill.command, kill.pid,
                                            kill.limit_owner ? "the limit of " + LimitOwner(*kill.limit_owner)
                                                             : "the end of the node's memory")});
  applied.kills.push_back(std::move(seen));
}

void Model::ApplyStall(NodeId id, const wire::MemoryStall& stall, Wall received, Applied& applied) {
  const Wall at = Clamp(stall.at_ns, received);
  const wire::CgroupIdentity cgroup = ContainerOf(stall.cgroup);
  const std::string& node = nodes_[id].name;
  const std::optional<ContainerName> name = names_.Resolve({node, cgroup, NameQuestion::Haste::kUrgent});
  if (OfAnotherNode(cgroup, name)) return;
  StallSeen seen{stall, at, node, name.value_or(ContainerName{})};
  AddHappening({at, "memory_stall", seen.name.workload_id, seen.node,
                fmt::format("{} waits for memory at its limit: {} of {} used", Who(seen.name, cgroup.path),
                            FormatBytes(stall.usage), FormatBytes(stall.limit))});
  applied.stalls.push_back(std::move(seen));
}

}  // namespace loadline::collector
