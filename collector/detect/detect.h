// What is wrong now: each detector a pure function from what is known to conditions.
//
// A detector states its rule and its threshold in the reason of what it finds; whether it holds long enough
// to be told is the alert book's business. DetectConfig has the thresholds.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "collector/alert/condition.h"
#include "collector/config/config.h"
#include "collector/model/cluster_faults.h"
#include "collector/model/liveness.h"
#include "collector/model/model.h"

namespace loadline::collector {

// How the collector itself is doing.
struct OwnHealth {
  std::string store_error;  // empty: writable
  std::uint64_t waiting_records = 0;
  Bytes store_bytes = 0;
  Bytes store_most = 0;  // 0: without bound
  std::vector<ReceiverView> receivers{};
  // Records of a node that wait because it has sent more than one node may.
  struct Waiting {
    Bytes bytes = 0;
    Duration since{};
  };
  std::map<std::string, Waiting> waiting_of{};
  // Alerts of a node that found its share of the book taken.
  struct RefusedAlerts {
    std::uint64_t count = 0;
    Wall last{};
  };
  std::map<std::string, RefusedAlerts> refused_alerts_of{};
};

struct Evidence {
  const Model& model;
  const Liveness& liveness;
  const OwnHealth& own;
  Mono now{};
  Wall wall{};
  // The eviction threshold that a node's kubelet has named; 0: none yet. Not set: none of any.
  std::function<Bytes(const std::string& node)> threshold_of{};
  const ClusterFaults* faults = nullptr;  // null: outside a cluster
};

// Everything below together, as the configuration of the rules has it.
std::vector<Condition> Detect(const Evidence& evidence, const DetectConfig& config);

// NodeSilent: no heartbeat for node_silent_after; they come each second, so that a dozen are missing. Not
// counted is time in which the collector itself stood still (see Liveness). When most of several nodes fall
// silent at once the fault is more likely here or on the network between: then one CollectorIsolated stands
// for all of them. NodeStale: heartbeats without a finished window for node_stale_after: four windows are
// missing. CollectorBlind: no node is known, or none of so few is heard that CollectorIsolated does not say
// it. NodeDiskFull: disk_full_share of one of its disks is used. NodeDiskReadOnly: one has been remounted
// so. AgentLosses: the agent could not keep up in its last window; its figures are too low by what is
// named.
void DetectNodes(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found);

// NodeRefused: in the last two minutes something of the node was not taken because one node may not have so
// much, or its records have waited for five minutes because it sends too many. What is beyond a bound of the
// model or of the alert book is lost; records that wait are not.
void DetectRefusals(const Evidence& evidence, std::vector<Condition>& found);

// ContainerThrottled: over the last minute the CPU limit stopped the container in at least throttled_share of
// its periods. Below 100 periods (10 s of running) nothing is said: one throttled period of two is no fault.
// A quarter is where latency shows: of requests that take one period, one in four waits for the next.
// ContainerMemoryPressure: over the last minute some task of a replica waited for memory in at least
// memory_pressure_share of the time. It comes before an OOM kill, and slows the container where none comes.
void DetectContainers(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found);

// ContainerOomLoop: oom_loop_kills OOM kills within oom_loop_window: restarting does not help, more memory
// would.
void DetectOomLoops(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found);

// ContainerLeak: the recommendation saw memory grow steadily for days, and the limit is met within
// leak_within at that pace. ContainerUnderProvisioned: even the lower end of what is recommended is above
// the request; ContainerOverProvisioned: the request is over_factor times the upper end. Both only after
// sizes_after of history, for the ends of a short one are far apart and move.
void DetectSizes(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found);

// StoreNotWritable: records are not acknowledged; agents keep them as long as their spool has room.
// StoreFull: that is near. ReceiverFailing: receiver_failures attempts in a row failed, or the receiver is to
// be left alone for receiver_late (a daily quota), or something has waited for it so long.
void DetectOwnFaults(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found);

// ContainerOomKilled, or NodeOutOfMemory when no limit but the machine's end was hit. Urgent. `cause`: who
// grew before it, in words; empty when nobody was seen to.
Happening OomKilled(const KillSeen& kill, const DetectConfig& config, const std::string& cause = {});

// EvictionRisk: a node's memory.available, as its kubelet counts it, is at the eviction threshold, or falls
// so fast that it is there within eviction_risk_within. The fall is that of the last two minutes; of half a
// minute at least, for a first window proves nothing. Names who grew most.
void DetectEvictionRisk(const Evidence& evidence, const DetectConfig& config, std::vector<Condition>& found);

// NodeNotReady: the API server has the node as not ready, or has not heard of it. NodePressure: its kubelet
// reports pressure of memory, disk or process ids. NodeProblem: another condition is true, as
// node-problem-detector sets them. PodUnschedulable: the scheduler finds no node for pods of a workload.
void DetectClusterFaults(const Evidence& evidence, std::vector<Condition>& found);

// Why the kernel killed: "the memory limit of the container was hit (64 MiB of 64 MiB used)".
std::string LimitHit(const wire::OomKill& kill);

// Labels what is said of a node with its `pool` and `zone`, as far as the cluster tells them: for routes.
void AddPlace(const Model& model, Condition& condition);

// "shop/Deployment/checkout container api", for summaries; and the labels that tell a container from others.
std::string Described(const std::string& workload_id, const std::string& container);
Labels ContainerLabels(const std::string& workload_id, const std::string& namespace_name,
                       const std::string& container);

}  // namespace loadline::collector
