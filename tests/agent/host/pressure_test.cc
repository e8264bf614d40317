#include "agent/host/pressure.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

const HostRoot kHybrid{.root = "tests/data/hosts/hybrid"};

TEST(Pressure, OfACgroupIsReadFromTheUnifiedHierarchy) {
  PressureFiles files(FindCgroupMounts(kHybrid).value());
  EXPECT_TRUE(files.available());
  const auto web = files.Read(1, "/web");
  ASSERT_TRUE(web);
  EXPECT_EQ(web->cpu_some_us, 1'975'718U);
  EXPECT_EQ(web->cpu_full_us, 1'975'718U);
  EXPECT_EQ(web->io_some_us, 0U);
}

TEST(Pressure, WithoutAUnifiedHierarchyIsOffAndSaysWhy) {
  PressureFiles files(FindCgroupMounts({.root = "tests/data/hosts/v1"}).value());
  EXPECT_FALSE(files.available());
  EXPECT_EQ(files.why(), "no unified (v2) hierarchy is mounted");
  EXPECT_EQ(files.Read(1, "/"), std::nullopt);
}

// As on kernels that have PSI and were not started with psi=1. A folder opens and cannot be read, too.
TEST(Pressure, FilesThatOpenAndCannotBeReadAreOffAndSaySo) {
  const TemporaryFolder folder;
  const std::filesystem::path root = folder.path();
  std::filesystem::create_directories(root / "proc/self");
  std::filesystem::create_directories(root / "sys/fs/cgroup/cpu.pressure");
  std::ofstream(root / "proc/self/mountinfo") << "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  PressureFiles files(FindCgroupMounts({.root = root.string()}).value());
  EXPECT_FALSE(files.available());
  EXPECT_TRUE(files.why().contains("cannot be read")) << files.why();
  EXPECT_TRUE(files.why().contains("psi=1")) << files.why();
  EXPECT_EQ(files.Read(1, "/"), std::nullopt);
}

TEST(Pressure, ACgroupThatIsNotInTheUnifiedHierarchyHasNone) {
  PressureFiles files(FindCgroupMounts(kHybrid).value());
  EXPECT_EQ(files.Read(1, "/elsewhere"), std::nullopt);
}

TEST(Pressure, MoreCgroupsThanMayBeOpenAreStillRead) {
  PressureFiles files(FindCgroupMounts(kHybrid).value(), 2);
  for (std::uint32_t ref = 1; ref < 10; ++ref) EXPECT_TRUE(files.Read(ref, "/web"));
}

TEST(Pressure, OfTheMachine) {
  EXPECT_GT(MachinePressure(kHybrid).Read()->cpu_some_us, 0U);
  EXPECT_EQ(MachinePressure({.root = "tests/data/hosts/v1"}).Read(), std::nullopt);
}

}  // namespace
}  // namespace loadline::agent
