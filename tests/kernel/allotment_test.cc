// What a cgroup may run on and holds in huge pages, against the kernel's own files.
#include "agent/host/allotment.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "agent/host/machine.h"
#include "tests/kernel/own_name.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

agent::AllotmentFiles Files() {
  return {agent::FindCgroupMounts({}).value(), {}};
}

// A cgroup with one CPU, in whichever hierarchy has the cpuset controller; removed at the end.
class OnOneCpu {
 public:
  OnOneCpu() {
    const agent::CgroupMounts mounts = agent::FindCgroupMounts({}).value();
    const agent::CgroupHierarchy* unified = mounts.Unified();
    const bool v2 = unified != nullptr && unified->Has("cpuset");
    const std::string mount = v2 ? unified->mount : agent::LegacyMountWith({}, "cpuset");
    if (mount.empty()) return;
    if (v2) std::ofstream(mount + "/cgroup.subtree_control") << "+cpuset";
    folder_ = mount + path();
    if (::mkdir(folder_.c_str(), 0755) != 0) return;
    if (!v2) std::ofstream(folder_ + "/cpuset.mems") << "0";
    made_ = static_cast<bool>(std::ofstream(folder_ + "/cpuset.cpus") << "0" << std::flush);
  }
  ~OnOneCpu() { ::rmdir(folder_.c_str()); }
  OnOneCpu(const OnOneCpu&) = delete;
  OnOneCpu& operator=(const OnOneCpu&) = delete;

  [[nodiscard]] bool made() const { return made_; }
  [[nodiscard]] static std::string path() { return "/loadline-test-one-cpu-" + std::to_string(::getpid()); }

 private:
  std::string folder_;
  bool made_ = false;
};

TEST(KernelAllotment, CpusAreThoseThatItMayRunOn) {
  const OnOneCpu cgroup;
  if (!cgroup.made()) GTEST_SKIP() << "no hierarchy with cpusets";
  EXPECT_EQ(Files().Read(cgroup.path()).cpus, 1U);
  EXPECT_EQ(1000 * Files().Read("/").cpus, static_cast<std::uint32_t>(agent::ReadMachine({}).capacity.cpu));
  EXPECT_EQ(Files().Read(cgroup.path() + "/not-there").cpus, 1U) << "that of the next one above";
}

TEST(KernelAllotment, HugePagesAreThoseThatItHolds) {
  constexpr std::size_t kPage = 2 * kMiB;
  void* const tried = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (21 << MAP_HUGE_SHIFT), -1, 0);
  if (tried == MAP_FAILED) GTEST_SKIP() << "the machine has no huge pages";
  ::munmap(tried, kPage);
  auto cgroup = OwnCgroup::Make(OwnName("huge")).value();
  if (cgroup.Read("hugetlb", "hugetlb.2MB.current").empty()) GTEST_SKIP() << "no hugetlb controller";
  agent::AllotmentFiles files = Files();
  EXPECT_EQ(files.Read(cgroup.path()).huge_pages, wire::HugePagesWindow{});
  std::ofstream(cgroup.Folder("hugetlb") + "/hugetlb.2MB.max") << 2 * kPage;
  std::ofstream(cgroup.Folder("hugetlb") + "/hugetlb.1GB.max") << 0;
  const pid_t holder = cgroup.Spawn([] {
    void* const page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | (21 << MAP_HUGE_SHIFT), -1, 0);
    if (page == MAP_FAILED) ::_exit(1);
    *static_cast<char*>(page) = 1;
    ::pause();
  });
  ASSERT_GT(holder, 0);
  const auto held = [&] { return cgroup.Read("hugetlb", "hugetlb.2MB.current"); };
  for (int i = 0; i < 100 && held() == "0\n"; ++i) std::this_thread::sleep_for(50ms);
  const auto pages = files.Read(cgroup.path()).huge_pages;
  ASSERT_TRUE(pages.has_value());
  EXPECT_EQ(pages->held, static_cast<Bytes>(kPage));
  EXPECT_EQ(pages->limit, static_cast<Bytes>(2 * kPage));
  // They are in no figure of the memory controller.
  const std::string current = cgroup.Read("memory", "memory.current");
  if (!current.empty()) {
    EXPECT_LT(std::stoll(current), static_cast<Bytes>(kPage));
  }
  cgroup.KillAll();
}

}  // namespace
}  // namespace loadline::testing
