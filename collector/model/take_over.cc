// Histories that another recommender had learnt.
#include <algorithm>
#include <optional>
#include <utility>

#include "collector/model/model.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// A checkpoint of what we measured ourselves begins when we did, to the second.
constexpr Duration kSameBeginning = 1min;
// Clocks differ.
constexpr Duration kAhead = 5min;

}  // namespace

const Container* Model::FindContainer(std::string_view workload_id, std::string_view container) const {
  const auto workload = workload_by_id_.find(workload_id);
  if (workload == workload_by_id_.end()) return nullptr;
  const auto found = container_by_name_.find({workload->second, container});
  return found == container_by_name_.end() ? nullptr : &containers_[found->second];
}

Container* Model::Find(std::string_view workload_id, std::string_view container) {
  return const_cast<Container*>(FindContainer(workload_id, container));
}

bool Model::TakeOver(std::string_view workload_id, std::string_view name, ContainerUsage history, Wall now) {
  Container* container = Find(workload_id, name);
  if (container == nullptr || container->taken_over != nullptr || !history.first_seen()) return false;
  if (history.last_seen() > now + kAhead || history.last_seen() < now - options_.forget_after) return false;
  std::optional<Wall> first;
  Wall last{};
  const auto look = [&](const ContainerUsage& usage) {
    if (!usage.first_seen()) return;
    first = std::min(first.value_or(*usage.first_seen()), *usage.first_seen());
    last = std::max(last, usage.last_seen());
  };
  for (const ReplicaId replica : container->replicas) look(replicas_[replica].usage);
  if (container->past != nullptr) look(*container->past);
  for (const Container::ClassPast& past : container->class_pasts) look(past.usage);
  if (first && (last - *first >= kKnownWell || *history.first_seen() + kSameBeginning > *first)) return false;
  history.Keep(options_.samples);
  container->taken_over = std::make_unique<ContainerUsage>(std::move(history));
  Changed(*container);
  return true;
}

}  // namespace loadline::collector
