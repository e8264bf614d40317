// The names of a cluster's containers: pod uid and container id to namespace, workload and container.
//
// The watch of pods writes here and the core thread asks; every function may be called from any thread. A pod
// that is gone keeps its name for `remember`, because its last window and its OOM kill come later than its
// end.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "collector/kube_objects/pod.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

struct ClusterNamesOptions {
  Duration remember = std::chrono::minutes(30);
  std::size_t max_gone = 20'000;  // pods that are gone; the oldest are forgotten first
};

// Which container it is, in the words of people.
struct PodContainerName {
  std::string namespace_name;
  std::string kind;
  std::string workload;
  std::string pod;
  std::string container;
  // WorkloadView::id of what it belongs to.
  [[nodiscard]] std::string WorkloadId() const;
  bool operator==(const PodContainerName&) const = default;
};

// A container of a pod that an Event tells of.
struct ContainerHeardOf {
  std::string pod_uid;
  std::string namespace_name;
  std::string pod;
  std::string node;
  std::string container;
  bool operator==(const ContainerHeardOf&) const = default;
};

// Where the pods of a workload may be placed, as the one that was heard of last has it.
struct PodSite {
  PodPlacement placement;
  Amounts request;  // of the whole pod
  bool operator==(const PodSite&) const = default;
};

using NodeAmounts = std::map<std::string, Amounts, std::less<>>;  // by node

enum class NameAnswer {
  kKnown,
  kNotYet,     // the pod or this container of it is not known (yet)
  kNotOurs,    // the pod runs on another node than the one that speaks of it
  kNoWorkload  // the pod's sandbox: no container of anybody's
};

struct FoundName {
  NameAnswer answer = NameAnswer::kNotYet;
  PodContainerName name;  // when kKnown
  std::optional<ContainerSpec> spec{};
};

class ClusterNames {
 public:
  // `clock` must outlive it.
  explicit ClusterNames(const Clock& clock, ClusterNamesOptions options = {})
      : clock_(clock), options_(options) {}

  // ---- what the watches say
  void BeginPods();  // a new list: pods that it does not hold are gone
  void UpsertPod(const nlohmann::json& object);
  void RemovePod(const nlohmann::json& object);
  void EndPods();
  // After a list of all pods: those that are not among the known ones came and went before it. They have no
  // container's id, so that only what cannot wait (FindNow) is told under their name; their workload is that
  // of a pod whose name differs in the end alone. At most max_gone are kept.
  void HeardOf(const std::vector<ContainerHeardOf>& containers);
  void UpsertJob(const nlohmann::json& object);
  void RemoveJob(const nlohmann::json& object);

  // ---- what others ask
  // `node` is the one whose agent speaks of the container; empty: not asked about.
  [[nodiscard]] FoundName Find(std::string_view node, std::string_view pod_uid,
                               std::string_view container_id) const;
  // As Find, but for an event that cannot wait: a container not known yet is taken for the only one of its
  // pod that is not known to run, because a container that is killed again and again has a new id each time.
  [[nodiscard]] FoundName FindNow(std::string_view node, std::string_view pod_uid,
                                  std::string_view container_id) const;
  // The node of a pod; empty when it is not known.
  [[nodiscard]] std::string NodeOf(std::string_view pod_uid) const;
  // Workload id of a pod; empty when it is not known.
  [[nodiscard]] std::string WorkloadOf(std::string_view pod_uid) const;
  // Nothing of a workload of which no pod is known, or was until lately.
  [[nodiscard]] std::optional<PodSite> SiteOf(const std::string& workload_id) const;
  // What the pods of DaemonSets ask for on each node. The same object while it is the same; never null.
  [[nodiscard]] std::shared_ptr<const NodeAmounts> DaemonSetRequests() const;
  // All init containers, sidecars too.
  [[nodiscard]] ContainerKeys InitContainers() const;
  // What the containers of pods ask for, of those that are new or in which it has changed since the last call.
  [[nodiscard]] std::vector<SpecTold> TakeSpecs();
  // Grows with each name that becomes known or changes: who has asked too early may ask again.
  [[nodiscard]] std::uint64_t generation() const;

  struct Size {
    std::size_t pods = 0;
    std::size_t gone = 0;
    std::size_t jobs = 0;
  };
  [[nodiscard]] Size size() const;

 private:
  struct Entry {
    Pod pod;
    std::uint64_t list = 0;  // the list in which it was last seen
    bool gone = false;
    bool heard_of = false;  // from Events alone
  };
  using Pods = std::unordered_map<std::string, Entry>;

  const Entry* Lookup(std::string_view pod_uid) const;
  FoundName Named(const Entry& entry, const Pod::Container& container) const;
  void MarkGone(Pods::iterator it);
  void AddToNode(const Entry& entry, std::int64_t times);
  void Revive(Pods::iterator it);
  void ForgetOld();

  const Clock& clock_;
  const ClusterNamesOptions options_;
  mutable std::mutex mutex_;
  Pods pods_;                                               // by uid
  std::unordered_map<std::string, std::string> static_;     // static uid -> uid
  std::multimap<Mono, std::string> gone_;                   // uid of pods that are gone, by when
  std::unordered_map<std::string, std::string> cron_jobs_;  // uid of a Job -> name of its CronJob
  std::unordered_map<std::string, std::string> latest_;     // workload id -> uid of the pod heard of last
  NodeAmounts daemon_sets_;                                 // asked for by their pods, by node
  mutable std::shared_ptr<const NodeAmounts> told_;         // a copy for others; null: it has changed
  std::set<std::string> specified_;  // uids of pods of which TakeSpecs has something to tell
  std::uint64_t list_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace loadline::collector
