// What a cgroup may run on and holds in huge pages, from the cpuset and hugetlb controllers, of v2 or v1.
//
// It changes when somebody pins a container or starts one, so it is read at birth and then now and then; nothing is kept
// open. Where the node has no huge pages their files are not looked at. Those that are read in one round share what was
// found above them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/host/cgroup_mounts.h"
#include "agent/signal/cgroup_counters.h"

namespace loadline::agent {

class AllotmentFiles {
 public:
  AllotmentFiles(const CgroupMounts& mounts, const HostRoot& host);

  // What was found above cgroups, and whether the node has huge pages, is looked at anew from now on.
  void BeginRound();

  [[nodiscard]] Allotment Read(std::string_view path);

 private:
  struct Controller {
    std::string mount;  // empty: there is none
    bool unified = false;
  };
  static Controller Find(const CgroupMounts& mounts, const HostRoot& host, std::string_view name);

  // A cgroup in which the controller is not on has what the next one above has.
  [[nodiscard]] std::uint32_t ReadCpus(std::string_view below_mount);
  [[nodiscard]] bool HasHugePages();
  [[nodiscard]] std::optional<wire::HugePagesWindow> ReadHugePages(std::string_view path);

  Controller cpuset_;
  Controller huge_pages_;
  std::string meminfo_;
  std::string size_folder_;
  std::vector<std::string> sizes_;  // as the controller spells them, "2MB"; empty: none seen yet
  // Of this round.
  std::map<std::string, std::uint32_t, std::less<>> cpus_above_;
  std::optional<bool> has_huge_pages_;
};

// How the hugetlb controller spells the size of a folder of /sys/kernel/mm/hugepages: "hugepages-1048576kB" is "1GB".
// Empty when it is none.
std::string HugePageSizeOf(std::string_view folder);

}  // namespace loadline::agent
