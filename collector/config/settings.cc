#include "collector/config/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "collector/detect/rule.h"
#include "collector/detect/rules_for.h"
#include "schemas/base/overloaded.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

struct Unit {
  const char* name;
  std::int64_t size;
};
// Largest first, so that formatting finds the largest unit that divides the value.
constexpr std::array<Unit, 5> kTimes = {{{"d", 86'400'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"m", 60'000'000'000},
                                         {"s", 1'000'000'000},
                                         {"ms", 1'000'000}}};
constexpr std::array<Unit, 4> kSizes = {{{"GiB", kGiB}, {"MiB", kMiB}, {"KiB", kKiB}, {"B", 1}}};

template <std::size_t N>
std::string FormatUnits(std::int64_t value, const std::array<Unit, N>& units, const char* zero) {
  if (value == 0) return zero;
  for (const Unit& unit : units) {
    if (value % unit.size == 0) return fmt::format("{}{}", value / unit.size, unit.name);
  }
  return fmt::format("{}{}", value / units.back().size, units.back().name);
}

// A whole number and one of the units: "90s", "8 GiB".
template <std::size_t N>
Result<std::int64_t> ParseUnits(std::string_view text, const std::array<Unit, N>& units,
                                const char* example) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view name(end, text.data() + text.size());
  while (name.starts_with(' ')) name.remove_prefix(1);
  const auto unit = std::ranges::find(units, name, &Unit::name);
  std::int64_t value = 0;
  if (error != std::errc() || unit == units.end() || number < 0 ||
      __builtin_mul_overflow(number, unit->size, &value)) {
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' is not {}", text, example));
  }
  return value;
}

template <typename T>
Result<T> ParseNumber(std::string_view text) {
  T number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Failure(ErrorKind::kInvalid,
                   fmt::format("'{}' is not a {}", text, std::is_integral_v<T> ? "whole number" : "number"));
  }
  return number;
}

template <typename T>
Result<void> Within(T value, T least, T most, const Setting& setting, T& into) {
  // So that what is not a number is out of range too.
  if (!(value >= least && value <= most)) {
    T low = least;
    T high = most;
    Setting shown = setting;
    std::visit(
        [&](auto& kind) {
          if constexpr (requires { kind.value = &low; }) kind.value = &low;
        },
        shown.value);
    const std::string lowest = Format(shown);
    std::visit(
        [&](auto& kind) {
          if constexpr (requires { kind.value = &high; }) kind.value = &high;
        },
        shown.value);
    return Failure(ErrorKind::kInvalid, fmt::format("out of range: {} to {}", lowest, Format(shown)));
  }
  into = value;
  return {};
}

// Names of DNS, with commas between; spaces around them do not count.
Result<std::vector<std::string>> ParseHosts(std::string_view text) {
  const auto is_of_a_name = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  std::vector<std::string> hosts;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    std::string_view name = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (name.empty()) continue;
    if (!std::ranges::all_of(name, is_of_a_name)) {
      return Failure(ErrorKind::kInvalid,
                     fmt::format("'{}' is no name of a host, such as loadline.example.com", name));
    }
    hosts.emplace_back(name);
  }
  return hosts;
}

// A threshold of a rule as a setting; the configuration has a value for each.
Setting SettingOf(const AnyThreshold& threshold, const std::string& prefix, RuleConfig& config) {
  return std::visit(
      [&]<typename T>(const Threshold<T>& kind) -> Setting {
        ThresholdValue& kept = config.thresholds.try_emplace(kind.key, kind.usual).first->second;
        T* value = std::get_if<T>(&kept);
        if constexpr (std::is_same_v<T, double>)
          return {prefix + kind.key, kind.meaning, Setting::Share{value, kind.least, kind.most}};
        else if constexpr (std::is_same_v<T, Duration>)
          return {prefix + kind.key, kind.meaning, Setting::Time{value, kind.least, kind.most}};
        else
          return {prefix + kind.key, kind.meaning, Setting::Whole{value, kind.least, kind.most}};
      },
      threshold);
}

// Rule by rule: severity with what it means, its thresholds where it has any, `for` and its runbook.
void AddRules(DetectConfig& detect, std::vector<Setting>& settings) {
  for (const Rule& rule : AllRules()) {
    const std::string prefix = std::string("rules.") + rule.name + ".";
    RuleConfig& config = detect.rules[rule.name];
    settings.push_back({prefix + "severity", rule.meaning,
                        Setting::Text{&config.severity, {"Sev0", "Sev1", "Sev2", "Sev3", "Sev4", "off"}}});
    for (const AnyThreshold& threshold : rule.thresholds)
      settings.push_back(SettingOf(threshold, prefix, config));
    if (!rule.happening) {
      settings.push_back({prefix + "for", "How long it must go on.", Setting::Time{&config.hold}});
    }
    settings.push_back({prefix + "runbook",
                        "URL of what to do about it. Empty: the rule's section below alerting.runbook_base.",
                        Setting::Link{&config.runbook}});
  }
}

// Everything else, in the order of Config.
std::vector<Setting> OtherSettings(Config& c) {
  using S = Setting;
  return {
      {"cluster.name",
       "What the cluster is called: the label `cluster` of every alert, in messages, on the page, in the API "
       "and "
       "the metrics. Empty: c- and the first eight digits of the uid of the namespace kube-system; outside "
       "of "
       "Kubernetes the host's name.",
       S::Text{&c.cluster.name}},

      {"listen.agents", "Where agents connect, as ZeroMQ writes it. Port 0 takes a free one.",
       S::Text{&c.listen.agents}},
      {"listen.web", "Where the page, the API and the metrics are. Port 0 takes a free one.",
       S::Text{&c.listen.web}},
      {"listen.web_hosts",
       "Names, with commas between, by which people and programs reach the page, as an ingress has them. "
       "Addresses in numbers, localhost and the name in alerting.page_url are answered without it, any other "
       "name is not: so no web page can make a browser read this one by a name of its own.",
       S::Hosts{&c.listen.web_hosts}},
      {"listen.web_tls_cert",
       "File with the page's certificate, PEM, and those that lead from it to an authority; read again when "
       "it changes. Empty: the page is served in the clear.",
       S::Text{&c.listen.web_tls_cert}},
      {"listen.web_tls_key", "File with its key, PEM, without a password.", S::Text{&c.listen.web_tls_key}},
      {"listen.probes",
       "Where /healthz and /readyz are answered too, by threads of their own, so that nothing that happens "
       "to the page delays a probe. Empty: only where the page is.",
       S::Text{&c.listen.probes}},

      {"security.keys_folder",
       "Folder with the CURVE keys, collector.key and collector.pub, made when they are missing. Empty: "
       "`keys` in the "
       "state folder. Agents need collector.pub.",
       S::Text{&c.security.keys_folder}},
      {"security.agent_keys_folder",
       "Folder with the keys of agents: a secret one that they were given (*.key) or a public one (*.pub), "
       "40 "
       "characters of Z85. An agent with another key is not let in. More than one while keys are changed. "
       "Empty: "
       "`agents` in the folder of the CURVE keys, where agent.key is made when there is none.",
       S::Text{&c.security.agent_keys_folder}},
      {"security.any_agent_key",
       "Let in agents with any key: while a cluster changes over from agents that have none. Their tokens "
       "are still "
       "asked for.",
       S::Flag{&c.security.any_agent_key}},
      {"security.any_agent_key_until",
       "The same until this instant (2026-01-01T10:00:00Z): the chart writes it when it upgrades agents that "
       "have none.",
       S::Instant{&c.security.any_agent_key_until}},
      {"security.token_file",
       "File with the token that agents must show, made when it is missing. Empty: `token` in the state "
       "folder.",
       S::Text{&c.security.token_file}},
      {"security.read_token_file",
       "File with the token that must be shown (Authorization: Bearer) to read the page, the API and the "
       "metrics; read again when it changes. Whoever may write may read. Empty: nobody need show one.",
       S::Text{&c.security.read_token_file}},
      {"security.cluster_authentication",
       "Whoever reads must show a token of the cluster (Authorization: Bearer) whose user may `get` the "
       "non-resource URL /metrics, or /loadline/api/v1/nodes and so on: the API server is asked "
       "(TokenReview, "
       "SubjectAccessReview), and its answer holds for a minute. Needs kubernetes.mode.",
       S::Flag{&c.security.cluster_authentication}},
      {"security.write_token_file",
       "File with the token that must be shown (Authorization: Bearer) to post alerts and to make or expire "
       "silences. Empty: on a loopback address nobody need show one, elsewhere nobody may.",
       S::Text{&c.security.write_token_file}},

      {"store.folder", "The state folder. One collector at a time.", S::Text{&c.store.folder}},
      {"store.max_size",
       "Bound on the store's file, a twentieth of which is kept from records. From four fifths on the model "
       "is "
       "saved out of turn, and the records that it holds are deleted; while there is no room all the same "
       "nothing "
       "more is acknowledged, and agents keep their records.",
       S::Size{&c.store.max_size, kMiB}},
      {"store.snapshot_interval",
       "How often the model is saved whole. Longer writes less; shorter restarts faster and keeps the store "
       "smaller.",
       S::Time{&c.store.snapshot_interval, 1s}},
      {"store.keep_records", "How long records stay after a snapshot holds them.",
       S::Time{&c.store.keep_records}},
      {"store.node_rate",
       "Records of one node that are taken in a minute, on average; it may send four minutes' worth at once. "
       "What is beyond waits with the node.",
       S::Size{&c.store.node_rate, 64 * kKiB}},
      {"store.node_share",
       "The share of store.max_size that records of one node may take until a snapshot holds them. What is "
       "beyond waits with the node.",
       S::Share{&c.store.node_share, 0.001}},

      {"model.forget_after",
       "A workload not seen for so long is forgotten, with what was learnt about it. What runs now and then, "
       "as a CronJob does, is kept for ten weeks at least.",
       S::Time{&c.model.forget_after, 1min}},
      {"model.max_containers",
       "Bound on containers in memory, about 5 KiB each. What is beyond it is counted, not kept.",
       S::Whole{&c.model.max_containers, 1}},
      {"model.node_containers",
       "Bound on containers of one node, so that it leaves room for the others'. What is beyond it is "
       "counted, "
       "not kept, and told of as NodeRefused.",
       S::Whole{&c.model.node_containers, 1}},
      {"model.node_cgroups", "Bound on cgroups of any kind of one node, the same.",
       S::Whole{&c.model.node_cgroups, 1}},

      {"recommend.algorithm",
       "How requests are chosen: loadline; or to compare, and to fall back on, as others do: vpa, krr, "
       "autopilot, autopilot-ml, max:DAYS:MARGIN (max:7:0.15). What those after vpa rank is kept from then "
       "on, "
       "up to 17 KB more a container. `loadlinectl why` explains the outcome.",
       S::Text{&c.recommend.algorithm}},
      {"recommend.compare", "The other algorithm, whose recommendations are shown beside these. Empty: none.",
       S::Text{&c.recommend.compare}},
      {"recommend.interval", "How often every workload is sized anew.", S::Time{&c.recommend.interval, 1s}},
      {"recommend.knob", "From thrifty (0) to safe (1).", S::Share{&c.recommend.knob}},
      {"recommend.first_minutes",
       "While a container's usage is known for less, nothing goes below its present request.",
       S::Time{&c.recommend.first_minutes, 0s}},
      {"recommend.pod_min_cpu_millicores",
       "The smallest CPU request of a whole pod, shared by its containers. This and the next 0: what the "
       "algorithm holds right, 5m and 32 MiB for loadline, 25m and 250 MiB for vpa.",
       S::Whole{&c.recommend.pod_min_cpu, 0, 1'000'000}},
      {"recommend.pod_min_memory", "The smallest memory request of a whole pod, shared by its containers.",
       S::Size{&c.recommend.pod_min_memory}},
      {"recommend.region", "Azure region whose prices turn savings into money. Empty: no money.",
       S::Text{&c.recommend.region}},

      {"detect.node_suspect_after", "No heartbeat for so long: the node is looked at more closely.",
       S::Time{&c.detect.node_suspect_after, 2s}},
      {"detect.node_silent_after", "No heartbeat for so long: NodeSilent. Heartbeats come each second.",
       S::Time{&c.detect.node_silent_after, 3s}},
      {"detect.node_stale_after",
       "Heartbeats but no finished window for so long: NodeStale. A window takes 10 s.",
       S::Time{&c.detect.node_stale_after, 15s}},
      {"detect.sizes_after",
       "Requests are called too small or too large only after so long a history of the container.",
       S::Time{&c.detect.sizes_after}},
      {"detect.oom_keep", "An OOM kill or an eviction is shown as an alert until none has come for so long.",
       S::Time{&c.detect.oom_keep, 1s}},
      {"detect.eviction_threshold",
       "EvictionRisk: the kubelets' hard threshold of memory.available: 100MiB by default, 750MiB on AKS "
       "before "
       "1.29. A kubelet that evicts says its own, which is used for its node from then on.",
       S::Size{&c.detect.eviction_threshold, kMiB}},
      {"detect.eviction_risk_within", "EvictionRisk: warns when the threshold is met within so long.",
       S::Time{&c.detect.eviction_risk_within, 10s}},

      {"kubernetes.mode",
       "Whether pods are named by the API server and agents are known by the tokens of their service "
       "account: "
       "`off`, `in-cluster`, or `kubeconfig`.",
       S::Text{&c.kubernetes.mode, {"off", "in-cluster", "kubeconfig"}}},
      {"kubernetes.kubeconfig", "The kubeconfig file of mode `kubeconfig`.",
       S::Text{&c.kubernetes.how.kubeconfig}},
      {"kubernetes.agent_account",
       "Whose tokens agents must show, as system:serviceaccount:NAMESPACE:NAME. Empty: of any account.",
       S::Text{&c.kubernetes.how.agent_account}},
      {"kubernetes.audience", "The audience that agents' tokens must be made for.",
       S::Text{&c.kubernetes.how.audience}},
      {"kubernetes.key_config_map",
       "ConfigMap, as NAMESPACE/NAME, in which agents find collector.pub. Empty: it is not published.",
       S::Text{&c.kubernetes.how.key_config_map}},
      {"kubernetes.surroundings",
       "Whether sizes keep to what surrounds a workload: horizontal autoscalers, limit ranges, quotas and "
       "the "
       "nodes' allocatable amounts are watched.",
       S::Flag{&c.kubernetes.how.surroundings}},
      {"kubernetes.namespaces",
       "Whether namespaces are watched, by their metadata: the annotation or label loadline.io/alerts of one "
       "wants rules otherwise for all of its workloads.",
       S::Flag{&c.kubernetes.how.namespaces}},
      {"kubernetes.ask_kubelets",
       "Whether a node whose heartbeats stop is asked, by a request at its kubelet's port, whether it is "
       "there: "
       "one that is not is silent some four seconds after its last heartbeat, not only after "
       "detect.node_silent_after, and one whose kubelet answers has lost its agent. Needs "
       "kubernetes.surroundings.",
       S::Flag{&c.kubernetes.ask_kubelets}},
      {"kubernetes.ask_neighbours",
       "Whether agents of two other nodes are asked, while a node's heartbeats stop, if they can connect to "
       "its kubelet's port: a node that they reach is only cut off from the collector, and nothing is done "
       "to "
       "it. Needs kubernetes.surroundings.",
       S::Flag{&c.kubernetes.ask_neighbours}},
      {"kubernetes.ask_leases",
       "Whether the API server is asked for the Lease of a node whose heartbeats stop, each second while "
       "they "
       "do: "
       "a node whose kubelet goes on renewing it, each 10 s, is only cut off from the collector, and "
       "repair.unanswered_is_gone does not give it up. Needs the permission to get leases in the namespace "
       "kube-node-lease.",
       S::Flag{&c.kubernetes.ask_leases}},
      {"kubernetes.vpa_recommender",
       "Recommendations are written into the status of VerticalPodAutoscalers whose spec.recommenders names "
       "this one. "
       "Empty: of none.",
       S::Text{&c.kubernetes.vpa_recommender}},

      {"kubernetes.import_checkpoints",
       "With kubernetes.vpa_recommender: a container that is known for less than a day begins with the "
       "history "
       "that the VerticalPodAutoscalerCheckpoint of its workload holds, whichever recommender wrote it.",
       S::Flag{&c.kubernetes.import_checkpoints}},
      {"kubernetes.export_checkpoints",
       "With kubernetes.vpa_recommender: what is known of the containers of VerticalPodAutoscalers that name "
       "it "
       "is written as upstream's checkpoints, every recommend.interval, so that another recommender can go "
       "on.",
       S::Flag{&c.kubernetes.export_checkpoints}},
      {"kubernetes.metrics_api",
       "Take usage from metrics.k8s.io, for nodes that cannot have an agent; where agents run it would count "
       "twice. "
       "Averages of CPU, working sets, and OOM kills from the status of pods; nothing of throttling and "
       "pressure.",
       S::Flag{&c.kubernetes.how.metered}},
      {"kubernetes.metrics_interval", "How often metrics.k8s.io is asked.",
       S::Time{&c.kubernetes.metrics_interval, 5s, 1min}},

      {"kubernetes.create_vpas",
       "Namespaces, with commas between, in which workloads without a VerticalPodAutoscaler get one of mode "
       "Off "
       "that names kubernetes.vpa_recommender; `*`: in all; `off`: in none.",
       S::Text{&c.kubernetes.create_vpas}},

      {"apply.enabled",
       "Resize running pods, without a restart, of workloads that carry the annotation loadline.io/apply: "
       "in-place. "
       "One pod goes first; what gets worse is taken back.",
       S::Flag{&c.apply.enabled}},
      {"apply.min_history", "A container whose usage is known for less is left alone.",
       S::Time{&c.apply.how.fit.min_history}},
      {"apply.min_change", "A change of a request by a smaller share is not made.",
       S::Share{&c.apply.how.fit.min_change, 0.01}},
      {"apply.max_factor", "One resize makes a request at most so many times as large, or as small.",
       S::Share{&c.apply.how.fit.max_factor, 1.01, 10}},
      {"apply.soak",
       "How long a pod is measured before it is resized, and as long again before the others follow.",
       S::Time{&c.apply.how.soak, 10s}},
      {"apply.rescue",
       "Raise the memory limit of a container that is seconds away from being full, before it is OOM-killed.",
       S::Flag{&c.apply.how.rescue.enabled}},
      {"apply.pause", "Between two resizes of one workload.", S::Time{&c.apply.how.pause}},
      {"apply.retry_after", "After a resize that was taken back, nothing is tried for so long.",
       S::Time{&c.apply.how.retry_after}},
      {"apply.throttled_more",
       "It is worse when so large a share of CPU periods more than before is throttled ...",
       S::Share{&c.apply.how.verdict.throttled_more, 0.01}},
      {"apply.stalled_more", "... or so large a share of the time more than before is waited for memory.",
       S::Share{&c.apply.how.verdict.stalled_more, 0.01}},

      {"repair.mode",
       "What is done about nodes that fail, in a cluster: `off`; `dry-run`, which says what would be done "
       "and "
       "does nothing; `ask`, where each step waits for a person; or `auto`. Needs kubernetes.surroundings; "
       "docs/repair.md says what holds it back.",
       S::Text{&c.repair.mode, {"off", "dry-run", "ask", "auto"}}},
      {"repair.pools",
       "Node pools that have another mode, as POOL=MODE with commas between: `web=auto, system=off`. Empty: "
       "none.",
       S::Text{&c.repair.pools}},
      {"repair.by",
       "Who carries steps out: `kubernetes`, where the collector cordons and drains nodes and restarts "
       "agents; "
       "`condition`, where it only says on the node what it needs, by the condition LoadlineRepairNeeded "
       "and "
       "the taint loadline.io/unhealthy, for other tools to act by; `webhook`, where a service of yours "
       "is "
       "posted each step and asked how it went; or `aks`, as `kubernetes`, and Azure replaces machines.",
       S::Text{&c.repair.by, {"kubernetes", "condition", "webhook", "aks"}}},
      {"repair.webhook_url",
       "Where `webhook` posts steps to, as docs/repair.md says. Without secrets: it is shown.",
       S::Text{&c.repair.webhook_url}},
      {"repair.webhook_secret_file",
       "File with the secret that signs what is posted (HMAC with SHA-256). Read again when it changes.",
       S::Text{&c.repair.webhook_secret_file}},
      {"repair.webhook_ca_file",
       "PEM file of the authorities by which the receiver's certificate is trusted. Empty: the system's.",
       S::Text{&c.repair.webhook_ca_file}},
      {"repair.webhook_steps",
       "Which steps are posted: `all`, or `machines`, where reboot, reimage and replace are, and the rest is "
       "done as by `kubernetes`.",
       S::Text{&c.repair.webhook_steps, {"all", "machines"}}},
      {"repair.webhook_within",
       "How long a posted step may take. What became of one that is not over by then is a person's to find "
       "out.",
       S::Time{&c.repair.webhook_within, 10s, 1h}},
      {"repair.aks_cluster",
       "By `aks`: the resource id of the cluster, "
       "/subscriptions/.../providers/Microsoft.ContainerService/managedClusters/NAME. The identity is that "
       "of "
       "azure.authentication.",
       S::Text{&c.repair.aks_cluster}},
      {"repair.aks_endpoint",
       "By `aks`: Azure Resource Manager. https://management.usgovcloudapi.net and "
       "https://management.chinacloudapi.cn in those clouds.",
       S::Text{&c.repair.aks_endpoint}},
      {"repair.aks_instances",
       "By `aks`: whether instances of scale sets are restarted and reimaged, too. Microsoft does not "
       "support a "
       "cluster whose machines were changed that way.",
       S::Flag{&c.repair.aks_instances}},
      {"repair.aks_within",
       "By `aks`: how long such a step may take, and how long Azure may put it off. What became of one that "
       "is "
       "not over by then is a person's to find out.",
       S::Time{&c.repair.aks_within, 1min, 1h}},
      {"repair.drain_within",
       "How long a drain may take. What disruption budgets do not let go by then stays.",
       S::Time{&c.repair.drain_within, 10s, 1h}},
      {"repair.drain_unmanaged",
       "Whether pods without a controller, which nobody makes again, are drained too.",
       S::Flag{&c.repair.drain_unmanaged}},
      {"repair.drain_local_data", "Whether pods with an emptyDir, whose content is lost, are drained too.",
       S::Flag{&c.repair.drain_local_data}},
      {"repair.unanswered_is_gone",
       "Whether a node at which nothing answers, neither its agent nor its kubelet's port, counts as a "
       "machine "
       "that does not run: its pods are deleted at the API server and its volumes freed (taint "
       "node.kubernetes.io/out-of-service), so that they run elsewhere within half a minute. A node that is "
       "only "
       "cut off goes on running them meanwhile, beside their successors.",
       S::Flag{&c.repair.unanswered_is_gone}},
      {"repair.drain_before_events",
       "Whether a node is cordoned and drained that its platform has announced to redeploy, to preempt or to "
       "terminate (Azure's scheduled events), within the same limits as any repair.",
       S::Flag{&c.repair.drain_before_events}},
      {"repair.lease_namespace",
       "Namespace of the lease `loadline-repair`, whose holder alone carries steps out or asks for them, of "
       "all "
       "collectors that name the same one. Empty: the collector's own.",
       S::Text{&c.repair.lease_namespace}},
      {"repair.max_unfit",
       "Nothing is taken from a pool, a zone or the cluster of whose nodes more than this share are unfit "
       "already.",
       S::Share{&c.repair.max_unfit, 0.01, 0.5}},
      {"repair.max_in_flight", "How many nodes of the cluster may be in repair at the same time.",
       S::Whole{&c.repair.max_in_flight, 1, 100}},
      {"repair.look_on",
       "For so long the collector only looks on, after its start and after a time in which it did not trust "
       "what "
       "it saw.",
       S::Time{&c.repair.look_on, 10s, 1h}},
      {"repair.well_for", "A node that is well for so long takes pods again, when the cordon is Loadline's.",
       S::Time{&c.repair.well_for, 10s, 24h}},

      {"slack.webhook_file",
       "File with the URL of a Slack incoming webhook. Empty: nothing is sent to Slack.",
       S::Text{&c.slack.webhook_file}},
      {"slack.bot_token_file",
       "File with the token of a Slack bot (xoxb-...), read anew when it changes. With it a group of alerts "
       "is "
       "one message, edited as things change, with its history in a thread. Empty: no bot.",
       S::Text{&c.slack.bot_token_file}},
      {"slack.channel", "Where the bot writes: the channel's id, or #name.", S::Text{&c.slack.channel}},
      {"slack.api_url", "Slack's Web API; government workspaces have another.", S::Text{&c.slack.api_url}},
      {"slack.signing_secret_file",
       "File with the signing secret of the Slack app whose interactivity posts to /api/slack/interactions, "
       "read anew "
       "when it changes. With it alerts are silenced by buttons under their messages. Empty: a link to the "
       "page.",
       S::Text{&c.slack.signing_secret_file}},
      {"slack.silencers",
       "Who may silence by such a button: ids of people in Slack with commas between, U024BE7LH. Empty: "
       "everybody who "
       "sees the message.",
       S::Text{&c.slack.silencers}},
      {"slack.approvers",
       "Who may approve or refuse a step of a node's repair by a button, where repair.mode is `ask`. Empty: "
       "nobody, and "
       "there are no such buttons.",
       S::Text{&c.slack.approvers}},
      {"slack.response_url",
       "Below which address a press is answered; government workspaces have another. What asks for an answer "
       "elsewhere "
       "gets none.",
       S::Link{&c.slack.response_url}},

      {"azure.cluster", "The old key of cluster.name, which is read where that is not set.",
       S::Text{&c.azure.cluster}},
      {"azure.authentication",
       "How a token for Azure is got: `workload-identity`, `managed-identity`, `client-secret`, or `auto`: "
       "the "
       "first of client secret and workload identity whose file is given, else managed identity.",
       S::Text{&c.azure.ways.authentication,
               {"auto", "workload-identity", "managed-identity", "client-secret"}}},
      {"azure.tenant_id", "The tenant. Empty: AZURE_TENANT_ID, which AKS sets with workload identity.",
       S::Text{&c.azure.ways.credential.tenant_id}},
      {"azure.client_id",
       "The identity's client id. Empty: AZURE_CLIENT_ID; and where that is empty too, the machine's own "
       "managed "
       "identity.",
       S::Text{&c.azure.ways.credential.client_id}},
      {"azure.client_secret_file", "File with the client secret; read anew when it changes.",
       S::Text{&c.azure.ways.credential.client_secret_file}},
      {"azure.logs_endpoint",
       "Logs ingestion endpoint of a data collection rule or endpoint, https://... Empty: no rows are sent.",
       S::Text{&c.azure.ways.logs.endpoint}},
      {"azure.logs_rule_id", "Immutable id of the data collection rule: dcr- and 32 digits.",
       S::Text{&c.azure.ways.logs.rule_id}},
      {"azure.logs_stream", "Stream of the rule that takes the rows.", S::Text{&c.azure.ways.logs.stream}},
      {"azure.audience",
       "For whom tokens are made: https://monitor.azure.us and https://monitor.azure.cn in those clouds.",
       S::Text{&c.azure.audience}},
      {"azure.connection_string_file",
       "File with the connection string of an Application Insights resource. Empty: no events are sent.",
       S::Text{&c.azure.ways.events.connection_string_file}},
      {"azure.insights_access",
       "What lets events in: `key`, the connection string alone, or `token`, for resources that refuse keys.",
       S::Text{&c.azure.insights_access, {"key", "token"}}},
      {"azure.webhook_token_file",
       "File with the token that webhooks of action groups show at /api/azure/alerts/TOKEN. Empty: Azure's "
       "alerts are "
       "not taken.",
       S::Text{&c.azure.webhook_token_file}},
      {"azure.metrics_resource_id",
       "Resource whose custom metrics are written each minute, best the cluster: /subscriptions/... Empty: "
       "none.",
       S::Text{&c.azure.metrics_resource_id}},
      {"azure.metrics_region", "Region of that resource: eastus.", S::Text{&c.azure.metrics_region}},
      {"azure.metrics_endpoint", "Where metrics go. Empty: https://REGION.monitoring.azure.com.",
       S::Text{&c.azure.metrics_endpoint}},
      {"azure.metrics_audience", "For whom tokens for metrics are made.", S::Text{&c.azure.metrics_audience}},

      {"alerting.file",
       "Routes, receivers, inhibit rules and time intervals in Alertmanager's language. Empty: everything "
       "goes "
       "to the log, and to Slack where slack.webhook_file or slack.bot_token_file is given.",
       S::Text{&c.alerting.file}},
      {"alerting.heartbeat_receiver",
       "Receiver that is told of the alert Watchdog again and again; whoever expects it notices when the "
       "collector "
       "is gone. Without alerting.file the one receiver is `default`. Empty: none.",
       S::Text{&c.alerting.heartbeat_receiver}},
      {"alerting.heartbeat_interval", "How often.", S::Time{&c.alerting.heartbeat_interval, 1s}},
      {"alerting.page_url", "Where people reach the page, for links in messages. Empty: no links.",
       S::Link{&c.alerting.page_url}},
      {"alerting.inhibit_posted",
       "Whether alerts that others post about a node go untold while its agent is silent: `witnessed`, while "
       "Kubernetes has the node as not ready too; `always`; `never`.",
       S::Text{&c.alerting.inhibit_posted, {"witnessed", "always", "never"}}},
      {"alerting.rules_for",
       "What some want otherwise than the rules above: `dev: off; shop/Deployment/checkout: "
       "ContainerThrottled.threshold=0.6, ContainerThrottled.for=1h; batch/*: ContainerOomLoop=Sev3`, by "
       "namespace or "
       "workload. The annotation loadline.io/alerts of a namespace (kubernetes.namespaces) goes before it, "
       "and that of a pod "
       "before both.",
       S::RulesFor{&c.detect.rules_for}},
      {"alerting.flap_begins",
       "How often an alert of Loadline's own begins within flap_within before it is told as flapping: it "
       "then goes "
       "on firing until it has stayed away for half of that time. 0: never.",
       S::Whole{&c.alerting.flap_begins, 0, 100}},
      {"alerting.flap_within", "See flap_begins.", S::Time{&c.alerting.flap_within, 1min}},
      {"alerting.runbook_base",
       "Where what to do about each rule is written: a rule's name in small letters is added. Empty: links "
       "for rules that have a runbook of their own.",
       S::Link{&c.detect.runbook_base}},

      {"log.level", "What is written to standard error.",
       S::Text{&c.log.level, {"trace", "debug", "info", "warning", "error", "off"}}},
  };
}

}  // namespace

std::vector<Setting> Settings(Config& config) {
  std::vector<Setting> settings = OtherSettings(config);
  AddRules(config.detect, settings);
  return settings;
}

std::string Format(const Setting& setting) {
  return std::visit(
      Overloaded{
          [](const Setting::Text& text) { return *text.value; },
          [](const Setting::Link& link) { return *link.value; },
          [](const Setting::Time& time) { return FormatUnits(time.value->count(), kTimes, "0s"); },
          [](const Setting::Size& size) { return FormatUnits(*size.value, kSizes, "0B"); },
          [](const Setting::Whole& whole) { return fmt::format("{}", *whole.value); },
          [](const Setting::Share& share) { return fmt::format("{}", *share.value); },
          [](const Setting::Instant& instant) { return *instant.value ? Rfc3339(**instant.value) : ""; },
          [](const Setting::Hosts& hosts) { return fmt::format("{}", fmt::join(*hosts.value, ",")); },
          [](const Setting::RulesFor& rules) { return *rules.value; },
          [](const Setting::Flag& flag) { return std::string(*flag.value ? "true" : "false"); },
      },
      setting.value);
}

Result<void> Parse(const Setting& setting, const std::string& text) {
  return std::visit(
      Overloaded{
          [&](const Setting::Text& kind) -> Result<void> {
            if (!kind.one_of.empty() && std::ranges::find(kind.one_of, text) == kind.one_of.end()) {
              return Failure(ErrorKind::kInvalid,
                             fmt::format("'{}' is not one of {}", text, fmt::join(kind.one_of, ", ")));
            }
            *kind.value = text;
            return {};
          },
          [&](const Setting::Time& kind) -> Result<void> {
            const Result<std::int64_t> ns = ParseUnits(text, kTimes, "a duration such as 30s, 10m, 2h or 8d");
            if (!ns) return Failure(ns.error());
            return Within(Duration(*ns), kind.least, kind.most, setting, *kind.value);
          },
          [&](const Setting::Size& kind) -> Result<void> {
            const Result<std::int64_t> bytes = ParseUnits(text, kSizes, "a size such as 512MiB or 8GiB");
            if (!bytes) return Failure(bytes.error());
            return Within<Bytes>(*bytes, kind.least, Bytes{1} << 50, setting, *kind.value);
          },
          [&](const Setting::Whole& kind) -> Result<void> {
            const auto number = ParseNumber<std::int64_t>(text);
            if (!number) return Failure(number.error());
            return Within(*number, kind.least, kind.most, setting, *kind.value);
          },
          [&](const Setting::Share& kind) -> Result<void> {
            const auto number = ParseNumber<double>(text);
            if (!number) return Failure(number.error());
            return Within(*number, kind.least, kind.most, setting, *kind.value);
          },
          [&](const Setting::Flag& kind) -> Result<void> {
            if (text != "true" && text != "false") {
              return Failure(ErrorKind::kInvalid, fmt::format("'{}' is neither true nor false", text));
            }
            *kind.value = text == "true";
            return {};
          },
          [&](const Setting::Instant& kind) -> Result<void> {
            Result<std::optional<Wall>> instant;
            if (!text.empty()) instant = ParseRfc3339(text);
            if (!instant)
              return Failure(ErrorKind::kInvalid,
                             fmt::format("'{}' is no instant such as 2026-01-01T10:00:00Z", text));
            *kind.value = *instant;
            return {};
          },
          [&](const Setting::Hosts& kind) -> Result<void> {
            Result<std::vector<std::string>> hosts = ParseHosts(text);
            if (!hosts) return Failure(hosts.error());
            *kind.value = std::move(*hosts);
            return {};
          },
          [&](const Setting::RulesFor& kind) -> Result<void> {
            if (auto right = CheckRulesFor(text); !right) return right;
            *kind.value = text;
            return {};
          },
          [&](const Setting::Link& kind) -> Result<void> {
            if (!text.empty() && !text.starts_with("https://") && !text.starts_with("http://"))
              return Failure(ErrorKind::kInvalid,
                             fmt::format("'{}' is not a URL: expected http:// or https://", text));
            *kind.value = text;
            return {};
          },
      },
      setting.value);
}

}  // namespace loadline::collector
