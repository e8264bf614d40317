#include "collector/model/model.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace loadline::collector {

Applied Model::Apply(const ModelInput& input) {
  Applied applied;
  // Believed before it was stored, and then replayed or sent again.
  const Node* known = FindNode(input.node);
  if (known != nullptr && known->epoch == input.epoch && input.record.sequence <= known->last_sequence)
    return applied;
  expiry_.Pass(input.received);
  const NodeId node = NodeFor(input);
  if (const auto* report = std::get_if<wire::Report>(&input.record.body)) {
    windows_.Take(node, *report, input.received);
  } else {
    events_.Take(node, std::get<wire::Event>(input.record.body), input.received, applied);
  }
  return applied;
}

NodeId Model::NodeFor(const ModelInput& input) {
  const NodeId id = registry_.NodeNamed(input.node, input.received);
  Node& node = registry_.node(id);
  const std::uint64_t sequence = input.record.sequence;
  if (node.epoch != input.epoch) {
    // Another start of the agent: its numbers mean nothing any more. What it passed over before its first
    // record that came is missing, unless we are the ones who are new here.
    if (node.epoch != 0) node.missing_records += sequence - 1;
    node.epoch = input.epoch;
    node.away_from = node.last_record;
    node.away_until = input.received;
    registry_.EndNumbers(id);
    node.told_all = false;
  } else {
    if (sequence > node.last_sequence + 1) node.told_all = false;
    node.missing_records += sequence - std::min(sequence, node.last_sequence + 1);
  }
  if (!node.boot_id.empty() && node.boot_id != input.boot_id) node.findings.Booted();
  node.boot_id = input.boot_id;
  node.last_sequence = sequence;
  node.last_record = input.received;
  return id;
}

void Model::Greet(const wire::Hello& hello, Wall now) {
  Node& node = registry_.node(registry_.NodeNamed(hello.node, now));
  node.agent_version = hello.agent_version;
  node.kernel_version = hello.kernel_version;
  node.capacity = hello.capacity;
  node.signals = hello.signals;
  if (node.boot_id.empty()) node.boot_id = hello.boot_id;
}

bool Model::TakeOver(std::string_view workload_id, std::string_view name, ContainerUsage history, Wall now) {
  const std::optional<ContainerId> container = registry_.FindContainer(workload_id, name);
  return container && past_.TakeOver(*container, std::move(history), now);
}

void Model::Locate(const std::function<std::optional<NodeTold>(const std::string&)>& told_of, Wall now) {
  registry_.nodes().ForEach([&](NodeId id, const Node& known) {
    std::optional<NodeTold> told = told_of(known.name);
    if (!told) return;
    Node& node = registry_.node(id);
    node.place = std::move(told->place);
    node.told.Tell(told->capacity, now);
  });
}

void Model::Specify(const std::vector<SpecTold>& all) {
  for (const SpecTold& told : all) {
    const std::optional<ContainerId> id = registry_.FindContainer(told.workload_id, told.container);
    if (!id) continue;
    Container& container = registry_.container(*id);
    container.last_spec = told.spec;
    container.pods.Add(told.pod);
    for (const ReplicaId replica : container.replicas) {
      if (registry_.replica(replica).pod == told.pod) registry_.replica(replica).spec = told.spec;
    }
    registry_.Changed(container);
  }
}

void Model::Retire(std::string_view name) {
  const std::optional<NodeId> known = registry_.FindNode(name);
  if (!known) return;
  const auto& there = registry_.nodes()[*known].by_path;
  while (!there.empty()) past_.Fold(there.begin()->second);
  registry_.ForgetNode(*known);
}

void Model::SetRecommendation(ContainerId id, std::shared_ptr<const Advice> advice) {
  Container& container = registry_.container(id);
  container.advice = std::move(advice);
  container.recommendation = nullptr;
  registry_.Changed(container);
}

// ---- as it was saved

Model::Totals Model::totals() const {
  return {.samples = samples(),
          .unknown_refs = unknown_refs(),
          .refused_containers = refused_containers(),
          .last_received = expiry_.clock().last_received,
          .expired_minute = expiry_.clock().looked_minute};
}

void Model::Restore(const Totals& totals, std::vector<HappeningView> happenings) {
  windows_.Restore({.samples = totals.samples, .unknown_refs = totals.unknown_refs});
  registry_.RestoreRefused(totals.refused_containers);
  expiry_.Restore({.last_received = totals.last_received, .looked_minute = totals.expired_minute});
  timeline_.Restore(std::move(happenings));
}

// ---- what others look at

const Container* Model::FindContainer(std::string_view workload_id, std::string_view container) const {
  const std::optional<ContainerId> found = registry_.FindContainer(workload_id, container);
  return found ? &containers()[*found] : nullptr;
}

const Node* Model::FindNode(std::string_view name) const {
  const std::optional<NodeId> found = registry_.FindNode(name);
  return found ? &nodes()[*found] : nullptr;
}

}  // namespace loadline::collector
