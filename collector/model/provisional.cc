#include "collector/model/provisional.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// A kubelet tells the id of a new container within a few seconds. One that nobody has named after so long, in
// a pod all of whose containers are known, is the pod's sandbox.
constexpr Duration kNamedWithin = 15s;
constexpr std::size_t kIdLength = 64;

// The container's id: the last run of 64 hex digits in its path.
std::string ContainerIdIn(const std::string& path) {
  std::size_t digits = 0;
  for (std::size_t i = path.size(); i-- > 0;) {
    digits = std::isxdigit(static_cast<unsigned char>(path[i])) ? digits + 1 : 0;
    if (digits == kIdLength) return path.substr(i, kIdLength);
  }
  return {};
}

void AddTotals(const Container& from, Container& to) {
  to.first_seen = std::min(to.first_seen, from.first_seen);
  to.last_seen = std::max(to.last_seen, from.last_seen);
  to.cpu_us += from.cpu_us;
  to.periods += from.periods;
  to.throttled_periods += from.throttled_periods;
  to.throttled_us += from.throttled_us;
  to.oom_kills += from.oom_kills;
  to.oom_victims += from.oom_victims;
  for (const auto& row : wire::kCounters) to.counters[row.counter] += from.counters[row.counter];
  to.recent_kills.insert(to.recent_kills.end(), from.recent_kills.begin(), from.recent_kills.end());
  std::ranges::sort(to.recent_kills);
  if (const std::size_t kills = to.recent_kills.size(); kills > Container::kRecentKills) {
    to.recent_kills.erase(to.recent_kills.begin(), to.recent_kills.end() - Container::kRecentKills);
  }
  if (to.peak_hour == from.peak_hour) {
    to.peak = std::max(to.peak, from.peak);
    to.exited = std::max(to.exited, from.exited);
  }
}

}  // namespace

std::vector<ContainerId> Provisional::Waiting() const {
  std::vector<ContainerId> waiting;
  registry_.containers().ForEach([&](ContainerId id, const Container& container) {
    const Workload& workload = registry_.WorkloadOf(container);
    if (IsProvisional(workload.namespace_name, workload.kind)) waiting.push_back(id);
  });
  return waiting;
}

std::optional<ContainerName> Provisional::NameOf(const Container& container, Wall now) const {
  // One that is gone already is known by the beginning of its id only.
  wire::CgroupIdentity identity{.kind = wire::CgroupKind::kPodContainer,
                                .pod_uid = registry_.WorkloadOf(container).name,
                                .container_id = container.name};
  std::string_view node;
  if (!container.replicas.empty()) {
    const Replica& replica = registry_.replicas()[container.replicas[0]];
    identity.path = replica.path;
    identity.container_id = ContainerIdIn(replica.path);
    node = registry_.nodes()[replica.node].name;
  }
  const bool late = now - container.first_seen > kNamedWithin;
  return names_.Resolve({node, identity, late ? NameQuestion::Haste::kLate : NameQuestion::Haste::kBorn});
}

void Provisional::Rename(Wall now) {
  for (const ContainerId id : Waiting()) {
    const std::optional<ContainerName> name = NameOf(registry_.containers()[id], now);
    if (!name) {
      Drop(id);
    } else if (!IsProvisional(name->namespace_name, name->kind)) {
      Move(id, *name, now);
    }
  }
}

void Provisional::NameDeparted(const Container& from, const ContainerName& name) {
  if (from.maker == Container::kNobody) return;
  const std::string& provisional = registry_.WorkloadOf(from).id;
  for (Node::Departed& gone : registry_.node(from.maker).departed) {
    if (gone.workload_id != provisional || gone.container != from.name) continue;
    gone.workload_id = name.workload_id;
    gone.container = name.container;
  }
}

void Provisional::Move(ContainerId id, const ContainerName& name, Wall now) {
  Container& from = registry_.container(id);
  NameDeparted(from, name);
  for (const ReplicaId replica : from.replicas) {
    registry_.replica(replica).pod = name.pod;
    registry_.replica(replica).spec = name.spec;
  }
  const ContainerId to = registry_.ContainerNamed(name, now, from.maker);
  Container& into = registry_.container(to);
  if (name.spec) into.last_spec = name.spec;
  into.pods.Add(name.pod);
  AddTotals(from, into);
  past_.Inherit(from, into);
  registry_.MoveReplicas(id, to);
  registry_.ForgetContainer(id);
}

void Provisional::Drop(ContainerId id) {
  const std::vector<ReplicaId> replicas = registry_.containers()[id].replicas;
  for (const ReplicaId replica : replicas) registry_.Drop(replica);
  registry_.ForgetContainer(id);
}

}  // namespace loadline::collector
