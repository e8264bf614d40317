#include "agent/host/cgroup_mounts.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>

#include "agent/host/fields.h"
#include "agent/host/small_file.h"

namespace loadline::agent {
namespace {

constexpr std::array kCountingControllers = {"cpu", "cpuacct", "memory", "pids"};

struct Mount {
  std::string_view device;  // "0:29": two mounts of one device are the same hierarchy
  std::string_view root;    // which folder of the hierarchy is mounted: "/" is all of it
  std::string_view point;
  std::string_view type;
  std::string_view options;  // of the file system, not of the mount
};

// 31 23 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu
Mount ParseMount(std::string_view line) {
  Mount mount;
  CutWord(line);
  CutWord(line);
  mount.device = CutWord(line);
  mount.root = CutWord(line);
  mount.point = CutWord(line);
  while (!line.empty() && CutWord(line) != "-") {
  }
  mount.type = CutWord(line);
  CutWord(line);
  mount.options = CutWord(line);
  return mount;
}

std::string_view WithoutSlashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// As the kernel names it in the list of mounts, whatever links and dots lead there.
std::string MountPointOf(const HostRoot& host) {
  std::error_code failed;
  const auto canonical = std::filesystem::canonical(host.cgroup_mount, failed);
  return failed || !host.root.empty() ? host.cgroup_mount : canonical.string();
}

bool IsAtOrBelow(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

// "cpu 1 17 1": name, hierarchy, how many, enabled.
std::optional<HierarchyId> HierarchyOf(std::string_view controller, std::string_view proc_cgroups) {
  while (!proc_cgroups.empty()) {
    std::string_view line = CutLine(proc_cgroups);
    if (CutWord(line) != controller) continue;
    if (const auto id = ToNumber(CutWord(line))) return static_cast<HierarchyId>(*id);
  }
  return std::nullopt;
}

CgroupHierarchy LegacyHierarchy(const Mount& mount, std::string_view proc_cgroups) {
  CgroupHierarchy hierarchy{.id = 0, .mount = std::string(mount.point), .top = 0, .controllers = {}};
  std::string_view options = mount.options;
  while (!options.empty()) {
    const std::string_view option = CutUntil(options, ',');
    if (std::ranges::count(kCountingControllers, option) == 0) continue;
    const auto id = HierarchyOf(option, proc_cgroups);
    if (!id) continue;
    hierarchy.id = *id;
    hierarchy.controllers.emplace_back(option);
  }
  return hierarchy;
}

void ReadControllers(CgroupHierarchy& unified) {
  const auto content = ReadWholeFile(unified.mount + "/cgroup.controllers");
  if (!content) return;
  std::string_view line = *content;
  line = CutLine(line);
  for (std::string_view name = CutWord(line); !name.empty(); name = CutWord(line)) {
    unified.controllers.emplace_back(name);
  }
}

// The kernel gives the root of every hierarchy this number, and a cgroup's folder the cgroup's own.
constexpr std::uint64_t kRootId = 1;

std::uint64_t TopOf(const std::string& mount) {
  struct statfs system{};
  struct stat folder{};
  if (::statfs(mount.c_str(), &system) != 0 || ::stat(mount.c_str(), &folder) != 0) return 0;
  const bool cgroups = system.f_type == CGROUP_SUPER_MAGIC || system.f_type == CGROUP2_SUPER_MAGIC;
  return cgroups && folder.st_ino != kRootId ? folder.st_ino : 0;
}

}  // namespace

const char* Name(CgroupLayout layout) {
  switch (layout) {
    case CgroupLayout::kUnified:
      return "v2";
    case CgroupLayout::kHybrid:
      return "hybrid";
    case CgroupLayout::kLegacy:
      return "v1";
  }
  return "unknown";
}

const CgroupHierarchy* CgroupMounts::With(std::string_view controller) const {
  const auto found = std::ranges::find_if(hierarchies, [&](const CgroupHierarchy& each) {
    return each.Has(each.unified() && controller == "cpuacct" ? "cpu" : controller);
  });
  return found == hierarchies.end() ? nullptr : &*found;
}

const CgroupHierarchy* CgroupMounts::Unified() const {
  const auto found = std::ranges::find_if(hierarchies, &CgroupHierarchy::unified);
  return found == hierarchies.end() ? nullptr : &*found;
}

CgroupLayout CgroupMounts::Layout() const {
  if (Unified() == nullptr) return CgroupLayout::kLegacy;
  return hierarchies.size() == 1 ? CgroupLayout::kUnified : CgroupLayout::kHybrid;
}

std::vector<CgroupHierarchy> ParseCgroupMounts(std::string_view mountinfo, std::string_view proc_cgroups,
                                               std::string_view cgroup_mount) {
  cgroup_mount = WithoutSlashes(cgroup_mount);
  std::vector<CgroupHierarchy> found;
  std::vector<std::string_view> devices;
  while (!mountinfo.empty()) {
    const Mount mount = ParseMount(CutLine(mountinfo));
    const bool unified = mount.type == "cgroup2";
    if (!unified && mount.type != "cgroup") continue;
    if (!IsAtOrBelow(mount.point, cgroup_mount) || std::ranges::count(devices, mount.device) > 0) continue;
    CgroupHierarchy hierarchy =
        unified ? CgroupHierarchy{.id = 0, .mount = std::string(mount.point), .top = 0, .controllers = {}}
                : LegacyHierarchy(mount, proc_cgroups);
    if (!unified && hierarchy.controllers.empty()) continue;
    devices.push_back(mount.device);
    found.push_back(std::move(hierarchy));
  }
  return found;
}

std::string LegacyMountWith(const HostRoot& host, std::string_view controller) {
  const std::string mountinfo = ReadWholeFile(host.root + "/proc/self/mountinfo").value_or("");
  const std::string point = MountPointOf(host);
  const std::string_view below = WithoutSlashes(point);
  for (std::string_view lines = mountinfo; !lines.empty();) {
    const Mount mount = ParseMount(CutLine(lines));
    if (mount.type != "cgroup" || !IsAtOrBelow(mount.point, below)) continue;
    for (std::string_view options = mount.options; !options.empty();) {
      if (CutUntil(options, ',') == controller) return host.root + std::string(mount.point);
    }
  }
  return "";
}

Result<CgroupMounts> FindCgroupMounts(const HostRoot& host) {
  const auto mountinfo = ReadWholeFile(host.root + "/proc/self/mountinfo");
  if (!mountinfo) return Failure(mountinfo.error().In("finding cgroup mounts"));
  // Kernels without v1 may lack this file.
  const std::string proc_cgroups = ReadWholeFile(host.root + "/proc/cgroups").value_or("");

  CgroupMounts mounts{ParseCgroupMounts(*mountinfo, proc_cgroups, MountPointOf(host))};
  if (mounts.hierarchies.empty()) {
    return Failure(ErrorKind::kNotFound, "no cgroup hierarchy is mounted at or below " + host.cgroup_mount);
  }
  for (CgroupHierarchy& hierarchy : mounts.hierarchies) {
    hierarchy.mount = host.root + hierarchy.mount;
    hierarchy.top = TopOf(hierarchy.mount);
    if (hierarchy.unified()) ReadControllers(hierarchy);
  }
  return mounts;
}

}  // namespace loadline::agent
