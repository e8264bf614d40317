#include "agent/identity/display_name.h"

namespace loadline::agent {
namespace {

// As many characters as kubectl users and Docker's own tools show.
constexpr std::size_t kPodUidShown = 8;
constexpr std::size_t kContainerIdShown = 12;

}  // namespace

std::string DisplayName(const wire::CgroupIdentity& who) {
  switch (who.kind) {
    case wire::CgroupKind::kRoot:
      return "(machine)";
    case wire::CgroupKind::kPod:
      return "pod " + who.pod_uid + who.sub_path;
    case wire::CgroupKind::kPodContainer:
      return "pod " + who.pod_uid.substr(0, kPodUidShown) + " container " +
             who.container_id.substr(0, kContainerIdShown) + who.sub_path;
    case wire::CgroupKind::kDocker:
      return "container " + who.container_id.substr(0, kContainerIdShown) + who.sub_path;
    case wire::CgroupKind::kSystemdUnit:
      return who.unit + who.sub_path;
    case wire::CgroupKind::kSlice:
    case wire::CgroupKind::kPlain:
      return who.path;
  }
  return who.path;
}

}  // namespace loadline::agent
