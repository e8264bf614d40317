// Usage from metrics.k8s.io, in the words of an agent: for clusters whose nodes take no agent of ours.
//
// One source speaks for all nodes. Each poll becomes one window: the CPU that a container used on average
// over the API's own window, and its working set. Of throttling, pressure, seconds and what the memory is
// used for it knows nothing. OOM kills come from the status of pods: when, and which container; not which
// process, and only the last two of a container that is killed faster than its pod is looked at.
#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>
#include <vector>

#include "collector/kube_objects/metered_pod.h"
#include "schemas/base/result.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// The name under which it speaks; no agent's token can bear it.
inline constexpr const char* kMetricsSource = "metrics.k8s.io";

// What one PodMetrics says of its containers.
struct PodMetrics {
  std::string pod;  // "namespace/name"
  Wall at{};
  struct Usage {
    std::string container;
    double cores = 0;
    Bytes working_set = 0;
    bool operator==(const Usage&) const = default;
  };
  std::vector<Usage> containers;
  bool operator==(const PodMetrics&) const = default;
};
// Fails on what is no PodMetrics.
Result<PodMetrics> ParsePodMetrics(const nlohmann::json& object);

// Turns polls into reports, and statuses into OOM kills. Belongs to one thread.
class MetricsReports {
 public:
  using FindPod = std::function<std::optional<MeteredPod>(const std::string& key)>;

  // Kills that ended at `since` or before are known.
  explicit MetricsReports(Wall since) : since_(since) {}

  // The window from the last poll (or `length` before the first one) until `now`. A container that the API
  // leaves out for a while is told again as it was; after five minutes, or when its pod is gone, it is gone.
  wire::Report Report(const std::vector<PodMetrics>& metrics, const FindPod& find, Wall now, Duration length);
  // Those that were not told yet.
  std::vector<wire::OomKill> Kills(const MeteredPod& pod);

 private:
  struct Known {
    std::uint32_t ref = 0;
    std::string pod;
    std::string container;
    wire::CgroupLimits limits;
    PodMetrics::Usage usage;
    Wall measured{};
  };
  using Run = std::pair<std::string, std::string>;  // pod uid and container id

  void Take(const PodMetrics& metrics, const MeteredPod& pod, wire::Report& report);

  Wall since_;
  std::uint32_t last_ref_ = 0;
  std::map<Run, Known> known_;
  std::map<Run, Wall> killed_;
  std::optional<Wall> last_end_;
};

}  // namespace loadline::collector
