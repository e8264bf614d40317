#include "agent/host/allotment.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

// A machine in a folder, with one container below a pod below the root.
class AllotmentTest : public ::testing::Test {
 protected:
  static constexpr const char* kPod = "/kubepods/pod1";
  static constexpr const char* kContainer = "/kubepods/pod1/c0ffee";

  AllotmentTest() {
    std::filesystem::create_directories(root_ / "proc/self");
    for (const char* size : {"hugepages-2048kB", "hugepages-1048576kB"})
      std::filesystem::create_directories(root_ / "sys/kernel/mm/hugepages" / size);
    HugePagesOfTheNode("8192 kB");
  }
  void HugePagesOfTheNode(const std::string& amount) {
    Write("proc/meminfo", "MemTotal: 16384 kB\nHugetlb:         " + amount + "\n");
  }
  void Write(const std::filesystem::path& name, const std::string& text) const {
    std::filesystem::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << text;
  }
  void Mount(const std::string& lines) const { Write("proc/self/mountinfo", lines); }
  [[nodiscard]] AllotmentFiles Files() const {
    const HostRoot host{.root = root_.string()};
    return {FindCgroupMounts(host).value(), host};
  }
  void Unified(const char* controllers) const {
    Mount("35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
    Write("sys/fs/cgroup/cgroup.controllers", controllers);
  }
  void OnV2(const std::string& path, const std::string& name, const std::string& text) const {
    Write("sys/fs/cgroup" + path + "/" + name, text);
  }

 private:
  const TemporaryFolder folder_;
  const std::filesystem::path root_ = folder_.path();
};

TEST_F(AllotmentTest, CpusAreThoseOfItsCpuset) {
  Unified("cpuset cpu memory");
  OnV2(kContainer, "cpuset.cpus.effective", "2-3,7\n");
  EXPECT_EQ(Files().Read(kContainer).cpus, 3U);
}

TEST_F(AllotmentTest, WithoutACpusetOfItsOwnItHasWhatIsAbove) {
  Unified("cpuset cpu memory");
  OnV2("", "cpuset.cpus.effective", "0-15\n");
  OnV2(kPod, "cpuset.cpus.effective", "0-3\n");
  EXPECT_EQ(Files().Read(kContainer).cpus, 4U);
  EXPECT_EQ(Files().Read("/system.slice/a.service").cpus, 16U);
  EXPECT_EQ(Files().Read("/").cpus, 16U);
}

TEST_F(AllotmentTest, WhatIsAboveIsReadOnceARound) {
  Unified("cpuset cpu memory");
  OnV2(kPod, "cpuset.cpus.effective", "0-3\n");
  AllotmentFiles files = Files();
  EXPECT_EQ(files.Read(kContainer).cpus, 4U);
  OnV2(kPod, "cpuset.cpus.effective", "0-1\n");
  EXPECT_EQ(files.Read("/kubepods/pod1/beef").cpus, 4U);
  EXPECT_EQ(files.Read(kPod).cpus, 2U) << "its own";
  files.BeginRound();
  EXPECT_EQ(files.Read(kContainer).cpus, 2U);
}

TEST_F(AllotmentTest, WhatCannotBeReadIsNotKnown) {
  Unified("cpu memory");
  OnV2(kContainer, "cpuset.cpus.effective", "0-3\n");
  EXPECT_EQ(Files().Read(kContainer).cpus, 0U) << "the node has no such controller";
  EXPECT_FALSE(Files().Read(kContainer).huge_pages);
  Unified("cpuset");
  OnV2(kContainer, "cpuset.cpus.effective", "\n");
  EXPECT_EQ(Files().Read(kContainer).cpus, 0U);
}

TEST_F(AllotmentTest, HugePagesAreThoseOfAllSizes) {
  Unified("hugetlb memory");
  OnV2(kContainer, "hugetlb.2MB.current", "4194304\n");
  OnV2(kContainer, "hugetlb.2MB.max", "8388608\n");
  OnV2(kContainer, "hugetlb.1GB.current", "1073741824\n");
  OnV2(kContainer, "hugetlb.1GB.max", "2147483648\n");
  EXPECT_EQ(Files().Read(kContainer).huge_pages,
            (wire::HugePagesWindow{.held = 4 * kMiB + kGiB, .limit = 8 * kMiB + 2 * kGiB}));
}

TEST_F(AllotmentTest, OneSizeWithoutALimitIsNoLimitAndNoneAllowedIsNone) {
  Unified("hugetlb memory");
  for (const char* size : {"2MB", "1GB"}) {
    OnV2(kPod, std::string("hugetlb.") + size + ".current", "0\n");
    OnV2(kPod, std::string("hugetlb.") + size + ".max", "0\n");
  }
  EXPECT_EQ(Files().Read(kPod).huge_pages, wire::HugePagesWindow{});
  OnV2(kPod, "hugetlb.2MB.max", "2097152\n");
  EXPECT_EQ(Files().Read(kPod).huge_pages->limit, 2 * kMiB);
  OnV2(kPod, "hugetlb.1GB.max", "max\n");
  EXPECT_EQ(Files().Read(kPod).huge_pages->limit, 0);
}

TEST_F(AllotmentTest, WhereTheNodeHasNoneTheyAreNotKnownUntilItHasSome) {
  Unified("hugetlb");
  HugePagesOfTheNode("0 kB");
  OnV2(kContainer, "hugetlb.2MB.current", "2097152\n");
  OnV2(kContainer, "hugetlb.2MB.max", "max\n");
  AllotmentFiles files = Files();
  EXPECT_FALSE(files.Read(kContainer).huge_pages);
  HugePagesOfTheNode("2048 kB");
  EXPECT_FALSE(files.Read(kContainer).huge_pages) << "asked once a round";
  files.BeginRound();
  EXPECT_EQ(files.Read(kContainer).huge_pages, (wire::HugePagesWindow{.held = 2 * kMiB}));
  // The pool is given back, and so is what it held.
  HugePagesOfTheNode("0 kB");
  OnV2(kContainer, "hugetlb.2MB.current", "0\n");
  EXPECT_EQ(files.Read(kContainer).huge_pages, wire::HugePagesWindow{});
}

TEST_F(AllotmentTest, ControllersOfV1HaveTheirOwnNames) {
  Mount(
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
      "36 31 0:33 / /sys/fs/cgroup/hugetlb rw - cgroup cgroup rw,hugetlb\n");
  Write("proc/cgroups", "cpu 1 5 1\ncpuacct 1 5 1\n");
  const std::string huge = std::string("sys/fs/cgroup/hugetlb") + kContainer;
  Write(std::string("sys/fs/cgroup/cpuset") + kContainer + "/cpuset.effective_cpus", "4\n");
  Write(huge + "/hugetlb.2MB.usage_in_bytes", "2097152\n");
  Write(huge + "/hugetlb.2MB.limit_in_bytes", "9223372036852678656\n");
  Write(huge + "/hugetlb.1GB.usage_in_bytes", "0\n");
  Write(huge + "/hugetlb.1GB.limit_in_bytes", "0\n");
  const Allotment allotted = Files().Read(kContainer);
  EXPECT_EQ(allotted.cpus, 1U);
  EXPECT_EQ(allotted.huge_pages, (wire::HugePagesWindow{.held = 2 * kMiB, .limit = 0}));
}

TEST(HugePages, AreNamedAsTheControllerNamesThem) {
  EXPECT_EQ(HugePageSizeOf("hugepages-64kB"), "64KB");
  EXPECT_EQ(HugePageSizeOf("hugepages-2048kB"), "2MB");
  EXPECT_EQ(HugePageSizeOf("hugepages-32768kB"), "32MB");
  EXPECT_EQ(HugePageSizeOf("hugepages-1048576kB"), "1GB");
  EXPECT_EQ(HugePageSizeOf("hugepages-16777216kB"), "16GB");
  for (const char* folder : {"hugepages-", "hugepages-kB", "hugepages-0kB", "2048kB", ".."})
    EXPECT_EQ(HugePageSizeOf(folder), "") << folder;
}

}  // namespace
}  // namespace loadline::agent
