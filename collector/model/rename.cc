// Containers whose name was not known when they were first heard of.
#include <algorithm>
#include <cctype>
#include <utility>

#include "collector/model/model.h"

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
  to.recent_kills.insert(to.recent_kills.end(), from.recent_kills.begin(), from.recent_kills.end());
  std::ranges::sort(to.recent_kills);
  if (const std::size_t kills = to.recent_kills.size(); kills > Container::kRecentKills) {
    to.recent_kills.erase(to.recent_kills.begin(), to.recent_kills.end() - Container::kRecentKills);
  }
  if (to.peak_hour == from.peak_hour) to.peak = std::max(to.peak, from.peak);
}

}  // namespace

void Model::Rename(Wall now) {
  std::vector<ContainerId> provisional;
  containers_.ForEach([&](ContainerId id, const Container& container) {
    const Workload& workload = workloads_[container.workload];
    if (IsProvisional(workload.namespace_name, workload.kind)) provisional.push_back(id);
  });
  for (const ContainerId id : provisional) {
    const Container& container = containers_[id];
    // One that is gone already is known by the beginning of its id only.
    wire::CgroupIdentity identity{.kind = wire::CgroupKind::kPodContainer,
                                  .pod_uid = workloads_[container.workload].name,
                                  .container_id = container.name};
    std::string_view node;
    if (!container.replicas.empty()) {
      const Replica& replica = replicas_[container.replicas[0]];
      identity.path = replica.path;
      identity.container_id = ContainerIdIn(replica.path);
      node = nodes_[replica.node].name;
    }
    const bool late = now - container.first_seen > kNamedWithin;
    const auto name =
        names_.Resolve({node, identity, late ? NameQuestion::Haste::kLate : NameQuestion::Haste::kBorn});
    if (!name) {
      Drop(id);
    } else if (!IsProvisional(name->namespace_name, name->kind)) {
      for (const ReplicaId replica : container.replicas) replicas_[replica].pod = name->pod;
      Move(id, ContainerFor(*name, now, container.maker));
    }
  }
}

void Model::Move(ContainerId id, ContainerId to) {
  Container& from = containers_[id];
  Container& into = containers_[to];
  AddTotals(from, into);
  if (from.past != nullptr) PastOf(into).Merge(*from.past);
  if (from.taken_over != nullptr && into.taken_over == nullptr) into.taken_over = std::move(from.taken_over);
  for (const ReplicaId replica : from.replicas) {
    replicas_[replica].container = to;
    replicas_[replica].place = into.replicas.size();
    into.replicas.push_back(replica);
  }
  Changed(into);
  Forget(id);
}

void Model::Drop(ContainerId id) {
  const std::vector<ReplicaId> replicas = containers_[id].replicas;
  for (const ReplicaId replica : replicas) DropReplica(replica);
  Forget(id);
}

}  // namespace loadline::collector
