#include "agent/identity/cgroup_path.h"

#include <algorithm>
#include <string>

namespace loadline::agent {
namespace {

using wire::CgroupIdentity;
using wire::CgroupKind;
using wire::QosClass;

constexpr std::size_t kContainerIdLength = 64;

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool IsContainerId(std::string_view text) {
  return text.size() == kContainerIdLength && std::ranges::all_of(text, IsHex);
}

// A UUID, or the 32 digits of a static pod's configuration hash.
bool IsPodUid(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return IsHex(c) || c == '-' || c == '_'; });
}

// The container in "<id>" or "<runtime>-<id>.scope". CRI-O's and Podman's monitors carry the id of the
// container they watch, and are not it.
std::string_view ContainerIdIn(std::string_view segment) {
  if (IsContainerId(segment)) return segment;
  if (!segment.ends_with(".scope")) return {};
  segment.remove_suffix(std::string_view(".scope").size());
  const std::size_t dash = segment.rfind('-');
  if (dash == std::string_view::npos || !IsContainerId(segment.substr(dash + 1))) return {};
  if (segment.substr(0, dash).ends_with("conmon")) return {};
  return segment.substr(dash + 1);
}

// The uid in "pod<uid>" or "...kubepods...-pod<uid>.slice".
std::string_view PodUidIn(std::string_view segment, bool in_kubepods) {
  if (segment.ends_with(".slice")) {
    segment.remove_suffix(std::string_view(".slice").size());
    const std::size_t pod = segment.rfind("-pod");
    if (pod == std::string_view::npos || segment.find("kubepods") > pod) return {};
    segment.remove_prefix(pod + 1);
  } else if (!in_kubepods) {
    return {};
  }
  if (!segment.starts_with("pod") || !IsPodUid(segment.substr(3))) return {};
  return segment.substr(3);
}

QosClass QosIn(std::string_view segment, QosClass before) {
  if (segment.find("besteffort") != std::string_view::npos) return QosClass::kBestEffort;
  if (segment.find("burstable") != std::string_view::npos) return QosClass::kBurstable;
  return before;
}

std::string WithDashes(std::string_view uid) {
  std::string text(uid);
  std::ranges::replace(text, '_', '-');
  return text;
}

bool IsUnit(std::string_view segment) {
  return segment.ends_with(".service") || segment.ends_with(".scope");
}

// Walks down a path and stops at the outermost container, or unit when it is in no pod.
class Walk {
 public:
  explicit Walk(std::string_view path) : path_(path) { who_.path = path; }

  CgroupIdentity Result() {
    if (path_ == "/" || path_.empty()) return Is(CgroupKind::kRoot);
    for (std::size_t start = 1; start < path_.size();) {
      const std::size_t end = std::min(path_.find('/', start), path_.size());
      if (Stop(path_.substr(start, end - start), end == path_.size())) {
        who_.sub_path = path_.substr(end);
        return who_;
      }
      if (!who_.pod_uid.empty() && pod_end_ == 0) pod_end_ = end;
      start = end + 1;
    }
    if (!who_.pod_uid.empty()) {
      who_.sub_path = path_.substr(pod_end_);
      return Is(CgroupKind::kPod);
    }
    const bool slice = path_.ends_with(".slice") || in_kubepods_;
    return Is(slice ? CgroupKind::kSlice : CgroupKind::kPlain);
  }

 private:
  CgroupIdentity Is(CgroupKind kind) {
    who_.kind = kind;
    return who_;
  }

  // True when this segment says who the cgroup is, whatever is below.
  bool Stop(std::string_view segment, bool last) {
    if (segment.find(':') != std::string_view::npos) return StopAtMismatched(segment);
    if (segment == "kubepods" || segment.ends_with("kubepods.slice")) in_kubepods_ = true;
    if (segment.find("kubepods") != std::string_view::npos || in_kubepods_) Qos(segment);
    if (who_.pod_uid.empty()) who_.pod_uid = WithDashes(PodUidIn(segment, in_kubepods_));
    if (!who_.pod_uid.empty() && who_.qos == QosClass::kNone) who_.qos = QosClass::kGuaranteed;
    if (const std::string_view id = ContainerIdIn(segment); !id.empty()) return StopAtContainer(id);
    // The kubelet's and the runtime's services may hold pods of mismatched drivers: look below them.
    if (!IsUnit(segment) || !who_.pod_uid.empty() || (!last && HoldsPods())) return false;
    who_.unit = segment;
    who_.kind = CgroupKind::kSystemdUnit;
    return true;
  }

  void Qos(std::string_view segment) {
    if (who_.pod_uid.empty()) who_.qos = QosIn(segment, who_.qos);
  }

  bool StopAtContainer(std::string_view id) {
    who_.container_id = id;
    who_.kind = who_.pod_uid.empty() ? CgroupKind::kDocker : CgroupKind::kPodContainer;
    return true;
  }

  // "kubepods-burstable-pod<uid>.slice:cri-containerd:<id>": the kubelet means systemd, containerd cgroupfs.
  bool StopAtMismatched(std::string_view segment) {
    const std::string_view slice = segment.substr(0, segment.find(':'));
    const std::string_view id = segment.substr(segment.rfind(':') + 1);
    const std::string_view uid = PodUidIn(slice, false);
    if (uid.empty() || !IsContainerId(id)) return false;
    who_.qos = QosIn(slice, QosClass::kGuaranteed);
    who_.pod_uid = WithDashes(uid);
    return StopAtContainer(id);
  }

  [[nodiscard]] bool HoldsPods() const { return path_.find("kubepods") != std::string_view::npos; }

  std::string_view path_;
  CgroupIdentity who_;
  bool in_kubepods_ = false;
  std::size_t pod_end_ = 0;
};

}  // namespace

CgroupIdentity IdentifyCgroup(std::string_view path) {
  return Walk(path).Result();
}

}  // namespace loadline::agent
