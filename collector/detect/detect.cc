#include "collector/detect/detect.h"

#include <algorithm>

#include "collector/detect/detect_words.h"
#include "collector/detect/rule.h"
#include "collector/detect/rules.h"
#include "collector/detect/rules_for.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// Six windows, and the time one may take to get here. What is older is no longer "now".
constexpr Duration kLastMinute = 75s;

// The rules that look at one kind of thing, with what they were told to look for.
template <typename Seen>
class RulesOf {
 public:
  // `config` outlives it.
  explicit RulesOf(const DetectConfig& config) {
    for (const Rule& rule : AllRules()) {
      const auto* detect = std::get_if<Detection<Seen>>(&rule.detect);
      if (detect == nullptr) continue;
      const auto configured = config.rules.find(rule.name);
      const RuleConfig& of_it = configured == config.rules.end() ? unsaid_ : configured->second;
      rules_.push_back({rule, *detect, RuleSettings(of_it, config)});
    }
  }
  // `changed`: the rules that are otherwise for it; null: none.
  void Ask(const Seen& seen, std::vector<Condition>& into, const RuleConfigs* changed = nullptr) const {
    for (const Asked& asked : rules_) {
      Found found(asked.rule, into);
      const auto own = changed == nullptr ? RuleConfigs::const_iterator() : changed->find(asked.rule.name);
      const bool otherwise = changed != nullptr && own != changed->end();
      asked.detect(seen, otherwise ? RuleSettings(own->second, asked.settings.shared()) : asked.settings,
                   found);
    }
  }

 private:
  struct Asked {
    const Rule& rule;
    Detection<Seen> detect;
    RuleSettings settings;
  };
  const RuleConfig unsaid_;
  std::vector<Asked> rules_;
};

// Also what is said of all nodes together.
void DetectNodes(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  const ClusterSeen cluster{.evidence = evidence};
  const RulesOf<NodeSeen> rules(config);
  evidence.model.nodes().ForEach(
      [&](NodeId, const Node& node) { rules.Ask({cluster, node, evidence.judge.Of(node.name)}, found); });
  RulesOf<ClusterSeen>(config).Ask(cluster, found);
}

void DetectNodeFaults(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  if (evidence.faults == nullptr) return;
  const RulesOf<NodeFault> rules(config);
  for (const NodeFault& fault : evidence.faults->nodes) rules.Ask(fault, found);
}

void DetectRepairs(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found) {
  if (evidence.repairs == nullptr) return;
  const RulesOf<RepairView> rules(config);
  for (const RepairView& repair : evidence.repairs->repairs) rules.Ask(repair, found);
}

ReplicaMinute LastMinute(const Replica& replica, std::uint32_t since) {
  ReplicaMinute minute{.replica = &replica};
  for (const RecentWindows::Window& window : replica.recent.windows()) {
    if (window.end_s <= since) continue;
    minute.periods += window.periods;
    minute.throttled += window.throttled_periods;
    minute.seconds += window.length_ms / 1000.0;
    minute.stalled += window.memory_stall_ms / 1000.0;
    minute.used += window.used_ms / 1000.0;
    minute.stopped += window.stopped_ms / 1000.0;
  }
  return minute;
}

// Each replica's windows are read once for all rules: with many containers this is memory that no cache
// holds.
void DetectContainers(const Evidence& evidence, const DetectConfig& config, RulesFor& rules_for,
                      std::vector<Condition>& found) {
  const Model& model = evidence.model;
  const ClusterSeen cluster{.evidence = evidence};
  const RulesOf<ContainerSeen> rules(config);
  const auto since = static_cast<std::uint32_t>((evidence.wall - kLastMinute).time_since_epoch() / 1s);
  std::vector<ReplicaMinute> replicas;
  model.containers().ForEach([&](ContainerId, const Container& container) {
    replicas.clear();
    for (const ReplicaId id : container.replicas) replicas.push_back(LastMinute(model.replicas()[id], since));
    const Workload& workload = model.workloads()[container.workload];
    rules.Ask({cluster, workload, container, replicas}, found, rules_for.Changed(workload, container));
  });
}

// The node of all replicas of the container that a condition speaks of, if it is one.
std::string OnlyNodeOf(const Model& model, const Labels& labels) {
  const auto label = [&](const char* name) {
    const auto found = labels.find(name);
    return found == labels.end() ? std::string_view() : std::string_view(found->second);
  };
  const Container* container = model.FindContainer(label("workload"), label("container"));
  if (container == nullptr) return {};
  OneNode one;
  for (const ReplicaId id : container->replicas) one.Add(model.replicas()[id].node);
  return one.Name(model);
}

// What the first rule that takes it for its own makes of it.
template <typename Seen>
Condition MadeOf(const Seen& seen, const DetectConfig& config) {
  std::vector<Condition> found;
  RulesOf<Seen>(config).Ask(seen, found);
  return found.empty() ? Condition{} : std::move(found.front());
}

}  // namespace

std::string ContainerSeen::who() const {
  return Described(workload.id, container.name);
}

Labels ContainerSeen::labels() const {
  return ContainerLabels(workload.id, workload.namespace_name, container.name);
}

void Found::Add(Condition condition) {
  condition.rule = rule_.name;
  condition.own = rule_.own;
  into_.push_back(std::move(condition));
}

std::vector<Condition> Detect(const Evidence& evidence, const DetectConfig& config,
                              const ChangesByNamespace& namespaces) {
  std::vector<Condition> found;
  DetectNodes(evidence, config, found);
  DetectNodeFaults(evidence, config, found);
  DetectRepairs(evidence, config, found);
  RulesFor rules_for(config, evidence.model, &namespaces);
  DetectContainers(evidence, config, rules_for, found);
  for (Condition& condition : found) {
    AddPlace(evidence.model, condition);
    if (condition.labels.contains("workload"))
      condition.told_by = OnlyNodeOf(evidence.model, condition.labels);
  }
  return ByRules(std::move(found), config, rules_for);
}

Happening OomKilled(const KillSeen& kill, const DetectConfig& config, const std::string& cause) {
  return {MadeOf(KillTold{kill, cause}, config), kill.at};
}

Happening Evicted(const StoryView& story, const DetectConfig& config) {
  return {MadeOf(EvictionTold{story}, config), story.at};
}

void AddPlace(const Model& model, Condition& condition) {
  const auto named = condition.labels.find("node");
  const Node* const node = named == condition.labels.end() ? nullptr : model.FindNode(named->second);
  if (node == nullptr) return;
  if (!node->place.pool.empty()) condition.labels["pool"] = node->place.pool;
  if (!node->place.zone.empty()) condition.labels["zone"] = node->place.zone;
}

std::set<std::string, std::less<>> UnprovenRules(const std::vector<WatchView>& watches) {
  std::set<std::string, std::less<>> unproven;
  for (const Rule& rule : AllRules()) {
    const auto watch = std::ranges::find(watches, rule.watch, &WatchView::kind);
    if (watch != watches.end() && watch->streams == 0) unproven.insert(rule.name);
  }
  return unproven;
}

}  // namespace loadline::collector
