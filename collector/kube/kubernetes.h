// What the collector knows of its cluster: watches running on threads of their own, and what they feed.
//
//   auto cluster = Kubernetes::Start({.kubeconfig = ""}, clock);        // in-cluster
//   (*cluster)->WaitUntilSynced(10s);
//   Core core({..., (*cluster)->names()}, config);
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "collector/ingest/token.h"
#include "collector/kube/in_place.h"
#include "collector/kube/kubernetes_options.h"
#include "collector/kube/metrics_source.h"
#include "collector/kube/reader_access.h"
#include "collector/kube/surroundings.h"
#include "collector/kube_api/access.h"
#include "collector/kube_api/watch.h"
#include "collector/kube_objects/cluster_names.h"
#include "collector/kube_vpa/vpa_checkpoints.h"
#include "collector/kube_vpa/vpa_writer.h"
#include "collector/model/cluster_faults.h"
#include "collector/model/cluster_news.h"
#include "collector/model/container_spec.h"
#include "collector/model/names.h"
#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

class Kubernetes {
 public:
  // Fails when there is no cluster to be found; a server that does not answer is waited for in the
  // background. `clock` must outlive it.
  static Result<std::unique_ptr<Kubernetes>> Start(const KubernetesOptions& options, const Clock& clock);
  virtual ~Kubernetes() = default;

  // Whether all names were listed once, after at most `patience`.
  virtual bool WaitUntilSynced(Duration patience) = 0;
  // See cluster_uid.h.
  virtual Result<std::string> ClusterUid(Duration patience) = 0;
  // Puts our public key where agents look for it. Repeated in the background until it is there.
  virtual void PublishKey(const std::string& public_key) = 0;

  // By which the API server is reached, for whoever acts there.
  [[nodiscard]] virtual const KubeAccess& access() const = 0;

  // Writes recommendations into the status of VerticalPodAutoscalers, from now on.
  virtual void WriteVpas(VpaWriterOptions options, VpaWriter::Source source) = 0;
  // Exchanges histories with the checkpoints of those autoscalers, from now on; after WriteVpas.
  virtual VpaCheckpoints& ExchangeCheckpoints(VpaCheckpointsOptions options,
                                              VpaCheckpoints::Source source) = 0;

  // Takes usage from metrics.k8s.io, from now on. Needs KubernetesOptions::metered.
  virtual void Meter(MetricsSourceOptions options, MetricsSource::Deliver deliver) = 0;

  // Evictions and OOM kills as the API server tells them, since the last call. At most some thousand wait.
  virtual std::vector<ClusterNews> TakeNews() = 0;
  // What containers ask for, of the pods in which it has changed since the last call. From any thread.
  virtual std::vector<SpecTold> TakeSpecs() = 0;
  // What is wrong at present with nodes (where surroundings are watched) and pods. From any thread.
  [[nodiscard]] virtual ClusterFaults faults() const = 0;
  // How namespaces want the rules of their workloads, by their names: those that have loadline.io/alerts. From any thread.
  [[nodiscard]] virtual std::map<std::string, std::string, std::less<>> rules_by_namespace() const = 0;
  // Whether no sign of life is to be expected of a node any more: the cluster has removed it or is about to,
  // or its agent is not wanted because usage comes from elsewhere. False when that cannot be known. From any
  // thread.
  [[nodiscard]] virtual bool IsGone(const std::string& node) const = 0;
  // Null without KubernetesOptions::in_place.
  [[nodiscard]] virtual InPlace* in_place() = 0;
  // How a VerticalPodAutoscaler acts on a workload: its update mode, "Off" included. Nothing when there is
  // none, or they are not watched.
  [[nodiscard]] virtual std::optional<std::string> VpaModeOf(const std::string& workload_id) const = 0;

  [[nodiscard]] virtual const NameResolver& names() const = 0;
  [[nodiscard]] virtual TokenVerifier& tokens() = 0;
  // Who may read the page, as the cluster's roles have it.
  [[nodiscard]] virtual ReaderAccess& readers() = 0;
  [[nodiscard]] virtual ClusterNames::Size size() const = 0;
  // The rules that workloads live under; empty when they are not watched. Never null, from any thread.
  [[nodiscard]] virtual std::shared_ptr<const Surroundings> surroundings() const = 0;
  // What the largest nodes can give to a pod of this workload, which runs on these nodes (Surroundings::LargestFor).
  // From one thread.
  virtual NodeRooms LargestFor(const std::string& workload_id, const std::set<std::string>& runs_on) = 0;
  [[nodiscard]] virtual std::vector<WatchView> watches() const = 0;
};

}  // namespace loadline::collector
