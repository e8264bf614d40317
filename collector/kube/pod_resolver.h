// The model's names where there is a cluster: pods by what the API server says, the rest by their cgroups.
#pragma once

#include "collector/kube_objects/cluster_names.h"
#include "collector/model/names.h"

namespace loadline::collector {

class PodResolver final : public NameResolver {
 public:
  // `cluster` must outlive it.
  explicit PodResolver(const ClusterNames& cluster) : cluster_(cluster) {}

  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion& question) const override;
  [[nodiscard]] bool NamesPods() const override { return true; }
  [[nodiscard]] std::uint64_t generation() const override { return cluster_.generation(); }

 private:
  const ClusterNames& cluster_;
  CgroupNames cgroups_;
};

}  // namespace loadline::collector
