// What is gone: replicas that ended, and when containers and nodes are forgotten.
#include <algorithm>
#include <ranges>
#include <vector>

#include "collector/model/model.h"
#include "collector/usage/claims.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// What has not been heard of for so long no longer counts as running now; a window takes ten seconds, or a
// minute where it is polled.
constexpr Duration kLiveFor = 90s;
// A replica that has no number and was not heard of for so long is gone: its agent was started anew and does
// not know it. Sooner, kLiveFor, when that agent has told all it knows.
constexpr Duration kReplicaGone = 10min;
constexpr Duration kRememberAtLeast = 10min;
// Of nodes, for one container; what runs on others is remembered together.
constexpr std::size_t kMostClasses = 32;
// So many of a container's replicas are asked what they think of one that goes; thousands may go at once.
constexpr std::size_t kAsked = 32;

}  // namespace

ContainerUsage& Model::PastOf(Container& container, const Node& node) {
  const std::string node_class =
      workloads_[container.workload].SizedByNodeClass() ? node.Class() : std::string();
  if (node_class.empty()) return PastOf(container);
  const auto known = std::ranges::find(container.class_pasts, node_class, &Container::ClassPast::node_class);
  if (known != container.class_pasts.end()) return known->usage;
  // A class is what a node says of itself.
  if (container.class_pasts.size() >= kMostClasses) return PastOf(container);
  ContainerUsage& past = container.class_pasts.emplace_back(node_class).usage;
  past.Keep(options_.samples);
  return past;
}

ContainerUsage& Model::PastOf(Container& container) {
  if (container.past == nullptr) {
    container.past = std::make_unique<ContainerUsage>();
    container.past->Keep(options_.samples);
  }
  return *container.past;
}

bool Model::StandsAlone(const Replica& replica, const ContainerUsage& past) const {
  if (!Bounded(nodes_[replica.node])) return false;  // the cluster's own word
  const Container& container = containers_[replica.container];
  const bool by_class = workloads_[container.workload].SizedByNodeClass();
  Claims others;
  std::vector<NodeId> nodes;
  for (const ReplicaId id : container.replicas | std::views::take(kAsked)) {
    const Replica& other = replicas_[id];
    if (other.node == replica.node || other.usage.history() <= Duration::zero()) continue;
    if (by_class && nodes_[other.node].Class() != nodes_[replica.node].Class()) continue;
    others.Raise(Claims::Of(other.usage));
    nodes.push_back(other.node);
  }
  std::ranges::sort(nodes);
  const auto twice = std::ranges::unique(nodes);
  if (nodes.size() - twice.size() + 1 < kLeastTellers) return false;
  const Claims own = Claims::Of(replica.usage);
  // What is remembered counts as it is, or each that goes would raise it for the next.
  const Claims before = Claims::Of(past);
  for (std::size_t figure = 0; figure < Claims::kFigures; ++figure) {
    if (own.Exceeds(others, kBelievedAlone, figure) && own.Exceeds(before, 1, figure)) return true;
  }
  return false;
}

void Model::Fold(ReplicaId id) {
  Replica& replica = replicas_[id];
  Container& container = containers_[replica.container];
  Remember(replica);
  if (replica.live.end != Wall{} || !replica.usage.ooms().empty()) {
    replica.usage.Ended();
    ContainerUsage& past = PastOf(container, nodes_[replica.node]);
    // Kills bear the node's name, and are weighed by it when the container is sized.
    if (StandsAlone(replica, past)) {
      past.MergeKills(replica.usage);
    } else {
      past.Merge(replica.usage);
    }
  }
  Erase(id);
}

void Model::Erase(ReplicaId id) {
  const Replica& replica = replicas_[id];
  Container& container = containers_[replica.container];
  // The last of the list takes its place: a list may be long, and all of it may go at once.
  const ReplicaId last = container.replicas.back();
  container.replicas[replica.place] = last;
  replicas_[last].place = replica.place;
  container.replicas.pop_back();
  Changed(container);
  nodes_[replica.node].by_path.erase(replica.path);
  nodes_[replica.node].name_bytes -= replica.path.size();
  name_bytes_ -= replica.path.size();
  replicas_.Erase(id);
}

void Model::Expire(Wall now) {
  FoldUnheard(now);
  containers_.ForEach([&](ContainerId id, Container& container) {
    if (container.taken_over && container.taken_over->last_seen() < now - options_.forget_after) {
      container.taken_over.reset();
      Changed(container);
    }
    if (!container.replicas.empty()) return;
    const Duration keep = std::clamp<Duration>(container.last_seen - container.first_seen, kRememberAtLeast,
                                               std::max<Duration>(options_.forget_after, kRememberAtLeast));
    if (container.last_seen < now - keep) Forget(id);
  });
  ForgetNodes(now);
}

void Model::FoldUnheard(Wall now) {
  // An agent says once who a number is, and we have acknowledged it: as long as the agent may come back its
  // numbers mean what they meant, however long it was cut off.
  std::vector<ReplicaId> numbered;
  nodes_.ForEach([&](NodeId, Node& node) {
    if (std::max(node.last_record, node.first_seen) < now - options_.forget_after) node.refs.clear();
    for (const auto& [ref, replica] : node.refs) numbered.push_back(replica);
  });
  std::ranges::sort(numbered);
  replicas_.ForEach([&](ReplicaId id, Replica& replica) {
    // What an agent finds at its start is told of in its first window; births are known from the second on.
    const Duration patience = nodes_[replica.node].births ? kLiveFor : kReplicaGone;
    const bool unheard = std::max(replica.live.end, replica.first_seen) < now - patience;
    if (unheard && !std::ranges::binary_search(numbered, id)) {
      Fold(id);
    } else if (replica.live.end < now - kLiveFor && replica.running()) {
      // The figures of a node that went silent are no longer those of now.
      const Wall end = replica.live.end;
      replica.live = {};
      replica.live.end = end;
      Changed(containers_[replica.container]);
    }
  });
}

void Model::ForgetNodes(Wall now) {
  nodes_.ForEach([&](NodeId id, Node& node) {
    if (!node.by_path.empty() || std::max(node.last_record, node.first_seen) >= now - options_.forget_after)
      return;
    node_by_name_.erase(node.name);
    Disown(id);
    nodes_.Erase(id);
  });
}

void Model::Retire(std::string_view name) {
  const auto known = node_by_name_.find(name);
  if (known == node_by_name_.end()) return;
  const auto& there = nodes_[known->second].by_path;
  while (!there.empty()) Fold(there.begin()->second);
  Disown(known->second);
  nodes_.Erase(known->second);
  node_by_name_.erase(known);
}

void Model::Disown(NodeId node) {
  if (nodes_[node].made == 0) return;
  containers_.ForEach([&](ContainerId, Container& container) {
    if (container.maker != node) return;
    Charge(container, -1);
    container.maker = Container::kNobody;
    Charge(container, 1);
  });
}

void Model::Forget(ContainerId id) {
  const WorkloadId workload = containers_[id].workload;
  Changed(containers_[id]);
  Charge(containers_[id], -1);
  container_by_name_.erase({workload, containers_[id].name});
  auto& siblings = workloads_[workload].containers;
  siblings[containers_[id].place] = siblings.back();
  containers_[siblings.back()].place = containers_[id].place;
  siblings.pop_back();
  containers_.Erase(id);
  if (workloads_[workload].containers.empty()) {
    workload_by_id_.erase(workloads_[workload].id);
    workloads_.Erase(workload);
  }
}

}  // namespace loadline::collector
