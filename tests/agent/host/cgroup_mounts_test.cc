#include "agent/host/cgroup_mounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kProcCgroups =
    "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"
    "cpuset\t3\t1\t1\n"
    "cpu\t1\t5\t1\n"
    "cpuacct\t2\t5\t1\n"
    "memory\t4\t17\t1\n"
    "pids\t8\t1\t1\n";

TEST(CgroupMounts, UnifiedHierarchyIsNumberZero) {
  const auto found =
      ParseCgroupMounts("35 24 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n",
                        kProcCgroups, "/sys/fs/cgroup");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].id, 0U);
  EXPECT_TRUE(found[0].unified());
  EXPECT_EQ(found[0].mount, "/sys/fs/cgroup");
}

TEST(CgroupMounts, EachLegacyHierarchyHasTheKernelsNumberAndItsControllers) {
  CgroupMounts mounts{
      ParseCgroupMounts("31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755\n"
                        "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:10 master:3 - cgroup "
                        "cgroup rw,cpu,cpuacct\n"
                        "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
                        "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                        "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
                        kProcCgroups, "/sys/fs/cgroup")};
  ASSERT_EQ(mounts.hierarchies.size(), 2U);
  EXPECT_THAT(mounts.With("cpu")->controllers, ElementsAre("cpu", "cpuacct"));
  EXPECT_EQ(mounts.With("memory")->id, 4U);
  EXPECT_EQ(mounts.With("pids"), nullptr);
  EXPECT_EQ(mounts.Layout(), CgroupLayout::kLegacy);
}

TEST(CgroupMounts, APodSeesTheHostThroughTheMountPointAndNotItself) {
  const auto found = ParseCgroupMounts(
      "700 690 0:26 / /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw\n"
      "710 690 0:26 / /host/sys/fs/cgroup ro,nosuid master:4 - cgroup2 cgroup rw\n",
      "", "/host/sys/fs/cgroup");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].mount, "/host/sys/fs/cgroup");
}

// Of this machine's own; where it has none there is nothing to compare.
TEST(CgroupMounts, TheMountPointMayBeGivenByAnyPathThatLeadsThere) {
  const auto plain = FindCgroupMounts({});
  if (!plain) GTEST_SKIP() << plain.error().message;
  const TemporaryFolder folder;
  const std::filesystem::path link = std::filesystem::path(folder.path()) / "cgroup";
  std::filesystem::create_directory_symlink("/sys/fs/cgroup", link);
  for (const std::string& point : {std::string("/sys/fs/cgroup/."), std::string("/sys//fs/cgroup"),
                                   std::string("/sys/fs/../fs/cgroup/"), link.string()}) {
    const auto found = FindCgroupMounts({.cgroup_mount = point});
    ASSERT_TRUE(found) << point;
    EXPECT_EQ(found->hierarchies.size(), plain->hierarchies.size()) << point;
    EXPECT_EQ(found->hierarchies[0].mount, plain->hierarchies[0].mount) << point;
  }
}

TEST(CgroupMounts, ASlashAtTheEndOfTheMountPointMeansNothing) {
  constexpr std::string_view kMounts = "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  for (const char* point : {"/sys/fs/cgroup/", "/sys/fs/cgroup//", "/sys/", "/"}) {
    const auto found = ParseCgroupMounts(kMounts, kProcCgroups, point);
    ASSERT_EQ(found.size(), 1U) << point;
    EXPECT_EQ(found[0].mount, "/sys/fs/cgroup") << point;
  }
}

TEST(CgroupMounts, ASecondMountOfAHierarchyIsTheSameHierarchy) {
  EXPECT_EQ(ParseCgroupMounts("32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n"
                              "33 31 0:29 / /cg/again rw - cgroup cgroup rw,cpu\n"
                              "34 31 0:30 / /cgroups rw - cgroup2 cgroup2 rw\n",
                              kProcCgroups, "/cg")
                .size(),
            1U);
}

TEST(CgroupMounts, GarbageIsNoMount) {
  EXPECT_TRUE(
      ParseCgroupMounts("\n\n31\n32 31 0:29 / /x rw shared:1\n - cgroup2", "x\ncpu\ncpu y\n", "").empty());
}

TEST(CgroupMounts, WithoutAnyTheErrorSaysWhere) {
  const auto mounts = FindCgroupMounts({.root = "", .cgroup_mount = "/nowhere"});
  ASSERT_FALSE(mounts);
  EXPECT_THAT(mounts.error().message, ::testing::HasSubstr("/nowhere"));
}

TEST(CgroupMounts, ThisMachineHasCpuAndMemorySomewhere) {
  const auto mounts = FindCgroupMounts({});
  if (!mounts) GTEST_SKIP() << mounts.error().message;
  EXPECT_NE(mounts->With("memory"), nullptr);
}

}  // namespace
}  // namespace loadline::agent
