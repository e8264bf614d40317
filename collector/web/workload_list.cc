#include "collector/web/workload_list.h"

#include <algorithm>
#include <cctype>
#include <sstream>
#include <unordered_map>

#include "collector/web/saving.h"

namespace loadline::collector {
namespace {

std::string Lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::vector<std::string> Words(const std::string& search) {
  std::istringstream in(Lower(search));
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

bool Matches(const WorkloadView& workload, const WorkloadChoice& choice,
             const std::vector<std::string>& words) {
  if (!choice.namespace_name.empty() && workload.namespace_name != choice.namespace_name) return false;
  if (!choice.node.empty() && !std::ranges::count(workload.nodes, choice.node)) return false;
  if (words.empty()) return true;
  std::string text = workload.id + ' ' + workload.kind;
  for (const std::string& node : workload.nodes) text += ' ' + node;
  for (const ContainerView& container : workload.containers) text += ' ' + container.name;
  text = Lower(std::move(text));
  return std::ranges::all_of(words,
                             [&](const std::string& word) { return text.find(word) != std::string::npos; });
}

std::string_view LabelOf(const AlertView& alert, std::string_view name) {
  for (const auto& [label, value] : alert.labels) {
    if (label == name) return value;
  }
  return {};
}

// Firing alerts by the value of their label "workload", so that ten thousand workloads do not each read all
// alerts.
using AlertsByWorkload = std::unordered_multimap<std::string_view, const AlertView*>;

AlertsByWorkload FiringByWorkload(const Snapshot& snapshot) {
  AlertsByWorkload result;
  for (const AlertView& alert : snapshot.alerts) {
    if (alert.state == AlertState::kFiring) result.emplace(LabelOf(alert, "workload"), &alert);
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

struct Ranked {
  double key = 0;
  std::shared_ptr<const WorkloadView> workload;
};

}  // namespace

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
  const std::vector<std::string> words = Words(choice.search);
  const AlertsByWorkload alerts = by_attention ? FiringByWorkload(snapshot) : AlertsByWorkload{};
  std::vector<Ranked> ranked;
  for (const auto& workload : snapshot.workloads) {
    if (!Matches(*workload, choice, words)) continue;
    ranked.push_back({by_attention ? Attention(*workload, alerts) : key(*workload), workload});
  }
  const bool names_backwards = choice.sort == "name" && choice.descending;
  std::ranges::sort(ranked, [&](const Ranked& a, const Ranked& b) {
    if (a.key != b.key) return choice.descending ? a.key > b.key : a.key < b.key;
    return names_backwards ? a.workload->id > b.workload->id : a.workload->id < b.workload->id;
  });
  std::vector<std::shared_ptr<const WorkloadView>> result;
  result.reserve(ranked.size());
  for (Ranked& one : ranked) result.push_back(std::move(one.workload));
  return result;
}

}  // namespace loadline::collector
