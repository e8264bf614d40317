// What we believe now: the one mutable truth, built from records and nothing else.
//
//   Model model(options, names);
//   Applied seen = model.Apply({node, boot_id, epoch, received, record});
//
// The same records give the same model: there is no clock in it, only the time at which the store says that a
// record came. A model that was saved and loaded goes on as if nothing had been. Lives on the core thread.
//
// A container in which nothing changed is not in a report; it is idle. That is known only when the next
// window of its node begins, because a large report comes in parts, and so idle windows are entered then.
//
// Bounded, for each node and altogether: containers, cgroups and the bytes of their names by number, windows
// by time (what is beyond is counted, not kept). A container without replicas counts against the node that
// told of it first, and is forgotten after it has been gone as long as it was there, at least ten minutes and
// at most `forget_after`; a node without any is forgotten when no record of it came for `forget_after`.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "collector/model/entities.h"
#include "collector/model/names.h"
#include "collector/snapshot/snapshot.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class Loader;

struct ModelOptions {
  Duration forget_after = std::chrono::hours(24 * 8);
  std::size_t max_containers = 200'000;
  std::size_t max_name_bytes = 256 * kMiB;
  // Of one node. A large one has 250 pods, some hundred units, and no path above 400 bytes.
  std::size_t node_containers = 10'000;
  std::size_t node_cgroups = 20'000;
  std::size_t node_name_bytes = 8 * kMiB;
  // A source that speaks for all nodes, as metrics.k8s.io does: only the bounds of all hold for it.
  std::string speaks_for_all{};
  // What the algorithms in use rank, kept of every container.
  std::vector<SampleNeed> samples{};
};

// A record and where it came from.
struct ModelInput {
  std::string_view node;
  std::string_view boot_id;
  std::uint64_t epoch = 0;
  Wall received{};
  const wire::Record& record;
};

// An OOM kill, and whom it hit in the words of people.
struct KillSeen {
  wire::OomKill kill;
  Wall at{};
  std::string node;
  ContainerName name;              // empty id: no container of a workload, a process of the system
  std::vector<Wall> recent_kills;  // of this container, oldest first, this one last; at most 8
};

// Tasks of a container began to wait for memory at its limit.
struct StallSeen {
  wire::MemoryStall stall;
  Wall at{};
  std::string node;
  ContainerName name;
};

// What the cluster tells of a node. Capacity that it does not tell is zero.
struct NodeTold {
  NodePlace place;
  wire::NodeCapacity capacity{};
};

// What one record told that is not a state but a moment.
struct Applied {
  std::vector<KillSeen> kills;
  std::vector<StallSeen> stalls;
};

class Model {
 public:
  // `names` must outlive the model.
  Model(ModelOptions options, const NameResolver& names) : options_(options), names_(names) {}

  Applied Apply(const ModelInput& input);
  // What a node says of itself when it connects. Not a record: it is said again after every start.
  void Greet(const wire::Hello& hello, Wall now);

  // Gives a container the history that another recommender had learnt of it, to begin with. False when it is
  // not wanted: there is no such container, it is known for `kKnownWell` already or from before that history
  // began, it has taken over one before, or the history ended longer ago than `forget_after`. It is dropped
  // when it is that old: then only what was measured here counts.
  bool TakeOver(std::string_view workload_id, std::string_view container, ContainerUsage history, Wall now);
  static constexpr Duration kKnownWell = std::chrono::hours(24);

  // Gives those that had to wait for their name the one that is known by now: call it when the resolver's
  // generation has grown, and now and then. What turns out to be nobody's container is dropped.
  void Rename(Wall now);

  // Where each node stands and what it has, as the cluster tells; what it tells nothing of keeps what it last
  // told. A node whose capacity is known is not believed beyond it: see RefusedCounts.
  void Locate(const std::function<std::optional<NodeTold>(const std::string& node)>& told_of, Wall now);

  // Forgets a node that will not come back; what its containers used stays known.
  void Retire(std::string_view node);

  // Saves everything in pieces of about a MiB; Load takes them in the same order into a fresh model. Fails on
  // pieces that Save did not write: kUnsupported says that another version did, and where it is not the first
  // piece the others can be loaded without it.
  void Save(const std::function<void(std::string)>& piece) const;
  Result<void> Load(std::string_view piece);

  // ---- what others look at
  [[nodiscard]] const Slots<Node>& nodes() const { return nodes_; }
  // A pod's container whose name is still to come is believed, and not shown.
  [[nodiscard]] bool Shows(const Workload& workload) const {
    return !(names_.NamesPods() && IsProvisional(workload.namespace_name, workload.kind));
  }
  [[nodiscard]] const Slots<Workload>& workloads() const { return workloads_; }
  [[nodiscard]] const Slots<Container>& containers() const { return containers_; }
  [[nodiscard]] const Slots<Replica>& replicas() const { return replicas_; }
  // In the order of their ids.
  [[nodiscard]] const std::map<std::string_view, WorkloadId>& workload_by_id() const {
    return workload_by_id_;
  }
  // Null when it is not known.
  [[nodiscard]] const Container* FindContainer(std::string_view workload_id,
                                               std::string_view container) const;
  [[nodiscard]] bool Knows(std::string_view node) const { return node_by_name_.contains(node); }
  // Null when it is not known.
  [[nodiscard]] const Node* FindNode(std::string_view name) const;
  [[nodiscard]] std::uint64_t samples() const { return samples_; }
  [[nodiscard]] std::uint64_t unknown_refs() const { return unknown_refs_; }
  [[nodiscard]] std::uint64_t refused_containers() const { return refused_containers_; }
  // Newest last, at most 200.
  [[nodiscard]] std::span<const HappeningView> happenings() const { return happenings_; }

  void SetRecommendation(ContainerId container, std::shared_ptr<const RecommendationView> recommendation);
  // For what others see happening: "node_silent".
  void AddHappening(HappeningView happening);

 private:
  NodeId NodeFor(const ModelInput& input);
  NodeId AddNode(std::string_view name, Wall now);
  void ApplyReport(NodeId node, const wire::Report& report, Wall received);
  void ApplyKill(NodeId node, const wire::OomKill& kill, Wall received, Applied& applied);
  void ApplyStall(NodeId node, const wire::MemoryStall& stall, Wall received, Applied& applied);

  // What its agent says has ended.
  void End(NodeId node, const std::vector<std::uint32_t>& gone);
  void BeginWindow(Node& node, Wall end, Duration length);
  void CloseWindow(Node& node);
  static void WeighMemory(Node& node);
  // Whether that node may begin another window.
  static bool MayBegin(Node& node, Wall end);
  // Whether there is room for a replica on the node, and counts what has none.
  bool HasRoom(NodeId node, const wire::CgroupIdentity& identity, const ContainerName& name);
  void Refuse(NodeId node, std::uint64_t RefusedCounts::* what);
  // The window of a replica claims more than its node has, and tells nothing then.
  void RefuseWindow(ReplicaId replica, Wall end, Duration length);
  [[nodiscard]] bool Bounded(const Node& node) const { return node.name != options_.speaks_for_all; }
  // What a container counts against the bounds of the node that made it; taken back with -1.
  void Charge(const Container& container, int sign);
  void Identify(NodeId node, const wire::CgroupIdentity& identity, Wall at);
  void Measure(ReplicaId replica, const wire::ContainerWindow& window, Wall end, Duration length);
  void CloseSlot(Container& container, Wall end);

  // The replica of a container on a node, made when it is new. kIgnored when it is none or there is no room.
  ReplicaId ReplicaFor(NodeId node, const wire::CgroupIdentity& container, Wall at,
                       NameQuestion::Haste haste);
  ContainerId ContainerFor(const ContainerName& name, Wall at, NodeId maker);
  void Move(ContainerId from, ContainerId to);
  void Drop(ContainerId container);
  void DropReplica(ReplicaId replica);
  // Takes a replica out of its container's list, the node's index and the model.
  void Erase(ReplicaId replica);
  // Whether some cgroup that is shown lies below that path.
  [[nodiscard]] bool HoldsOthers(NodeId node, const std::string& path) const;
  // Drops plain cgroups above that path: now it is known that they hold another.
  void DropHolders(NodeId node, std::string_view path);
  // Where the usage of replicas that were on that node goes.
  ContainerUsage& PastOf(Container& container, const Node& node);
  ContainerUsage& PastOf(Container& container);
  void SaveClassPasts(const std::function<void(std::string)>& piece) const;
  bool LoadClassPast(Loader& loader);
  void SaveTakenOver(const std::function<void(std::string)>& piece) const;
  bool LoadTakenOver(Loader& loader);
  // What a replica is called and how its memory grew in the last minutes.
  void SaveLately(const std::function<void(std::string)>& piece) const;
  bool LoadLately(Loader& loader);
  void SavePlaces(const std::function<void(std::string)>& piece) const;
  bool LoadPlace(Loader& loader);
  void SaveCapacities(const std::function<void(std::string)>& piece) const;
  bool LoadCapacity(Loader& loader);
  [[nodiscard]] Container* Find(std::string_view workload_id, std::string_view container);
  // Merges a replica that is gone into its container's past.
  void Fold(ReplicaId replica);
  // Whether it says far more than those on other nodes that run now, and than `past`: then it is its node's
  // word alone, and nobody could tell it from the others' later.
  [[nodiscard]] bool StandsAlone(const Replica& replica, const ContainerUsage& past) const;
  void Remember(const Replica& replica);
  void Expire(Wall now);
  void FoldUnheard(Wall now);
  void ForgetNodes(Wall now);
  void Forget(ContainerId container);
  // What the node has made counts against no node any more.
  void Disown(NodeId node);

  [[nodiscard]] Wall Clamp(std::int64_t node_time_ns, Wall received) const;
  void Changed(const Container& container) { workloads_[container.workload].view = nullptr; }

  const ModelOptions options_;
  const NameResolver& names_;
  Slots<Node> nodes_;
  Slots<Workload> workloads_;
  Slots<Container> containers_;
  Slots<Replica> replicas_;
  // Indexes; the keys lie in the objects.
  std::map<std::string, NodeId, std::less<>> node_by_name_;
  std::map<std::string_view, WorkloadId> workload_by_id_;
  std::map<std::pair<WorkloadId, std::string_view>, ContainerId> container_by_name_;

  std::vector<HappeningView> happenings_;
  std::uint64_t samples_ = 0;
  std::uint64_t unknown_refs_ = 0;
  std::uint64_t refused_containers_ = 0;
  std::size_t name_bytes_ = 0;
  Wall last_received_{};
  std::int64_t expired_minute_ = 0;  // of the last look for what is to be forgotten
};

}  // namespace loadline::collector
