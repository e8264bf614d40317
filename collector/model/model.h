// What we believe now: the one mutable truth, built from records and nothing else.
//
//   Model model(options, names);
//   Applied seen = model.Apply({node, boot_id, epoch, received, record});
//
// The same records give the same model: there is no clock in it, only the time at which the store says that a
// record came. A model that was saved and loaded goes on as if nothing had been. Lives on the core thread.
//
// It is the sum of its parts; each says what it alone writes, and how it is bounded:
//
//   Registry      what there is and where it is found; its Room, how much of it there may be
//   Cgroups       which replica a cgroup is
//   Provisional   containers that wait for their name
//   Windows       from reports to what has been used
//   Events        from kills and stalls to whom they hit
//   Past          what is left of replicas that are gone
//   Expiry        when what is not heard of is forgotten
//   Timeline      what people see happening; others add to it, too
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "collector/model/applied.h"
#include "collector/model/cgroups.h"
#include "collector/model/cluster_news.h"
#include "collector/model/entities.h"
#include "collector/model/events.h"
#include "collector/model/expiry.h"
#include "collector/model/names.h"
#include "collector/model/options.h"
#include "collector/model/past.h"
#include "collector/model/provisional.h"
#include "collector/model/registry.h"
#include "collector/model/timeline.h"
#include "collector/model/windows.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

// A record and where it came from.
struct ModelInput {
  std::string_view node;
  std::string_view boot_id;
  std::uint64_t epoch = 0;
  Wall received{};
  const wire::Record& record;
};

// What the cluster tells of a node. Capacity that it does not tell is zero.
struct NodeTold {
  NodePlace place;
  wire::NodeCapacity capacity{};
};

class Model {
 public:
  // `names` must outlive the model.
  Model(ModelOptions options, const NameResolver& names) : options_(std::move(options)), names_(names) {}
  // Its parts know one another by address.
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // A record that is not above the last one of its node's agent start is known, and changes nothing.
  Applied Apply(const ModelInput& input);
  // A kill that the status of its pod alone tells of, see missed_kills.h.
  void Missed(const ClusterNews& kill, Applied& applied) { events_.Missed(kill, applied); }
  // What a node says of itself when it connects. Not a record: it is said again after every start.
  void Greet(const wire::Hello& hello, Wall now);

  // Gives a container the history that another recommender had learnt of it: see Past::TakeOver. False also
  // when there is no such container.
  bool TakeOver(std::string_view workload_id, std::string_view container, ContainerUsage history, Wall now);

  // Gives those that had to wait for their name the one that is known by now: call it when the resolver's
  // generation has grown, and now and then. What turns out to be nobody's container is dropped.
  void Rename(Wall now) { provisional_.Rename(now); }

  // Where each node stands and what it has, as the cluster tells; what it tells nothing of keeps what it last
  // told. A node whose capacity is known is not believed beyond it: see RefusedCounts.
  void Locate(const std::function<std::optional<NodeTold>(const std::string& node)>& told_of, Wall now);

  // What containers of pods ask for by now, of those in which it has changed.
  void Specify(const std::vector<SpecTold>& told);

  // Forgets a node that will not come back; what its containers used stays known.
  void Retire(std::string_view node);

  void SetRecommendation(ContainerId container, std::shared_ptr<const Advice> advice);

  // ---- as it was saved: see saved_model.h. Into a model that is fresh, first this and then what is in the
  // registry, in its order (registry.h).
  struct Totals {
    std::uint64_t samples = 0;
    std::uint64_t unknown_refs = 0;
    std::uint64_t refused_containers = 0;
    Wall last_received{};
    std::int64_t expired_minute = 0;  // of the last look for what is to be forgotten
  };
  [[nodiscard]] Totals totals() const;
  void Restore(const Totals& totals, std::vector<HappeningView> happenings);
  bool Restore(Node node) { return registry_.Restore(std::move(node)); }
  std::optional<WorkloadId> Restore(Workload workload) { return registry_.Restore(std::move(workload)); }
  std::optional<ContainerId> Restore(WorkloadId workload, Container container) {
    return registry_.Restore(workload, std::move(container));
  }
  bool Restore(ContainerId container, const std::string& node, Replica replica) {
    return registry_.Restore(container, node, std::move(replica));
  }

  // ---- what others look at
  [[nodiscard]] const Slots<Node>& nodes() const { return registry_.nodes(); }
  // A pod's container whose name is still to come is believed, and not shown.
  [[nodiscard]] bool Shows(const Workload& workload) const {
    return !(names_.NamesPods() && IsProvisional(workload.namespace_name, workload.kind));
  }
  [[nodiscard]] const Slots<Workload>& workloads() const { return registry_.workloads(); }
  [[nodiscard]] const Slots<Container>& containers() const { return registry_.containers(); }
  [[nodiscard]] const Slots<Replica>& replicas() const { return registry_.replicas(); }
  // In the order of their ids.
  [[nodiscard]] const std::map<std::string_view, WorkloadId>& workload_by_id() const {
    return registry_.workload_by_id();
  }
  // Null when it is not known.
  [[nodiscard]] const Container* FindContainer(std::string_view workload_id,
                                               std::string_view container) const;
  [[nodiscard]] bool Knows(std::string_view node) const { return registry_.FindNode(node).has_value(); }
  // Null when it is not known.
  [[nodiscard]] const Node* FindNode(std::string_view name) const;
  [[nodiscard]] std::uint64_t samples() const { return windows_.counts().samples; }
  [[nodiscard]] std::uint64_t unknown_refs() const { return windows_.counts().unknown_refs; }
  [[nodiscard]] std::uint64_t refused_containers() const { return registry_.room().refused(); }

  // What others see happening is added there, too: "node_silent".
  [[nodiscard]] Timeline& timeline() { return timeline_; }
  [[nodiscard]] const Timeline& timeline() const { return timeline_; }

 private:
  friend class ModelBeforeTags;  // reads what earlier versions saved, in another order

  NodeId NodeFor(const ModelInput& input);

  const ModelOptions options_;
  const NameResolver& names_;
  Registry registry_{options_};
  Timeline timeline_;
  Past past_{registry_, options_};
  Cgroups cgroups_{registry_, names_, options_};
  Provisional provisional_{registry_, past_, names_};
  Windows windows_{registry_, cgroups_, past_, options_};
  Events events_{registry_, cgroups_, timeline_, options_};
  Expiry expiry_{registry_, past_, options_};
};

}  // namespace loadline::collector
