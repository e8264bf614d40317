#include "collector/model/cgroups.h"

#include <iterator>

namespace loadline::collector {
namespace {

// Cgroups nest a dozen levels deep where machines run within machines; a path of 4 KiB may have 2,000.
constexpr int kMostLevels = 64;
constexpr int kMostLookedAt = 64;

}  // namespace

void Cgroups::Identify(NodeId id, const wire::CgroupIdentity& identity, Wall at) {
  Node& node = registry_.node(id);
  if (options_.Bounds(node.name) && std::ssize(node.refs) >= options_.node_cgroups &&
      !node.refs.contains(identity.ref)) {
    return node.Refuse(&RefusedCounts::cgroups);
  }
  ReplicaId meant = Node::kIgnored;
  if (identity.kind == wire::CgroupKind::kRoot) {
    meant = Node::kWholeMachine;
  } else if (identity.sub_path.empty()) {
    meant = ReplicaOf(id, identity, at, NameQuestion::Haste::kBorn);
  }
  if (meant < Node::kWholeMachine && node.births) {
    Replica& replica = registry_.replica(meant);
    if (replica.ref != identity.ref) replica.usage.Started(at - node.window_length);
  }
  registry_.Number(id, identity.ref, meant);
  const bool is_pod = identity.kind == wire::CgroupKind::kPod;
  if (identity.sub_path.empty() && (is_pod || identity.kind == wire::CgroupKind::kSlice))
    node.above.Add(identity.ref, {.path = identity.path, .is_pod = is_pod});
}

ReplicaId Cgroups::ReplicaOf(NodeId node, const wire::CgroupIdentity& identity, Wall at,
                             NameQuestion::Haste haste) {
  const auto& by_path = registry_.nodes()[node].by_path;
  if (const auto it = by_path.find(identity.path); it != by_path.end()) return it->second;
  const std::optional<ContainerName> name = NameOf(node, identity, haste);
  if (!name || (IsPlainCgroup(name->kind) && HoldsOthers(node, identity.path))) return Node::kIgnored;
  if (!registry_.Admits(node, identity.path, *name)) return Node::kIgnored;
  DropHolders(node, identity.path);
  return registry_.AddReplica(
      node, registry_.ContainerNamed(*name, at, node),
      {.path = identity.path, .pod = name->pod, .first_seen = at, .spec = name->spec, .qos = identity.qos});
}

// What an earlier start of the agent told of and this one has not yet may be gone: it is passed over.
bool Cgroups::HoldsOthers(NodeId id, const std::string& path) const {
  const Node& node = registry_.nodes()[id];
  const std::string below = path + "/";
  int looked_at = 0;
  for (auto it = node.by_path.lower_bound(below); it != node.by_path.end(); ++it) {
    if (!it->first.starts_with(below) || ++looked_at > kMostLookedAt) return false;
    const auto ref = node.refs.find(registry_.replicas()[it->second].ref);
    if (ref != node.refs.end() && ref->second == it->second) return true;
  }
  return false;
}

void Cgroups::DropHolders(NodeId id, std::string_view path) {
  const auto& by_path = registry_.nodes()[id].by_path;
  int levels = 0;
  for (std::size_t end = path.rfind('/'); end != std::string_view::npos && end > 0 && levels < kMostLevels;
       end = path.rfind('/', end - 1), ++levels) {
    const auto holder = by_path.find(path.substr(0, end));
    if (holder == by_path.end()) continue;
    const ReplicaId replica = holder->second;
    const ContainerId container = registry_.replicas()[replica].container;
    if (!IsPlainCgroup(registry_.WorkloadOf(registry_.containers()[container]).kind)) continue;
    registry_.Drop(replica);
    if (registry_.containers()[container].replicas.empty()) registry_.ForgetContainer(container);
  }
}

}  // namespace loadline::collector
