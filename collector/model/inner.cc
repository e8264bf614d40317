// Cgroups that hold others: their figures are those of the cgroups below, so they are nobody's workload.
#include <algorithm>

#include "collector/model/model.h"

namespace loadline::collector {
namespace {

// Cgroups nest a dozen levels deep where machines run within machines; a path of 4 KiB may have 2,000.
constexpr int kMostLevels = 64;
constexpr int kMostLookedAt = 64;

}  // namespace

// What an earlier start of the agent told of and this one has not yet may be gone: it is passed over.
bool Model::HoldsOthers(NodeId id, const std::string& path) const {
  const Node& node = nodes_[id];
  const std::string below = path + "/";
  int looked_at = 0;
  for (auto it = node.by_path.lower_bound(below); it != node.by_path.end(); ++it) {
    if (!it->first.starts_with(below) || ++looked_at > kMostLookedAt) return false;
    const auto ref = node.refs.find(replicas_[it->second].ref);
    if (ref != node.refs.end() && ref->second == it->second) return true;
  }
  return false;
}

void Model::DropHolders(NodeId id, std::string_view path) {
  const auto& by_path = nodes_[id].by_path;
  int levels = 0;
  for (std::size_t end = path.rfind('/'); end != std::string_view::npos && end > 0 && levels < kMostLevels;
       end = path.rfind('/', end - 1), ++levels) {
    const auto holder = by_path.find(path.substr(0, end));
    if (holder == by_path.end()) continue;
    const ReplicaId replica = holder->second;
    const ContainerId container = replicas_[replica].container;
    if (!IsPlainCgroup(workloads_[containers_[container].workload].kind)) continue;
    DropReplica(replica);
    if (containers_[container].replicas.empty()) Forget(container);
  }
}

void Model::DropReplica(ReplicaId id) {
  auto& refs = nodes_[replicas_[id].node].refs;
  const auto ref = refs.find(replicas_[id].ref);
  if (ref != refs.end() && ref->second == id) ref->second = Node::kIgnored;
  Erase(id);
}

}  // namespace loadline::collector
