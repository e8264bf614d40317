#include "collector/model/growth.h"

#include <algorithm>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// What is seen so soon after its node was there before us.
constexpr Duration kThereBefore = 30s;

struct Grower {
  const std::string& path;
  const std::string& workload_id;
  const std::string& container;
  Wall first_seen;
  const Trail& working_set;
};

void Add(const Node& node, const Grower& grower, Wall at, Duration span, std::vector<MemoryGrowth>& found) {
  const auto rise = grower.working_set.Rise(at, span);
  if (!rise) return;
  const bool born = grower.first_seen > at - span && grower.first_seen > node.first_seen + kThereBefore;
  found.push_back({.workload_id = grower.workload_id,
                   .container = grower.container,
                   .path = grower.path,
                   .from = born ? 0 : static_cast<Bytes>(rise->from),
                   .to = static_cast<Bytes>(rise->to),
                   .since = born ? grower.first_seen : rise->since});
}

// A cgroup's memory is counted again in those above it, which cause nothing by themselves.
void DropAncestors(std::vector<MemoryGrowth>& found) {
  std::ranges::sort(found, {}, &MemoryGrowth::path);
  std::vector<MemoryGrowth> lowest;
  for (const MemoryGrowth& one : found) {
    const std::string within = one.path + "/";
    const auto below = std::ranges::lower_bound(found, within, {}, &MemoryGrowth::path);
    if (below == found.end() || !below->path.starts_with(within)) lowest.push_back(one);
  }
  found = std::move(lowest);
}

}  // namespace

std::vector<MemoryGrowth> MemoryGrowthOn(const Model& model, std::string_view name, Wall at, Duration span) {
  std::vector<MemoryGrowth> found;
  if (const Node* node = model.FindNode(name)) {
    for (const auto& [path, id] : node->by_path) {
      const Replica& replica = model.replicas()[id];
      const Container& container = model.containers()[replica.container];
      Add(*node,
          {replica.path, model.workloads()[container.workload].id, container.name, replica.first_seen,
           replica.working_set},
          at, span, found);
    }
    for (const Node::Departed& gone : node->departed) {
      Add(*node, {gone.path, gone.workload_id, gone.container, gone.first_seen, gone.working_set}, at, span,
          found);
    }
  }
  DropAncestors(found);
  std::ranges::stable_sort(found, std::greater<>(), &MemoryGrowth::grown);
  return found;
}

// memory.available is capacity less the machine's working set. With cgroup v2 the kubelet also counts the
// kernel's own memory, which the root cgroup does not tell: MemAvailable does.
void Model::WeighMemory(Node& node) {
  const wire::MemoryWindow& all = node.machine_memory;
  if (node.capacity.memory == 0 || all.current == 0) return;
  Bytes available = node.capacity.memory - std::max<Bytes>(all.current - all.inactive_file, 0);
  if (node.last.memory_available > 0) available = std::min(available, node.last.memory_available);
  node.eviction_available = std::max<Bytes>(available, 0);
  node.available.Add(node.window_end, static_cast<double>(node.eviction_available));
  node.pressure.Add(node.window_end,
                    std::min(1.0, node.last.pressure.memory_some_us * 1e-6 / Seconds(node.window_length)));
}

void Model::Remember(const Replica& replica) {
  if (replica.working_set.empty()) return;
  auto& departed = nodes_[replica.node].departed;
  if (departed.size() >= Node::kDeparted) departed.erase(departed.begin());
  const Container& container = containers_[replica.container];
  departed.push_back({replica.path, workloads_[container.workload].id, container.name, replica.first_seen,
                      replica.live.end, replica.working_set});
}

}  // namespace loadline::collector
