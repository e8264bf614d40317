#include "collector/model/past.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <ranges>
#include <utility>
#include <vector>

#include "collector/usage/claims.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// Of nodes, for one container; what runs on others is remembered together.
constexpr std::size_t kMostClasses = 32;
// So many of a container's replicas are asked what they think of one that goes; thousands may go at once.
constexpr std::size_t kAsked = 32;
// A checkpoint of what we measured ourselves begins when we did, to the second.
constexpr Duration kSameBeginning = 1min;
// Clocks differ.
constexpr Duration kAhead = 5min;

// What is known of a container by our own measuring.
struct Known {
  std::optional<Wall> first;
  Wall last{};

  void Add(const ContainerUsage& usage) {
    if (!usage.first_seen()) return;
    first = std::min(first.value_or(*usage.first_seen()), *usage.first_seen());
    last = std::max(last, usage.last_seen());
  }
};

Known KnownOf(const Registry& registry, const Container& container) {
  Known known;
  for (const ReplicaId replica : container.replicas) known.Add(registry.replicas()[replica].usage);
  if (container.past != nullptr) known.Add(*container.past);
  for (const Container::ClassPast& past : container.class_pasts) known.Add(past.usage);
  return known;
}

}  // namespace

void Past::Fold(ReplicaId id) {
  Replica& replica = registry_.replica(id);
  Remember(replica);
  if (replica.live.end != Wall{} || !replica.usage.ooms().empty()) {
    replica.usage.Ended();
    ContainerUsage& past = Of(registry_.container(replica.container), registry_.node(replica.node));
    past.Resumed(replica.first_seen);
    // Kills bear the node's name, and are weighed by it when the container is sized.
    if (StandsAlone(replica, past)) {
      past.MergeKills(replica.usage);
    } else {
      past.Merge(replica.usage);
    }
  }
  registry_.Erase(id);
}

void Past::Inherit(Container& from, Container& into) {
  if (from.past != nullptr) {
    Of(into).Resumed(from.first_seen);
    Of(into).Merge(*from.past);
  }
  if (from.taken_over != nullptr && into.taken_over == nullptr) into.taken_over = std::move(from.taken_over);
}

bool Past::TakeOver(ContainerId id, ContainerUsage history, Wall now) {
  Container& container = registry_.container(id);
  if (container.taken_over != nullptr || !history.first_seen()) return false;
  if (history.last_seen() > now + kAhead || history.last_seen() < now - options_.forget_after) return false;
  const auto [first, last] = KnownOf(registry_, container);
  if (first && (last - *first >= kKnownWell || *history.first_seen() + kSameBeginning > *first)) return false;
  history.Keep(options_.samples);
  container.taken_over = std::make_unique<ContainerUsage>(std::move(history));
  registry_.Changed(container);
  return true;
}

void Past::ForgetTakenOver(Container& container, Wall now) {
  if (!container.taken_over || container.taken_over->last_seen() >= now - options_.forget_after) return;
  container.taken_over.reset();
  registry_.Changed(container);
}

ContainerUsage& Past::Of(Container& container, const Node& node) {
  const std::string node_class =
      registry_.WorkloadOf(container).SizedByNodeClass() ? node.Class() : std::string();
  if (node_class.empty()) return Of(container);
  const auto known = std::ranges::find(container.class_pasts, node_class, &Container::ClassPast::node_class);
  if (known != container.class_pasts.end()) return known->usage;
  // A class is what a node says of itself.
  if (container.class_pasts.size() >= kMostClasses) return Of(container);
  ContainerUsage& past = container.class_pasts.emplace_back(node_class).usage;
  past.Keep(options_.samples);
  return past;
}

ContainerUsage& Past::Of(Container& container) {
  if (container.past == nullptr) {
    container.past = std::make_unique<ContainerUsage>();
    container.past->Keep(options_.samples);
  }
  return *container.past;
}

bool Past::StandsAlone(const Replica& replica, const ContainerUsage& past) const {
  const Slots<Node>& known = registry_.nodes();
  if (!options_.Bounds(known[replica.node].name)) return false;  // the cluster's own word
  const Container& container = registry_.containers()[replica.container];
  const bool by_class = registry_.WorkloadOf(container).SizedByNodeClass();
  Claims others;
  std::vector<NodeId> nodes;
  for (const ReplicaId id : container.replicas | std::views::take(kAsked)) {
    const Replica& other = registry_.replicas()[id];
    if (other.node == replica.node || other.usage.history() <= Duration::zero()) continue;
    if (by_class && known[other.node].Class() != known[replica.node].Class()) continue;
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

void Past::Remember(const Replica& replica) {
  if (replica.working_set.empty()) return;
  auto& departed = registry_.node(replica.node).departed;
  if (departed.size() >= Node::kDeparted) departed.erase(departed.begin());
  const Container& container = registry_.containers()[replica.container];
  departed.push_back({replica.path, registry_.WorkloadOf(container).id, container.name, replica.first_seen,
                      replica.live.end, replica.working_set});
}

}  // namespace loadline::collector
