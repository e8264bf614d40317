// Writes our recommendations where the VPA updater and admission controller of a cluster look for them.
//
// VerticalPodAutoscalers are watched; every `interval` the status of each that names our recommender is
// worked out from the latest snapshot, and patched only where it differs from what stands there.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "collector/kube_api/access.h"
#include "collector/kube_api/object_cache.h"
#include "collector/kube_api/watch.h"
#include "collector/kube_vpa/vpa.h"
#include "collector/kube_vpa/vpa_create.h"

namespace loadline::collector {

struct VpaWriterOptions {
  std::string recommender = "loadline";
  Duration interval = std::chrono::minutes(1);
  VpaNamespaces create_in{};  // where autoscalers are made for workloads that have none
  // Those that have no part in a status, as with upstream: init containers and sidecars. Not set: there are
  // no such.
  std::function<ContainerKeys()> left_out{};
};

class VpaWriter {
 public:
  using Source = std::function<std::shared_ptr<const Snapshot>()>;

  // `clock` and `workloads` must outlive it; `source` is called from a thread of the writer.
  VpaWriter(KubeAccess access, const Clock& clock, const WorkloadObjects& workloads, VpaWriterOptions options,
            Source source);
  ~VpaWriter();

  // Update mode of the autoscaler of a workload, whoever recommends for it. Nothing when there is none.
  [[nodiscard]] std::optional<std::string> ModeOf(const std::string& workload_id) const;
  [[nodiscard]] const Watch& watch() const { return watch_; }
  // Of all of them, whoever recommends for them.
  [[nodiscard]] const ObjectCache<Vpa>& vpas() const { return vpas_; }
  [[nodiscard]] std::uint64_t patched() const { return patched_; }
  [[nodiscard]] std::uint64_t created() const { return created_; }
  [[nodiscard]] std::uint64_t failed() const { return failed_; }

 private:
  void Write(const std::stop_token& stop);
  void CreateMissing(KubeClient& api);
  void Failed(const std::string& what, const Error& error);
  void WriteAll(KubeClient& api, const Snapshot& snapshot);
  void Patch(KubeClient& api, const Vpa& vpa, const nlohmann::json& status);
  std::vector<Vpa> Ours() const;

  const KubeAccess access_;
  const Clock& clock_;
  const WorkloadObjects& workloads_;
  const VpaWriterOptions options_;
  const Source source_;
  ObjectCache<Vpa> vpas_{ParseVpa};
  std::atomic<std::uint64_t> patched_{0};
  std::atomic<std::uint64_t> created_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::string trouble_;  // of the last patch, as said
  Watch watch_;
  std::jthread watching_;
  std::jthread writing_;
};

}  // namespace loadline::collector
