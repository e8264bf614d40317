#include "collector/model/registry.h"

#include <utility>

namespace loadline::collector {

// ---- found

std::optional<NodeId> Registry::FindNode(std::string_view name) const {
  const auto known = node_by_name_.find(name);
  return known == node_by_name_.end() ? std::nullopt : std::optional(known->second);
}

std::optional<ContainerId> Registry::FindContainer(std::string_view workload_id,
                                                   std::string_view container) const {
  const auto workload = workload_by_id_.find(workload_id);
  if (workload == workload_by_id_.end()) return std::nullopt;
  const auto found = container_by_name_.find({workload->second, container});
  return found == container_by_name_.end() ? std::nullopt : std::optional(found->second);
}

// ---- added

NodeId Registry::NodeNamed(std::string_view name, Wall now) {
  if (const std::optional<NodeId> known = FindNode(name)) return *known;
  return Add(Node{.name = std::string(name), .first_seen = now});
}

ContainerId Registry::ContainerNamed(const ContainerName& name, Wall now, NodeId maker) {
  const auto known = workload_by_id_.find(name.workload_id);
  const WorkloadId workload = known != workload_by_id_.end()
                                  ? known->second
                                  : Add(Workload{.id = name.workload_id,
                                                 .namespace_name = name.namespace_name,
                                                 .kind = name.kind,
                                                 .name = name.workload});
  const auto same = container_by_name_.find({workload, name.container});
  if (same != container_by_name_.end()) return same->second;
  return Add(workload, {.maker = maker, .name = name.container, .first_seen = now, .last_seen = now});
}

bool Registry::Admits(NodeId node, std::string_view path, const ContainerName& name) {
  const bool known = FindContainer(name.workload_id, name.container).has_value();
  const std::size_t more = known ? 0 : name.workload_id.size() + name.container.size();
  return room_.Admits(nodes_[node], {.container = !known, .name_bytes = path.size() + more});
}

ReplicaId Registry::AddReplica(NodeId node, ContainerId container_id, Replica replica) {
  Container& container = containers_[container_id];
  replica.node = node;
  replica.container = container_id;
  replica.place = container.replicas.size();
  replica.usage.Keep(options_.samples);
  const ReplicaId id = replicas_.Add(std::move(replica));
  container.replicas.push_back(id);
  if (replicas_[id].spec) container.last_spec = replicas_[id].spec;
  container.pods.Add(replicas_[id].pod);
  nodes_[node].by_path.emplace(replicas_[id].path, id);
  room_.Charge(nodes_[node], replicas_[id], 1);
  Changed(container);
  return id;
}

NodeId Registry::Add(Node node) {
  const NodeId id = nodes_.Add(std::move(node));
  node_by_name_.emplace(nodes_[id].name, id);
  return id;
}

WorkloadId Registry::Add(Workload workload) {
  const WorkloadId id = workloads_.Add(std::move(workload));
  workload_by_id_.emplace(workloads_[id].id, id);
  return id;
}

ContainerId Registry::Add(WorkloadId workload, Container container) {
  container.workload = workload;
  container.place = workloads_[workload].containers.size();
  const ContainerId id = containers_.Add(std::move(container));
  workloads_[workload].containers.push_back(id);
  container_by_name_.emplace(std::pair(workload, std::string_view(containers_[id].name)), id);
  Charge(containers_[id], 1);
  return id;
}

void Registry::Charge(const Container& container, int sign) {
  Node* maker = container.maker == Container::kNobody ? nullptr : &nodes_[container.maker];
  room_.Charge(maker, WorkloadOf(container), container, sign);
}

void Registry::GiveTo(NodeId maker, Container& container) {
  Charge(container, -1);
  container.maker = maker;
  Charge(container, 1);
}

// ---- numbers

void Registry::Number(NodeId node, std::uint32_t ref, ReplicaId id) {
  auto& refs = nodes_[node].refs;
  if (id < Node::kWholeMachine) {
    // A path that died and is born again is the same replica by another number, and the end of the old
    // number, which may be told later, must not end it.
    const std::uint32_t before = std::exchange(replicas_[id].ref, ref);
    const auto old = refs.find(before);
    if (before != ref && old != refs.end() && old->second == id) {
      refs.erase(old);
      auto& earlier = nodes_[node].earlier_refs;
      if (!options_.Bounds(nodes_[node].name) || std::ssize(earlier) < options_.node_cgroups)
        earlier.insert_or_assign(before, id);
    }
  }
  refs.insert_or_assign(refs.end(), ref, id);
}

ReplicaId Registry::EndNumber(NodeId node, std::uint32_t ref) {
  auto& refs = nodes_[node].refs;
  const auto known = refs.find(ref);
  if (known == refs.end()) return Node::kIgnored;
  const ReplicaId meant = known->second;
  refs.erase(known);
  nodes_[node].above.End(ref);
  return meant;
}

// ---- moved and taken out

void Registry::MoveReplicas(ContainerId from, ContainerId to) {
  Container& into = containers_[to];
  for (const ReplicaId id : std::exchange(containers_[from].replicas, {})) {
    replicas_[id].container = to;
    replicas_[id].place = into.replicas.size();
    into.replicas.push_back(id);
  }
  Changed(into);
}

void Registry::Erase(ReplicaId id) {
  const Replica& replica = replicas_[id];
  Container& container = containers_[replica.container];
  // The last of the list takes its place: a list may be long, and all of it may go at once.
  const ReplicaId last = container.replicas.back();
  container.replicas[replica.place] = last;
  replicas_[last].place = replica.place;
  container.replicas.pop_back();
  Changed(container);
  nodes_[replica.node].by_path.erase(replica.path);
  std::erase_if(nodes_[replica.node].earlier_refs, [id](const auto& one) { return one.second == id; });
  room_.Charge(nodes_[replica.node], replica, -1);
  replicas_.Erase(id);
}

void Registry::Drop(ReplicaId id) {
  auto& refs = nodes_[replicas_[id].node].refs;
  const auto ref = refs.find(replicas_[id].ref);
  if (ref != refs.end() && ref->second == id) ref->second = Node::kIgnored;
  Erase(id);
}

void Registry::ForgetContainer(ContainerId id) {
  const WorkloadId workload = containers_[id].workload;
  Changed(containers_[id]);
  Charge(containers_[id], -1);
  container_by_name_.erase({workload, containers_[id].name});
  auto& siblings = workloads_[workload].containers;
  siblings[containers_[id].place] = siblings.back();
  containers_[siblings.back()].place = containers_[id].place;
  siblings.pop_back();
  containers_.Erase(id);
  if (!workloads_[workload].containers.empty()) return;
  workload_by_id_.erase(workloads_[workload].id);
  workloads_.Erase(workload);
}

void Registry::ForgetNode(NodeId id) {
  Disown(id);
  node_by_name_.erase(nodes_[id].name);
  nodes_.Erase(id);
}

void Registry::Disown(NodeId node) {
  if (nodes_[node].made == 0) return;
  containers_.ForEach([&](ContainerId, Container& container) {
    if (container.maker == node) GiveTo(Container::kNobody, container);
  });
}

// ---- as it was saved

bool Registry::Restore(Node node) {
  if (node.name.empty() || FindNode(node.name)) return false;
  Add(std::move(node));
  return true;
}

std::optional<WorkloadId> Registry::Restore(Workload workload) {
  if (workload.id.empty() || workload_by_id_.contains(workload.id)) return std::nullopt;
  return Add(std::move(workload));
}

std::optional<ContainerId> Registry::Restore(WorkloadId workload, Container container) {
  if (container_by_name_.contains(std::pair(workload, std::string_view(container.name)))) return std::nullopt;
  if (container.past != nullptr) container.past->Keep(options_.samples);
  if (container.taken_over != nullptr) container.taken_over->Keep(options_.samples);
  for (Container::ClassPast& past : container.class_pasts) past.usage.Keep(options_.samples);
  return Add(workload, std::move(container));
}

bool Registry::Restore(ContainerId container_id, const std::string& node_name, Replica replica) {
  if (node_name.empty() || replica.path.empty()) return false;
  const NodeId node = NodeNamed(node_name, replica.first_seen);
  if (nodes_[node].by_path.contains(replica.path)) return false;
  const ReplicaId id = AddReplica(node, container_id, std::move(replica));
  if (replicas_[id].ref != 0) nodes_[node].refs.emplace(replicas_[id].ref, id);
  Container& container = containers_[container_id];
  if (container.maker == Container::kNobody) GiveTo(node, container);
  return true;
}

}  // namespace loadline::collector
