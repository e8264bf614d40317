// Cgroups that hold others: their figures are those of the cgroups below, so they are nobody's workload.
#include <algorithm>

#include "collector/model/model.h"

namespace loadline::collector {

bool Model::HoldsOthers(NodeId id, const std::string& path) const {
  const std::string below = path + "/";
  return std::ranges::any_of(nodes_[id].refs, [&](const Node::Ref& ref) {
    return ref.replica < Node::kWholeMachine && replicas_[ref.replica].path.starts_with(below);
  });
}

void Model::DropHolders(NodeId id, std::string_view path) {
  for (std::size_t end = path.rfind('/'); end != std::string_view::npos && end > 0;
       end = path.rfind('/', end - 1)) {
    const auto holder = replica_by_path_.find({id, path.substr(0, end)});
    if (holder == replica_by_path_.end()) continue;
    const ReplicaId replica = holder->second;
    const ContainerId container = replicas_[replica].container;
    if (!IsPlainCgroup(workloads_[containers_[container].workload].kind)) continue;
    DropReplica(replica);
    if (containers_[container].replicas.empty()) Forget(container);
  }
}

void Model::DropReplica(ReplicaId id) {
  const Replica& replica = replicas_[id];
  for (Node::Ref& ref : nodes_[replica.node].refs) {
    if (ref.replica == id) ref.replica = Node::kIgnored;
  }
  Container& container = containers_[replica.container];
  std::erase(container.replicas, id);
  Changed(container);
  replica_by_path_.erase({replica.node, replica.path});
  replicas_.Erase(id);
}

}  // namespace loadline::collector
