// The nodes of the cluster as repair sees them: what the collector holds of each, what the API server says, and who else
// is at work on it. Pure: whatever runs a judge and a repairer, the collector or a simulation of it, puts them together here.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "collector/model/cluster_faults.h"
#include "collector/model/model.h"
#include "collector/repair/maintenance.h"
#include "collector/repair/node.h"
#include "collector/snapshot/snapshot.h"
#include "collector/verdict/judge.h"
#include "collector/verdict/neighbours.h"
#include "collector/verdict/witness.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// What the API server says of nodes.
class NodeFacts {
 public:
  virtual ~NodeFacts() = default;
  // What it says is wrong at present.
  [[nodiscard]] virtual ClusterFaults Faults() const = 0;
  // What others have left on a node; nothing of one that the cluster does not tell of.
  [[nodiscard]] virtual std::optional<NodeMarks> MarksOf(const std::string& node) const = 0;
  // How its objects are followed.
  [[nodiscard]] virtual std::vector<WatchView> Watches() const = 0;
};

// What is the matter with a node, and what that is seen by.
struct NodeDiagnosis {
  NodeTrouble trouble = NodeTrouble::kNone;
  std::string evidence;
};

// What is known of one node.
struct NodeEvidence {
  const NodeVerdict& verdict;
  const std::vector<NodeFault>& faults;      // the API server's of this node
  const std::vector<NodeFinding>& findings;  // of its kernel's log
  // The share of its last window in which some task waited for memory: of a node that hangs it says whether a reboot is for it.
  double stalled = 0;
  std::optional<Maintenance> maintenance{};  // who else is at work on it
};

// When nothing answers at a node it is taken to be cut off rather than dead: whether its machine runs is not known here, and
// its pods may. When the API server still hears it after a time in which it would have missed it, too, it is cut off from the
// collector alone.
NodeDiagnosis Diagnose(const NodeEvidence& evidence);

// Of the nodes that the cluster has and the collector knows. Blind while the collector doubts itself, and while it does not
// follow the cluster's nodes.
Fleet FleetOf(const Model& model, const Judge& judge, const NodeFacts& cluster, Wall now);

// For who knows that a node at which nothing answers does not run: such nodes are gone, and not only cut off, unless the API
// server still hears their kubelets, or may. `judge`: whose verdicts the fleet was made of.
void TakeUnansweredForGone(Fleet& fleet, const Judge& judge);

// Where repair.drain_before_events: nodes that are well, and whose machine their platform has announced to take, are to be
// emptied before, as if they were in trouble.
void TakeAnnouncedForTrouble(Fleet& fleet);

// What the port of a node's kubelet shows, beside what stands on the node and what was announced to its agent: what the
// platform does to a machine on purpose (it freezes for seconds while it is moved) is no second sign of its death. `node` is
// the model's; null: it does not know it.
Witness Expecting(Witness witness, const std::optional<NodeMarks>& marks, const Node* node, Wall now);

// Whether of these doubtful nodes one may have died, so that a look is due at once.
bool MayHaveDied(const std::set<std::string, std::less<>>& doubtful, const Judge& judge,
                 const std::function<Witness(const std::string& node)>& witness_of);

// What agents of nodes that are well are to be asked now about those that are doubtful, by the node that is asked.
// `kubelet_of`: where it listens; nothing of one whose address is not known.
std::map<std::string, wire::ProbeNeighbours> QuestionsAbout(
    const std::set<std::string, std::less<>>& doubtful, Neighbours& neighbours, const Model& model,
    const Judge& judge,
    const std::function<std::optional<wire::KubeletPort>(const std::string& node)>& kubelet_of, Mono now);

// Those that are silent because they were taken away.
std::vector<std::string> TakenAway(const Model& model, const Judge& judge,
                                   const std::function<bool(const std::string& node)>& is_gone);

}  // namespace loadline::collector
