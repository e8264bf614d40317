// Polls metrics.k8s.io and speaks to the collector's core as an agent would, see pod_metrics.h.
//
// Has a thread of its own. While the API is missing, refuses us, or serves figures that are old, nothing is
// told, which shows as a node `metrics.k8s.io` without windows; View says why, and it is asked again with
// growing pauses.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "collector/ingest/delivery.h"
#include "collector/kube_api/access.h"
#include "collector/kube_api/backoff.h"
#include "collector/kube_api/object_cache.h"
#include "collector/kube_api/standing.h"
#include "collector/kube_objects/pod_metrics.h"

namespace loadline::collector {

struct MetricsSourceOptions {
  Duration interval = std::chrono::seconds(30);
  Wall kills_since{};  // those before are known
  BackoffOptions backoff{.first = std::chrono::seconds(2), .most = std::chrono::minutes(1)};
};

class MetricsSource {
 public:
  // Takes what an agent would have sent; false: there is no room, and it is lost.
  using Deliver = std::function<bool(Delivery)>;

  // `clock` and `pods` must outlive it; `deliver` is called from its thread.
  MetricsSource(KubeAccess access, const Clock& clock, const ObjectCache<MeteredPod>& pods,
                MetricsSourceOptions options, Deliver deliver);
  ~MetricsSource();
  MetricsSource(const MetricsSource&) = delete;
  MetricsSource& operator=(const MetricsSource&) = delete;

  [[nodiscard]] WatchView View() const { return standing_.View(); }

 private:
  void Run(const std::stop_token& stop);
  void Greet();
  void Beat();
  void TellKills();
  Result<void> Poll(KubeClient& api);
  void Send(std::variant<wire::Report, wire::Event> body);

  const KubeAccess access_;
  const Clock& clock_;
  const ObjectCache<MeteredPod>& pods_;
  const MetricsSourceOptions options_;
  const Deliver deliver_;
  const std::uint64_t epoch_;
  MetricsReports reports_;
  std::uint64_t sequence_ = 0;
  std::uint64_t pods_seen_ = 0;  // generation at the last look for kills
  Mono last_window_;
  Standing standing_;
  std::jthread running_;
};

}  // namespace loadline::collector
