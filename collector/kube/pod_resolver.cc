#include "collector/kube/pod_resolver.h"

#include "collector/kube_objects/pod_metrics.h"

namespace loadline::collector {

std::optional<ContainerName> PodResolver::Resolve(const NameQuestion& question) const {
  const wire::CgroupIdentity& identity = question.identity;
  if (identity.kind != wire::CgroupKind::kPodContainer) return cgroups_.Resolve(question);
  // The API tells of all nodes.
  const std::string_view node = question.node == kMetricsSource ? std::string_view() : question.node;
  const bool urgent = question.haste == NameQuestion::Haste::kUrgent;
  FoundName found = urgent ? cluster_.FindNow(node, identity.pod_uid, identity.container_id)
                           : cluster_.Find(node, identity.pod_uid, identity.container_id);
  switch (found.answer) {
    case NameAnswer::kKnown:
      return ContainerName{.workload_id = found.name.WorkloadId(),
                           .namespace_name = std::move(found.name.namespace_name),
                           .kind = std::move(found.name.kind),
                           .workload = std::move(found.name.workload),
                           .container = std::move(found.name.container),
                           .pod = std::move(found.name.pod),
                           .spec = found.spec};
    case NameAnswer::kNotOurs:
      return std::nullopt;
    case NameAnswer::kNoWorkload:
      // A container that has just been restarted looks like one too, until the kubelet tells its new id.
      if (question.haste == NameQuestion::Haste::kLate) return std::nullopt;
      break;
    case NameAnswer::kNotYet:
      break;
  }
  return cgroups_.Resolve(question);
}

}  // namespace loadline::collector
