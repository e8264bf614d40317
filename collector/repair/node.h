// A node as repair sees it: what is held of it, and who else works on it. Values; what they are made from is
// for others to read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "collector/repair/leadership.h"
#include "collector/repair/maintenance.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// What is the matter with a node. Numbers are saved: new ones go to the end.
enum class NodeTrouble : std::uint8_t {
  kNone,                      // it is well
  kAgentDead,                 // the node is fine, its agent is not
  kKubeletDead,               // the kernel answers, the kubelet does not
  kPartitionedFromCollector,  // everybody hears it but us
  kPartitioned,               // nobody hears it, and its machine runs
  kKernelHung,
  kDiskReadOnly,
  kMemoryLivelock,  // it does little but reclaim memory
  kGone,            // its machine does not run
  kScheduled,       // its platform has announced maintenance
  kRebooting,
  kMemoryPressure,
  kDiskPressure,
  kUnknown,    // something is wrong, and the witnesses disagree
  kToBeTaken,  // it is well, and its platform has announced to take it, or all that is on it
};
inline constexpr std::size_t kTroubles = 15;
// "none", "agent dead", "kubelet dead" ...
const char* Name(NodeTrouble trouble);

struct RepairNode {
  std::string name;
  std::string pool;  // empty where the cluster has none: then all such nodes are one pool
  std::string zone;  // empty: not known, and no zone's limits hold for it
  NodeTrouble trouble = NodeTrouble::kNone;
  std::string evidence;  // words: "no heartbeat for 12 s; Ready is Unknown"
  bool cordoned = false;
  std::optional<Maintenance> maintenance;
};

// Somebody is at work on it, which explains what it does.
inline bool WorkedOn(const RepairNode& node) {
  return node.maintenance && node.maintenance->kind != MaintenanceKind::kLeftAlone;
}

// All nodes of the cluster at one instant, in any order, each name once.
struct Fleet {
  // The collector does not trust what it sees, or has not seen all nodes yet: nothing at all is done.
  bool blind = false;
  // Another collector repairs, or it is not sure that none does: what would be carried out, or asked for, is held back.
  // What is only said, in dry run, is said.
  std::optional<StandBy> stand_by{};
  std::vector<RepairNode> nodes;
};

}  // namespace loadline::collector
