// Everything the collector shows, at one instant: what the page, the API, the metrics and the CLI read.
//
// The core thread builds one after every change worth showing (at most a few times a second) and publishes it
// as a shared_ptr<const Snapshot>; readers keep it as long as they like. No pointers into the model, no
// locks.
#pragma once

#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/advice/advice.h"
#include "collector/snapshot/repair_view.h"
#include "collector/snapshot/usage_history.h"
#include "schemas/base/clock.h"
#include "schemas/base/units.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

enum class NodeState : std::uint8_t {
  kReporting,  // heartbeats and windows arrive
  kStale,      // heartbeats arrive, windows do not: the sampler is stuck
  kSilent,     // nothing arrives
};
// "reporting", "stale", "silent": whether its agent reports. Whether a node is ready only Kubernetes knows.
const char* Name(NodeState state);

// Where a node stands, as its labels in the cluster tell; empty where they do not.
struct NodePlace {
  std::string pool;           // "system", "spot"
  std::string zone;           // "eastus-1"
  std::string instance_type;  // "Standard_D4s_v5"
  bool operator==(const NodePlace&) const = default;
};

// What was not taken of a node, because one node, or all together, may not have more.
struct RefusedCounts {
  std::uint64_t containers = 0;
  std::uint64_t cgroups = 0;          // that it numbered
  std::uint64_t names = 0;            // containers, because those of the node have too long names together
  std::uint64_t windows = 0;          // that follow one another faster than time passes
  std::uint64_t figures = 0;          // of cgroups that it has not named, or that were refused
  std::uint64_t beyond_capacity = 0;  // windows and kills that claim more than the machine has
  std::uint64_t alerts = 0;           // that had no room in the book
  bool operator==(const RefusedCounts&) const = default;
};
struct RefusedCount {
  std::uint64_t RefusedCounts::* count;
  const char* what;  // in JSON and as the label `what` of the metric
};
inline constexpr RefusedCount kRefusedCounts[] = {
    {&RefusedCounts::containers, "containers"}, {&RefusedCounts::cgroups, "cgroups"},
    {&RefusedCounts::names, "names"},           {&RefusedCounts::windows, "windows"},
    {&RefusedCounts::figures, "figures"},       {&RefusedCounts::beyond_capacity, "beyond_capacity"},
    {&RefusedCounts::alerts, "alerts"}};
static_assert(sizeof(RefusedCounts) == std::size(kRefusedCounts) * sizeof(std::uint64_t), "each has its row");

// What the kernel's log of a node, or a check on it, says of its health.
struct NodeFinding {
  std::string source;  // "kernel-log"
  std::string
      condition;  // it holds until it is said to have ended, or the node boots; empty: something happened
  std::string reason;   // "TaskHung"
  std::string message;  // the evidence, of the last time
  Wall first{};
  Wall last{};
  std::uint64_t times = 0;
  bool operator==(const NodeFinding&) const = default;
};

struct NodeView {
  std::string name;
  NodePlace place;
  NodeState state = NodeState::kSilent;
  std::string state_reason;             // words: "no heartbeat for 12 s"
  std::optional<Duration> clock_ahead;  // of the collector's; below zero: behind. Unknown of an older agent
  std::string agent_version;
  std::string kernel_version;
  Wall last_seen{};
  Wall first_seen{};
  wire::NodeCapacity capacity;
  double cpu_used_cores = 0;  // of the last window
  Bytes memory_used = 0;      // capacity - available
  // Shares of the last window (0-1) during which some task of the machine stalled.
  // Not known where its PSI is not read.
  std::optional<double> cpu_pressure;
  std::optional<double> memory_pressure;
  std::optional<double> io_pressure;
  std::vector<wire::SignalRung> signals;
  std::uint32_t containers = 0;
  wire::LossCounts losses;            // summed since the collector knows the node
  std::uint64_t missing_records = 0;  // gaps in the sequence that were never filled
  std::uint64_t spooled_records = 0;  // that its agent holds, not acknowledged, by its last heartbeat
  RefusedCounts refused;              // since the collector started
  Bytes waiting_bytes = 0;            // of its records, which wait because it has sent more than one node may
  double agent_cpu_share = 0;         // of one core, last window
  Bytes agent_rss = 0;
  // Steps that the agent has gone back to stay within its CPU budget: 0 when it does all.
  std::uint8_t backed_off = 0;
  double longest_walk_seconds =
      0;  // for so long it held the kernel's lock of all cgroups, at most, in the last window
  std::uint32_t cgroups = 0;        // alive; 0: not known
  std::uint32_t dying_cgroups = 0;  // removed, and held by memory that is charged to them
  std::vector<wire::NodeWindow::Disk> disks;
  std::vector<NodeFinding> findings;  // what holds first, then the latest
};

// One resource of one recommendation. CPU in millicores, memory in bytes.
struct ResourceAdvice {
  std::int64_t lower = 0;
  std::int64_t target = 0;
  std::int64_t upper = 0;
  std::int64_t uncapped = 0;
  std::optional<std::int64_t> current_request;
  std::optional<std::int64_t> current_limit;
  std::string reason;  // one sentence: which signal decided, how much history, what was capped by what
};

// More CPU than the target while a container starts.
struct StartupBoostView {
  MilliCores cpu = 0;
  double factor = 1;            // times the target
  double duration_seconds = 0;  // after the start
};

// Where replicas are sized apart: those on machines of one class.
struct NodeClassAdvice {
  std::string node_class;  // "4 CPUs, 16 GiB"
  std::uint32_t replicas = 0;
  ResourceAdvice cpu;
  ResourceAdvice memory;
};

// What was decided for a container, in the words of people.
struct RecommendationView {
  std::string algorithm;
  ResourceAdvice cpu;
  ResourceAdvice memory;
  double confidence = 0;  // days of history, as the recommender counts them
  double history_seconds = 0;
  std::uint64_t samples = 0;
  std::uint64_t oom_kills = 0;             // that the advice has taken into account
  std::optional<double> saving_per_month;  // money, when prices are known
  std::string currency;
  std::optional<StartupBoostView> startup_boost;
  std::vector<NodeClassAdvice> node_classes;  // empty: all replicas are sized alike
  std::vector<OddReplica> outliers;
  std::vector<std::string> notes;  // further sentences: leak seen, limit advice, low confidence ...
  // What other algorithms would say, when the configuration asks to compare.
  std::vector<std::shared_ptr<const RecommendationView>> compared;
};

// Who says what a container asks for.
enum class RequestSource : std::uint8_t {
  kSpec,   // its pod's spec
  kPod,    // the spec again, of the pod as a whole: this is the container's part
  kGuess,  // its cgroup: the CPU request is guessed from a weight, memory's is what the kernel protects
};
const char* Name(RequestSource source);  // "spec", "pod", "guess"

// A limit holds for the container's cgroup or, with all else in it, for one above; or it is the CPUs that it may run on.
enum class LimitLevel : std::uint8_t { kContainer, kPod, kSlice, kCpuset };
const char* Name(LimitLevel level);  // "container", "pod", "slice", "cpuset"
struct LimitAt {
  std::int64_t amount = 0;  // 0: none
  LimitLevel level = LimitLevel::kContainer;
  bool operator==(const LimitAt&) const = default;
};

// Who keeps a container from CPU that it would use.
enum class HeldBackBy : std::uint8_t { kLimit, kNeighbours };
const char* Name(HeldBackBy by);  // "limit", "neighbours"

// As Kubernetes spells it: "Guaranteed", "BestEffort"; empty for none.
const char* KubernetesName(wire::QosClass qos);

// One container of a workload: all its replicas taken together.
struct ContainerView {
  std::string name;  // "" outside Kubernetes
  std::uint32_t replicas = 0;
  // Of the last window, summed over replicas; memory is the largest replica's.
  double cpu_cores = 0;
  Bytes memory_working_set = 0;
  Bytes memory_peak = 0;       // highest of the last hour, one replica
  MilliCores cpu_request = 0;  // 0: none
  MilliCores cpu_limit = 0;
  Bytes memory_request = 0;
  Bytes memory_limit = 0;
  RequestSource request_source = RequestSource::kGuess;
  wire::QosClass qos = wire::QosClass::kNone;
  // The smallest that the kernel enforces on one replica.
  LimitAt effective_cpu_limit;
  LimitAt effective_memory_limit;
  // Whose limit stopped it in the last window; nothing when none did. The figures of throttling are of that one.
  std::optional<LimitAt> throttled_by;
  std::optional<HeldBackBy> cpu_held_back_by;  // of the replica that was most, in the last window
  double throttled_share = 0;                  // throttled periods / periods of the last window
  double throttled_seconds = 0;                // of the last window
  // Not known where the agents of all its nodes cannot see it (NodeView::signals says why), or where it does not run.
  std::optional<double> longest_throttle_seconds;
  std::optional<double> run_queue_wait_seconds;
  std::optional<double> cpu_pressure;  // PSI some, share of the last window
  std::optional<double> memory_pressure;
  std::optional<double> io_pressure;
  // Since the collector knows the workload: decisions of the OOM killer, and processes that fell by them.
  std::uint64_t oom_kills = 0;
  std::uint64_t oom_victims = 0;
  bool sees_oom_kills = true;  // otherwise none is known of, which is not to say that there was none
  wire::Counters counters;
  std::uint32_t processes = 0;  // of all replicas
  // Resident memory of the largest process that ended in the last hour, which may have lived too briefly to be sampled;
  // 0: none ended.
  Bytes largest_exited_process = 0;
  Bytes memory_high = 0;  // memory.high of a replica, where reclaim begins; 0: none
  Bytes memory_swap = 0;  // swapped out, beside the working set; the largest replica's
  // In huge pages, beside the working set; the largest replica's. Not known where no agent says.
  std::optional<Bytes> memory_huge_pages;
  Bytes huge_pages_request = 0;  // as the pod's spec has it; 0: none
  Bytes huge_pages_limit = 0;    // as the kernel has it; 0: none, or none allowed
  // CPUs that the cpuset of a replica lets it run on, of the one with the most; 0: not known.
  std::uint32_t allowed_cpus = 0;
  Duration cpu_burst{};  // that a period may be used beyond the limit, saved before; zero: nothing
  // Shares of the last window during which all its tasks stalled (PSI full).
  std::optional<double> cpu_pressure_full;
  std::optional<double> memory_pressure_full;
  std::optional<double> io_pressure_full;
  std::uint64_t throttled_periods_total = 0;
  std::uint64_t periods_total = 0;
  double throttled_seconds_total = 0;
  double cpu_seconds_total = 0;
  UsageHistory history;
  std::shared_ptr<const Advice> advice;                      // what was decided; null: nothing yet
  std::shared_ptr<const RecommendationView> recommendation;  // the same in words
};

struct WorkloadView {
  // Stable, safe in a URL: "shop/Deployment/checkout", "unit/nginx.service", "path/demo/hungry".
  std::string id;
  std::string namespace_name;  // "" outside Kubernetes
  std::string kind;            // "Deployment", "SystemdUnit", "DockerContainer", "Cgroup"
  std::string name;
  std::vector<std::string> nodes;
  std::vector<ContainerView> containers;
  Wall last_seen{};
};

enum class Severity : std::uint8_t { kSev0, kSev1, kSev2, kSev3, kSev4 };  // Azure's: critical ... verbose
const char* Name(Severity severity);                                       // "Sev0" ...
std::optional<Severity> SeverityNamed(std::string_view name);

enum class AlertState : std::uint8_t { kPending, kFiring, kResolved };
const char* Name(AlertState state);  // "pending", "firing", "resolved"

struct AlertView {
  std::string fingerprint;  // of rule and labels: the same condition has the same one over restarts
  std::string rule;         // "ContainerOomKilled"
  Severity severity{};
  AlertState state{};
  std::vector<std::pair<std::string, std::string>> labels;  // sorted by name
  std::string summary;                                      // what and where, one line
  std::string reason;     // why: the rule, what it saw, against which threshold
  std::string runbook{};  // URL of what to do about it, or empty
  Wall since{};
  std::optional<Wall> fired;
  std::optional<Wall> resolved;
  std::uint64_t occurrences = 1;  // for happenings such as OOM kills
  // How telling people went, one line a receiver: "slack: delivered 2026-01-01T10:00:00Z".
  std::vector<std::string> deliveries;
};

// Something that happened, newest first in the snapshot: the story of the last hours.
struct HappeningView {
  Wall at{};
  std::string kind;  // "oom_kill", "memory_stall", "node_silent", "node_back", "resize_reverted", ...
  std::string workload_id;
  std::string node;
  std::string text;
};

// One thing that a story rests on.
struct StoryEvidence {
  Wall at{};
  std::string source;  // "kernel", "kubelet", "event", "node"
  std::string text;
  bool operator==(const StoryEvidence&) const = default;
};

// Why a pod was evicted or a container killed for memory: what kernel, kubelet and API server tell of it,
// each by itself, as one.
struct StoryView {
  std::string id;    // stable: "eviction/<pod uid>", "oom/<node>/<ns since 1970>"
  std::string kind;  // "eviction", "oom_kill"
  Wall at{};         // when it began
  Wall last{};       // of the last time, when it happened again
  std::uint64_t times = 1;
  std::string node;
  // Whom it hit. Container: the one that was killed; of an eviction the one that the kubelet blames.
  std::string workload_id;  // or the path of the cgroup, when it is nobody's
  std::string namespace_name;
  std::string pod;
  std::string container;
  std::string why;  // one sentence: which limit or threshold was met
  // Who caused it; empty when nothing tells.
  std::string cause_workload_id;
  std::string cause_container;
  std::string cause;                    // one sentence
  std::vector<StoryEvidence> evidence;  // oldest first
};

// How telling one receiver has gone since the collector started.
struct ReceiverView {
  std::string name;  // "slack", "log"
  std::uint64_t delivered = 0;
  std::uint64_t retried = 0;            // attempts that failed and were tried again
  std::uint64_t refused = 0;            // by the other side, for good
  std::uint64_t refused_items = 0;      // parts of notifications (rows, recipients), the same
  std::uint64_t waiting = 0;            // now
  std::uint32_t failing = 0;            // attempts in a row that failed; 0: the last one worked
  bool refuses = false;                 // one of these was refused: the same again would be of no use
  std::string last_failure;             // of any time; empty: none yet
  std::optional<Wall> paused_until{};   // it is left alone after a failure, a quota for one
  std::optional<Wall> waiting_since{};  // what has waited longest; nothing: none waits
};

// How one kind of the cluster's objects is followed.
struct WatchView {
  std::string kind;        // "pods"
  std::string state;       // "listing" (for the first time), "following", "failing"
  std::string trouble;     // why it fails, in the API server's words
  double age_seconds = 0;  // since the last sign of life
  std::uint64_t lists = 0;
  std::uint64_t streams = 0;
  std::uint64_t events = 0;
  std::uint64_t expired = 0;  // our position was too old for the server: 410 Gone
  std::uint64_t failures = 0;
};

// How resizing in place goes, for the workloads that opt in.
struct ApplyView {
  struct Workload {
    std::string workload_id;
    std::string phase;   // "resting", "measuring", "resizing", "soaking", "rolling", "settling", "reverting"
    std::string reason;  // why it is there: what was found, or what stands against a resize
    Wall since{};
    std::uint32_t pods_resized = 0;  // in the trial under way
  };
  bool enabled = false;
  std::vector<Workload> workloads;                              // by id
  std::vector<std::pair<std::string, std::uint64_t>> outcomes;  // since the start: "ResizeReverted", 2
};

// Connections to the agents' port that were refused or ended: by whose address, and why.
struct RefusedConnections {
  std::string address;
  std::string reason;
  std::uint64_t count = 0;
};

// How the collector itself is doing; every loss is here.
struct CollectorView {
  std::string version;
  std::string cluster;  // what it is called, see config/: cluster.name
  Wall started{};
  std::uint64_t records_committed = 0;
  std::uint64_t records_duplicate = 0;
  std::uint64_t container_samples = 0;
  std::vector<std::pair<std::string, std::uint64_t>> rejected_frames;  // by reason
  std::vector<RefusedConnections> refused_connections;                 // by address and reason
  std::uint64_t agent_connections = 0;                                 // now
  std::uint64_t hellos_too_soon = 0;                                   // of agents that greet without end
  std::uint64_t ended_sessions = 0;  // of agents whose token was not good any more
  std::size_t neighbours_able = 0;   // agents that are asked about nodes in doubt, see verdict/neighbours.h
  std::uint64_t neighbour_questions = 0;  // put to them
  std::uint64_t neighbour_answers = 0;
  bool store_writable = true;
  std::string store_error;
  Bytes store_bytes = 0;
  // The file of a damaged store, where history began anew. Empty: none is kept.
  std::string store_set_aside{};
  std::uint64_t state_left_out = 0;  // parts of what was saved that could not be read at the start
  double last_pass_seconds = 0;      // of the full recommendation pass
  std::uint64_t queue_refused = 0;
  std::uint64_t store_commits = 0;
  std::uint64_t store_syncs = 0;            // waits for the disk, each for all that was committed until then
  Duration store_sync_took{0};              // all of them together
  std::uint64_t alerts_posted_as_ours = 0;  // by others, though open here as alerts of our own: left out
  std::uint64_t alerts_refused = 0;         // because the book was full, or what one node may have in it
  std::uint64_t alert_changes_owed = 0;     // that the store did not take yet
  std::uint64_t alert_changes_coalesced = 0;  // that a newer one replaced before it took them
  std::vector<ReceiverView> receivers;        // by name
  std::vector<WatchView> watches;             // none outside a cluster
};

struct Snapshot {
  Wall at{};
  CollectorView collector;
  std::vector<NodeView> nodes;  // by name
  // By id; never null. A workload in which nothing changed is the same object in the next snapshot.
  std::vector<std::shared_ptr<const WorkloadView>> workloads;
  ApplyView apply;
  RepairsView repairs;
  // Firing first, then pending, then resolved of the last day; newest first. Those in which nothing has
  // changed are shared with the snapshot before.
  std::vector<std::shared_ptr<const AlertView>> alerts;
  std::vector<HappeningView> happenings;  // newest first, at most 200
  std::vector<StoryView> stories;         // newest first, at most 200
};

}  // namespace loadline::collector
