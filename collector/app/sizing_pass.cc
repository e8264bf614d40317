#include "collector/app/sizing_pass.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace loadline::collector {
namespace {

constexpr int kSlice = 32;  // workloads between two looks at the clock

std::set<std::string> NodesOf(const Model& model, const Workload& workload) {
  std::set<std::string> nodes;
  for (const ContainerId container : workload.containers) {
    for (const ReplicaId replica : model.containers()[container].replicas)
      nodes.insert(model.nodes()[model.replicas()[replica].node].name);
  }
  return nodes;
}

}  // namespace

void SizingPass::Size(Model& model, WorkloadId id, Wall now) {
  const Workload& workload = model.workloads()[id];
  WorkloadRules rules = cluster_.RulesFor(workload, NodesOf(model, workload));
  // What nodes say of themselves is what they have, not what they can give; better than nothing.
  if (rules.node_rooms.IsEmpty()) rules.node_rooms = largest_nodes_;
  for (WorkloadSizing::Sized& sized : sizing_.Size(model, workload, rules, now))
    model.SetRecommendation(sized.container, std::move(sized.advice));
}

void SizingPass::FindLargestNodes(const Model& model) {
  largest_nodes_ = {};
  model.nodes().ForEach([&](NodeId, const Node& node) {
    largest_nodes_.Add({.cpu = node.capacity.cpu, .memory = node.capacity.memory});
  });
}

bool SizingPass::Step(Model& model, Wall now, const std::function<bool()>& enough) {
  FindLargestNodes(model);
  if (todo_.empty()) {
    model.workloads().ForEach([&](WorkloadId id, const Workload&) { todo_.push_back(id); });
  }
  for (int done = 1; !todo_.empty(); ++done) {
    const WorkloadId id = todo_.back();
    todo_.pop_back();
    // Forgotten since the pass began, maybe.
    if (model.workloads().Has(id)) Size(model, id, now);
    if (done % kSlice == 0 && enough()) break;
  }
  return todo_.empty();
}

void SizingPass::SizeNew(Model& model, Wall now, const std::function<bool()>& enough) {
  FindLargestNodes(model);
  std::vector<WorkloadId> fresh;
  for (const std::string& id : std::exchange(soon_, {})) {
    const auto known = model.workload_by_id().find(id);
    if (known != model.workload_by_id().end()) fresh.push_back(known->second);
  }
  model.containers().ForEach([&](ContainerId, const Container& container) {
    const bool measured = container.last_seen > container.first_seen || container.past != nullptr ||
                          !container.class_pasts.empty() || container.taken_over != nullptr;
    if (container.advice == nullptr && measured && WorkloadSizing::Sizes(model, container))
      fresh.push_back(container.workload);
  });
  std::ranges::sort(fresh);
  const auto [first, last] = std::ranges::unique(fresh);
  fresh.erase(first, last);
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    Size(model, fresh[i], now);
    if ((i + 1) % kSlice == 0 && enough()) return;
  }
}

}  // namespace loadline::collector
