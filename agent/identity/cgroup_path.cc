#include "agent/identity/cgroup_path.h"

#include <algorithm>
#include <charconv>
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

// "a" of "before-a-after"; nothing when it does not begin and end so.
std::string_view Between(std::string_view text, std::string_view before, std::string_view after) {
  if (text.size() < before.size() + after.size() || !text.starts_with(before) || !text.ends_with(after))
    return {};
  return text.substr(before.size(), text.size() - before.size() - after.size());
}

// The container in "<id>", "<runtime>-<id>.scope", "crio-<id>", "libpod-<id>" or "kata_<id>". CRI-O's and
// Podman's monitors carry the id of the container they watch, and are not it.
std::string_view ContainerIdIn(std::string_view segment) {
  if (segment.size() < kContainerIdLength) return {};
  const bool scope = segment.ends_with(".scope");
  if (scope) segment.remove_suffix(std::string_view(".scope").size());
  const std::size_t start = segment.size() - std::min(segment.size(), kContainerIdLength);
  const std::string_view id = segment.substr(start);
  const std::string_view runtime = segment.substr(0, start);
  if (!IsContainerId(id)) return {};
  if (scope) return runtime.ends_with('-') && !runtime.ends_with("conmon-") ? id : std::string_view();
  return runtime.empty() || runtime == "crio-" || runtime == "libpod-" || runtime == "kata_"
             ? id
             : std::string_view();
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

// A user's own systemd, which has units of its own below it.
bool IsUserManager(std::string_view segment) {
  return !Between(segment, "user@", ".service").empty();
}

// systemd writes what may not stand in a unit's name as "\x2d". Only what can be read is put back.
std::string Unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const bool escape = text.size() >= 4 && text.starts_with("\\x");
    const char* digits = text.data() + 2;
    unsigned char byte = 0;
    if (escape && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2 && byte > ' ' &&
        byte < 0x7f && byte != '/') {
      plain += static_cast<char>(byte);
      text.remove_prefix(4);
    } else {
      plain += text.front();
      text.remove_prefix(1);
    }
  }
  return plain;
}

// "qemu/web" of "qemu-3-web" or "qemu-web", as libvirt tells systemd: the number is new at each start, and the
// machine the same. Empty when it is none of libvirt's.
std::string LibvirtMachine(std::string_view name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view driver = name.substr(0, dash);
  if (driver != "qemu" && driver != "lxc") return {};
  name.remove_prefix(dash + 1);
  const std::size_t after = name.find_first_not_of("0123456789");
  if (after != 0 && after != std::string_view::npos && name[after] == '-') name.remove_prefix(after + 1);
  return std::string(driver) + "/" + std::string(name);
}

// The machine of libvirt's in "machine-qemu\x2d3\x2dweb.scope", or "web.libvirt-qemu" where there is no
// systemd.
std::string VirtualMachineIn(std::string_view segment) {
  if (const auto name = Between(segment, "machine-", ".scope"); !name.empty())
    return LibvirtMachine(Unescaped(name));
  const auto name = Between(segment, "", ".libvirt-qemu");
  if (name.empty()) return {};
  return name.starts_with("qemu-") ? LibvirtMachine(name) : "qemu/" + std::string(name);
}

// LXC's container in "lxc.payload.web", or "web" in the folders that it had before: "lxc.payload", and "lxc"
// at the top.
std::string LxcContainerIn(std::string_view segment, std::string_view above) {
  const bool in_folder = above == "/lxc" || above == "/lxc.payload" || above.ends_with("/lxc.payload");
  const std::string_view name = in_folder ? segment : Between(segment, "lxc.payload.", "");
  return name.empty() ? std::string() : "lxc/" + std::string(name);
}

// Walks down a path and stops at the outermost container, or unit when it is in no pod.
class Walk {
 public:
  explicit Walk(std::string_view path) : path_(path) { who_.path = path; }

  CgroupIdentity Result() {
    if (path_ == "/" || path_.empty()) return Is(CgroupKind::kRoot);
    // What Kata's virtual machines cost beside their CPUs, by the path of each sandbox: no second container.
    if (path_.starts_with("/kata_overhead/")) return Is(CgroupKind::kPlain);
    for (std::size_t start = 1; start < path_.size();) {
      const std::size_t end = std::min(path_.find('/', start), path_.size());
      if (Stop(path_.substr(start, end - start), path_.substr(0, start - 1), end == path_.size())) {
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
  bool Stop(std::string_view segment, std::string_view above, bool last) {
    if (segment.find(':') != std::string_view::npos) return StopAtMismatched(segment);
    if (segment == "kubepods" || segment.ends_with("kubepods.slice")) in_kubepods_ = true;
    if (segment.find("kubepods") != std::string_view::npos || in_kubepods_) Qos(segment);
    if (who_.pod_uid.empty()) who_.pod_uid = WithDashes(PodUidIn(segment, in_kubepods_));
    if (!who_.pod_uid.empty() && who_.qos == QosClass::kNone) who_.qos = QosClass::kGuaranteed;
    if (const std::string_view id = ContainerIdIn(segment); !id.empty()) {
      // Podman's pods without systemd are folders by their ids alone, its containers are not.
      return !above.ends_with("/libpod_parent") || id != segment ? StopAtContainer(id) : false;
    }
    return who_.pod_uid.empty() && StopAtUnit(segment, above, last);
  }

  bool StopAtUnit(std::string_view segment, std::string_view above, bool last) {
    std::string unit = LxcContainerIn(segment, above);
    if (unit.empty()) unit = VirtualMachineIn(segment);
    if (unit.empty()) {
      // A user's manager is no boundary, and the kubelet's and the runtime's services may hold pods of
      // mismatched drivers: look below them.
      if (IsUserManager(segment)) manager_ = segment;
      if (!IsUnit(segment) || IsUserManager(segment) || (!last && HoldsPods())) return false;
      unit = segment;
    }
    // Two users have units of one name, and so has the machine.
    who_.unit = manager_.empty() ? unit : std::string(manager_) + "/" + unit;
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
  std::string_view manager_;  // the user's systemd that it is below
  bool in_kubepods_ = false;
  std::size_t pod_end_ = 0;
};

}  // namespace

CgroupIdentity IdentifyCgroup(std::string_view path) {
  return Walk(path).Result();
}

std::string_view PathAbove(std::string_view path) {
  if (path.size() <= 1) return {};
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? path.substr(0, 1) : path.substr(0, slash);
}

}  // namespace loadline::agent
