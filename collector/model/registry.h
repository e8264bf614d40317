// Which nodes, workloads, containers and replicas are known, and where each of them is found.
//
//   Registry registry(options);
//   const NodeId node = registry.NodeNamed("node-1", now);
//   const ContainerId container = registry.ContainerNamed(name, now, node);
//   const ReplicaId replica = registry.AddReplica(node, container, {.path = path, .first_seen = now});
//
// The one place where any of them is added, moved or taken out, so that this always holds: every name, id and
// path finds the one that bears it; a replica is in its container's list and a container in its workload's, at
// the place that it says; a number of a node means a replica that is there, or none; each is charged against
// the bounds (room.h) once. Who gets one of them to write in may change what was measured of it, and nothing
// by which it is found: name, path, number, list, place, maker.
//
// What is given out keeps its address and its number until it is taken out. Lives on the core thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "collector/model/entities.h"
#include "collector/model/names.h"
#include "collector/model/options.h"
#include "collector/model/room.h"

namespace loadline::collector {

class Registry {
 public:
  // `options` must outlive it.
  explicit Registry(const ModelOptions& options) : options_(options), room_(options) {}

  // ---- what is there
  [[nodiscard]] const Slots<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const Slots<Workload>& workloads() const { return workloads_; }
  [[nodiscard]] const Slots<Container>& containers() const { return containers_; }
  [[nodiscard]] const Slots<Replica>& replicas() const { return replicas_; }
  // In the order of their ids.
  [[nodiscard]] const std::map<std::string_view, WorkloadId>& workload_by_id() const {
    return workload_by_id_;
  }
  [[nodiscard]] std::optional<NodeId> FindNode(std::string_view name) const;
  [[nodiscard]] std::optional<ContainerId> FindContainer(std::string_view workload_id,
                                                         std::string_view container) const;
  [[nodiscard]] const Workload& WorkloadOf(const Container& container) const {
    return workloads_[container.workload];
  }

  // ---- to write in
  [[nodiscard]] Node& node(NodeId id) { return nodes_[id]; }
  [[nodiscard]] Container& container(ContainerId id) { return containers_[id]; }
  [[nodiscard]] Replica& replica(ReplicaId id) { return replicas_[id]; }
  // To be called when something has changed that is shown of it.
  void Changed(const Container& container) { workloads_[container.workload].view = nullptr; }

  // ---- added; what is there already is given
  NodeId NodeNamed(std::string_view name, Wall now);
  // `maker` is the node that it counts against when it is new.
  ContainerId ContainerNamed(const ContainerName& name, Wall now, NodeId maker);
  // Whether there is room for a replica of that path in that container, and counts what has none.
  bool Admits(NodeId node, std::string_view path, const ContainerName& name);
  // There is none of that path on that node.
  ReplicaId AddReplica(NodeId node, ContainerId container, Replica replica);

  // ---- an agent's numbers of the cgroups on its node
  // From now on that number means that replica of the node, or kIgnored, or kWholeMachine.
  void Number(NodeId node, std::uint32_t ref, ReplicaId replica);
  // What the number meant, which means nothing any more; kIgnored when it meant nothing.
  ReplicaId EndNumber(NodeId node, std::uint32_t ref);
  void EndNumbers(NodeId node) {
    nodes_[node].refs.clear();
    nodes_[node].above.Clear();
  }

  // ---- moved and taken out
  void MoveReplicas(ContainerId from, ContainerId to);
  // A replica that has no number, or whose node goes with it.
  void Erase(ReplicaId replica);
  // One that was none: its number, if it has one, is passed over from now on.
  void Drop(ReplicaId replica);
  // A container without replicas; and its workload, when it was the last.
  void ForgetContainer(ContainerId container);
  // A node without replicas. What it has made counts against no node any more.
  void ForgetNode(NodeId node);

  // ---- as it was saved: see saved_model.h. Into one that is fresh, and in this order.
  // With its numbers of cgroups that are no containers. False when there is one of that name, or it has none.
  bool Restore(Node node);
  // Without its containers; nothing when there is one of that id, or it has none.
  std::optional<WorkloadId> Restore(Workload workload);
  // Without its replicas; nothing when the workload has one of that name.
  std::optional<ContainerId> Restore(WorkloadId workload, Container container);
  // On a node that is made if it is not known. False when there is one of that path on it, or it has none.
  bool Restore(ContainerId container, const std::string& node, Replica replica);

  [[nodiscard]] const Room& room() const { return room_; }
  void RestoreRefused(std::uint64_t refused) { room_.Restore(refused); }

 private:
  NodeId Add(Node node);
  WorkloadId Add(Workload workload);
  ContainerId Add(WorkloadId workload, Container container);
  void Charge(const Container& container, int sign);
  void GiveTo(NodeId maker, Container& container);
  void Disown(NodeId node);

  const ModelOptions& options_;
  Slots<Node> nodes_;
  Slots<Workload> workloads_;
  Slots<Container> containers_;
  Slots<Replica> replicas_;
  // Indexes; where the key is a view it lies in what is found.
  std::map<std::string, NodeId, std::less<>> node_by_name_;
  std::map<std::string_view, WorkloadId> workload_by_id_;
  std::map<std::pair<WorkloadId, std::string_view>, ContainerId> container_by_name_;
  Room room_;
};

}  // namespace loadline::collector
