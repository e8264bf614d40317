// Histories of containers, taken over from and left for the upstream recommender as its checkpoints.
//
// In: each container of a workload with an autoscaler that is known for less than a day, and has taken
// nothing over, is looked up once among the cluster's checkpoints, whoever wrote them. Out: every `interval`
// those of the autoscalers that name our recommender are asked of the core, and written in upstream's form
// under upstream's names; now and then ours that belong to no autoscaler any more are removed.
//
// Has a thread of its own; every function may be called from any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "collector/kube_api/access.h"
#include "collector/kube_api/object_cache.h"
#include "collector/kube_api/standing.h"
#include "collector/kube_objects/pod.h"
#include "collector/kube_vpa/vpa_checkpoint.h"

namespace loadline::collector {

struct Vpa;

struct VpaCheckpointsOptions {
  bool take_over = true;
  bool write = false;
  std::string recommender = "loadline";
  Duration interval = std::chrono::minutes(1);
  Duration remove_every = std::chrono::minutes(10);
  // Those that get none, as with upstream: init containers and sidecars. Not set: there are no such.
  std::function<ContainerKeys()> left_out{};
};

// One container of a workload, as a recommender knows it.
struct ContainerHistory {
  std::string workload_id;
  std::string container;
  VpaCheckpoint data;
};

class VpaCheckpoints {
 public:
  using Source = std::function<std::shared_ptr<const Snapshot>()>;

  // `clock` and `vpas` must outlive it; `source` is called from its thread.
  VpaCheckpoints(KubeAccess access, const Clock& clock, const ObjectCache<Vpa>& vpas,
                 VpaCheckpointsOptions options, Source source);
  ~VpaCheckpoints();
  VpaCheckpoints(const VpaCheckpoints&) = delete;
  VpaCheckpoints& operator=(const VpaCheckpoints&) = delete;

  // Found in checkpoints since the last call.
  std::vector<ContainerHistory> TakeFound();
  // Workloads whose containers' histories are to be given; empty nearly always.
  std::vector<std::string> TakeWanted();
  void Give(std::vector<ContainerHistory> histories);

  // How it goes, for people; nothing while there is nothing to say.
  [[nodiscard]] std::optional<WatchView> View() const;

 private:
  using Key = ContainerKeys::value_type;

  void Run(const std::stop_token& stop);
  bool MayList(KubeClient& api);
  void Look(KubeClient& api);
  [[nodiscard]] ContainerKeys Unknown(const Snapshot& snapshot) const;
  void Ask();
  void Write(KubeClient& api);
  Result<void> WriteOne(KubeClient& api, const VpaCheckpointObject& checkpoint);
  void RemoveOrphans(KubeClient& api);
  [[nodiscard]] ContainerKeys LeftOut() const;

  const KubeAccess access_;
  const Clock& clock_;
  const ObjectCache<Vpa>& vpas_;
  const VpaCheckpointsOptions options_;
  const Source source_;
  ContainerKeys looked_up_;
  std::set<std::string> labelled_;  // paths of those that bear our label
  mutable std::mutex mutex_;
  std::vector<ContainerHistory> found_;
  std::vector<std::string> wanted_;
  std::vector<ContainerHistory> given_;
  Standing standing_;
  std::jthread running_;
};

}  // namespace loadline::collector
