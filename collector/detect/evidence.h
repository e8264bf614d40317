// What rules look at: everything that is known, and one node, container, kill or eviction of it at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collector/alert/condition.h"
#include "collector/alert/silence_life.h"
#include "collector/model/cluster_faults.h"
#include "collector/model/model.h"
#include "collector/verdict/judge.h"

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
  const Judge& judge;  // as of its last look
  const OwnHealth& own;
  Mono now{};
  Wall wall{};
  // The eviction threshold that a node's kubelet has named; 0: none yet. Not set: none of any.
  std::function<Bytes(const std::string& node)> threshold_of{};
  const ClusterFaults* faults = nullptr;  // null: outside a cluster
  const RepairsView* repairs = nullptr;   // null: nothing is repaired
  // Silences that end within the time given and still mute something. Not set: none.
  std::function<std::vector<EndingSilence>(Duration within)> ending_silences{};
};

// Everything together.
struct ClusterSeen {
  const Evidence& evidence;
  [[nodiscard]] const Judge& judge() const { return evidence.judge; }
};

struct NodeSeen {
  const ClusterSeen& cluster;
  const Node& node;
  const NodeVerdict& verdict;
};

// A replica over the windows of the last minute.
struct ReplicaMinute {
  const Replica* replica;
  std::uint64_t periods = 0;  // of its CPU quota
  std::uint64_t throttled = 0;
  double seconds = 0;
  double stalled = 0;  // of them, waiting for memory
  double used = 0;     // CPU seconds, of the limit that stops it: Replica::used_of_limit_us
  double stopped = 0;  // seconds, by that limit, summed over CPUs
};

struct ContainerSeen {
  const ClusterSeen& cluster;
  const Workload& workload;
  const Container& container;
  std::span<const ReplicaMinute> replicas;
  // Who it is, for summaries, and the labels that tell it from others.
  [[nodiscard]] std::string who() const;
  [[nodiscard]] Labels labels() const;
};

struct KillTold {
  const KillSeen& kill;
  std::string cause;  // who grew before it, in words; empty when nobody was seen to
};

struct EvictionTold {
  const StoryView& story;
};

// The one node of several replicas, if it is one.
class OneNode {
 public:
  void Add(NodeId node) {
    several_ = several_ || (node_ && *node_ != node);
    node_ = node;
  }
  // Empty: none, or several.
  [[nodiscard]] std::string Name(const Model& model) const {
    return node_ && !several_ ? model.nodes()[*node_].name : "";
  }

 private:
  std::optional<NodeId> node_;
  bool several_ = false;
};

}  // namespace loadline::collector
