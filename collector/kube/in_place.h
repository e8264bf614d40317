// In-place resizing, as far as the API server is concerned: which workloads opt in, their pods, and the
// orders that are carried out there.
//
// A workload opts in by the annotation `loadline.io/apply: in-place` on its Deployment, StatefulSet or
// DaemonSet. Orders and events are sent by a thread of its own; every function may be called from any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "collector/apply/applier.h"
#include "collector/kube_api/access.h"
#include "collector/kube_api/object_cache.h"
#include "collector/kube_objects/sizable_pod.h"
#include "collector/kube_objects/workload_objects.h"

namespace loadline::collector {

class KubeClient;

// An order that the API server would not have.
struct RefusedOrder {
  ResizeOrder order;
  std::string why;
};

class InPlace {
 public:
  // `clock` and `workloads` must outlive it.
  InPlace(KubeAccess access, const Clock& clock, const WorkloadObjects& workloads);
  ~InPlace();
  InPlace(const InPlace&) = delete;
  InPlace& operator=(const InPlace&) = delete;

  ObjectCache<SizablePod>& pods() { return pods_; }
  // Everything was listed once: what it says is the whole.
  [[nodiscard]] bool synced() const { return pods_.complete() && workloads_.complete(); }
  // The pods of the workloads that opt in, by the workload's id; none for one that has no pods.
  [[nodiscard]] std::map<std::string, std::vector<SizablePod>> OptedIn() const;

  // One pod of a workload that opts in; nothing of another, or while not everything was listed.
  [[nodiscard]] std::optional<SizablePod> OptedIn(const std::string& workload_id,
                                                  const std::string& pod) const;

  // Before every event that waits.
  void Order(ResizeOrder order);
  // As an Event of the workload.
  void Tell(const ApplyNews& news);
  // Since the last call.
  std::vector<RefusedOrder> TakeRefused();

 private:
  void Work(const std::stop_token& stop);
  void Carry(KubeClient& api, const ResizeOrder& order);
  void Post(KubeClient& api, const ApplyNews& news);
  template <typename Task>
  void Add(std::deque<Task>& tasks, Task task);
  [[nodiscard]] std::optional<WorkloadObject> Find(const std::string& workload_id) const;

  const KubeAccess access_;
  const Clock& clock_;
  const WorkloadObjects& workloads_;
  ObjectCache<SizablePod> pods_{ParseSizablePod};
  mutable std::mutex mutex_;
  std::condition_variable_any more_;
  std::deque<ResizeOrder> orders_;
  std::deque<ApplyNews> news_;
  std::vector<RefusedOrder> refused_;
  std::jthread working_;
};

}  // namespace loadline::collector
