#include "collector/web/workload_list.h"

#include <algorithm>
#include <unordered_map>

#include "collector/web/ranked.h"
#include "collector/web/saving.h"
#include "collector/web/search.h"

namespace loadline::collector {
namespace {

bool Matches(const WorkloadView& workload, const WorkloadChoice& choice, const Search& search) {
  if (!choice.namespace_name.empty() && workload.namespace_name != choice.namespace_name) return false;
  if (!choice.node.empty() && !std::ranges::count(workload.nodes, choice.node)) return false;
  if (search.empty()) return true;
  std::string text = workload.id + ' ' + workload.kind;
  for (const std::string& node : workload.nodes) text += ' ' + node;
  for (const ContainerView& container : workload.containers) text += ' ' + container.name;
  return search.Finds(std::move(text));
}

// Firing alerts by the value of their label "workload", so that ten thousand workloads do not each read all
// alerts.
using AlertsByWorkload = std::unordered_multimap<std::string_view, const AlertView*>;

AlertsByWorkload FiringByWorkload(const Snapshot& snapshot) {
  AlertsByWorkload result;
  for (const auto& alert : snapshot.alerts) {
    if (alert->state == AlertState::kFiring) result.emplace(LabelOf(*alert, "workload"), alert.get());
  }
  return result;
}

int WorstFiring(const WorkloadView& workload, const AlertsByWorkload& alerts) {
  int worst = 0;
  for (const std::string& key : {workload.id, workload.name}) {
    const auto [first, last] = alerts.equal_range(key);
    for (auto it = first; it != last; ++it) {
      if (Concerns(*it->second, workload))
        worst = std::max(worst, 5 - static_cast<int>(it->second->severity));
    }
  }
  return worst;
}

double Worst(const WorkloadView& workload, double (*of)(const ContainerView&)) {
  double worst = 0;
  for (const ContainerView& container : workload.containers) worst = std::max(worst, of(container));
  return worst;
}

double Sum(const WorkloadView& workload, double (*of)(const ContainerView&)) {
  double sum = 0;
  for (const ContainerView& container : workload.containers) sum += of(container);
  return sum;
}

double Throttled(const ContainerView& container) {
  return container.throttled_share;
}
double Cpu(const ContainerView& container) {
  return container.cpu_cores;
}
double Memory(const ContainerView& container) {
  return static_cast<double>(container.memory_working_set);
}
double OomKills(const ContainerView& container) {
  return static_cast<double>(container.oom_kills);
}
double SavingCpu(const ContainerView& container) {
  return static_cast<double>(SavingOf(container).cpu);
}
double SavingMemory(const ContainerView& container) {
  return static_cast<double>(SavingOf(container).memory);
}
double MemoryFullness(const ContainerView& container) {
  return container.memory_limit > 0 ? Memory(container) / static_cast<double>(container.memory_limit) : 0;
}

// Alerts outweigh everything; below them a fully throttled container, one that was ever OOM-killed and one at
// its memory limit weigh the same.
double Attention(const WorkloadView& workload, const AlertsByWorkload& alerts) {
  const double full = Worst(workload, MemoryFullness);
  return 100.0 * WorstFiring(workload, alerts) + Worst(workload, Throttled) +
         (Worst(workload, OomKills) > 0 ? 1 : 0) + (full > 0.8 ? full : 0);
}

using Key = double (*)(const WorkloadView&);
Key KeyOf(std::string_view sort) {
  if (sort == "cpu") return [](const WorkloadView& w) { return Sum(w, Cpu); };
  if (sort == "memory") return [](const WorkloadView& w) { return Sum(w, Memory); };
  if (sort == "throttled") return [](const WorkloadView& w) { return Worst(w, Throttled); };
  if (sort == "oom") return [](const WorkloadView& w) { return Sum(w, OomKills); };
  if (sort == "saving_cpu") return [](const WorkloadView& w) { return Sum(w, SavingCpu); };
  if (sort == "saving_memory") return [](const WorkloadView& w) { return Sum(w, SavingMemory); };
  if (sort == "name") return [](const WorkloadView&) { return 0.0; };
  return nullptr;
}

}  // namespace

std::string_view LabelOf(const AlertView& alert, std::string_view name) {
  for (const auto& [label, value] : alert.labels) {
    if (label == name) return value;
  }
  return {};
}

bool Concerns(const AlertView& alert, const WorkloadView& workload) {
  const std::string_view value = LabelOf(alert, "workload");
  if (value == workload.id) return true;
  return value == workload.name && LabelOf(alert, "namespace") == workload.namespace_name;
}

Result<std::vector<std::shared_ptr<const WorkloadView>>> ChooseWorkloads(const Snapshot& snapshot,
                                                                         const WorkloadChoice& choice) {
  const bool by_attention = choice.sort == "attention";
  const Key key = KeyOf(choice.sort);
  if (!by_attention && key == nullptr) {
    return Failure(ErrorKind::kInvalid, "unknown sort '" + choice.sort + "'");
  }
  const Search search(choice.search);
  const AlertsByWorkload alerts = by_attention ? FiringByWorkload(snapshot) : AlertsByWorkload{};
  std::vector<Ranked<std::shared_ptr<const WorkloadView>>> chosen;
  for (const auto& workload : snapshot.workloads) {
    if (!Matches(*workload, choice, search)) continue;
    chosen.push_back({by_attention ? Attention(*workload, alerts) : key(*workload), workload});
  }
  return InOrder(
      std::move(chosen), choice.sort, choice.descending,
      [](const std::shared_ptr<const WorkloadView>& one) -> const std::string& { return one->id; });
}

}  // namespace loadline::collector
