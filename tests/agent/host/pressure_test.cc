#include "agent/host/pressure.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

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

// A v2 machine in a folder, whose cgroups stall as long as they are told to.
class PressureAboveTest : public ::testing::Test {
 protected:
  PressureAboveTest() {
    std::filesystem::create_directories(root_ / "proc/self");
    for (const char* cgroup : {"", "pod", "pod/web"}) Stall(cgroup, {1, 1, 1});
    std::ofstream(root_ / "proc/self/mountinfo") << "35 24 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
  }
  struct Totals {
    std::uint64_t cpu, memory, io;
  };
  void Stall(const std::string& cgroup, const Totals& totals) const {
    const std::filesystem::path folder = root_ / "sys/fs/cgroup" / cgroup;
    std::filesystem::create_directories(folder);
    const auto write = [&](const char* file, std::uint64_t total) {
      std::ofstream(folder / file) << "some avg10=0.00 avg60=0.00 avg300=0.00 total=" << total << "\n";
    };
    write("cpu.pressure", totals.cpu);
    write("memory.pressure", totals.memory);
    write("io.pressure", totals.io);
  }
  [[nodiscard]] PressureFiles Files() const {
    return PressureFiles(FindCgroupMounts({.root = root_.string()}).value());
  }
  static PressureCounters Machine(std::uint64_t memory) {
    return {.cpu_some_us = 9, .memory_some_us = memory, .io_some_us = 9};
  }

  const TemporaryFolder folder_;
  const std::filesystem::path root_ = folder_.path();
};

TEST_F(PressureAboveTest, WhereNothingGrewAboveNothingIsReadBelow) {
  PressureFiles files = Files();
  files.BeginRound(Machine(5));
  EXPECT_EQ(files.Read(1, "/pod")->memory_some_us, 1U);
  Stall("pod", {1, 7, 7});
  files.BeginRound(Machine(5));
  EXPECT_EQ(files.Read(1, "/pod")->memory_some_us, 1U) << "the machine has not stalled";
  files.BeginRound(Machine(6));
  EXPECT_EQ(files.Read(1, "/pod")->memory_some_us, 7U);
  EXPECT_EQ(files.Read(1, "/pod")->io_some_us, 1U) << "each kind by itself";
}

TEST_F(PressureAboveTest, TheCgroupAroundItSaysMoreThanTheMachine) {
  PressureFiles files = Files();
  files.BeginRound(Machine(5));
  files.Read(1, "/pod");
  files.Read(2, "/pod/web", 1);
  Stall("pod/web", {1, 7, 1});
  files.BeginRound(Machine(6));
  files.Read(1, "/pod");
  EXPECT_EQ(files.Read(2, "/pod/web", 1)->memory_some_us, 1U) << "others stalled";
  Stall("pod", {1, 7, 1});
  files.BeginRound(Machine(7));
  files.Read(1, "/pod");
  EXPECT_EQ(files.Read(2, "/pod/web", 1)->memory_some_us, 7U);
}

// Its own pressure may be turned off, or it has not moved by the agent's counters.
TEST_F(PressureAboveTest, OfOneThatWasNotReadTheMachineSpeaks) {
  PressureFiles files = Files();
  files.BeginRound(Machine(5));
  files.Read(1, "/pod");
  files.Read(2, "/pod/web", 1);
  Stall("pod/web", {1, 7, 1});
  files.BeginRound(Machine(5));
  EXPECT_EQ(files.Read(2, "/pod/web", 1)->memory_some_us, 7U) << "another speaks than before: all is read";
  Stall("pod/web", {1, 8, 1});
  files.BeginRound(Machine(5));
  EXPECT_EQ(files.Read(2, "/pod/web", 1)->memory_some_us, 7U);
}

TEST_F(PressureAboveTest, WhereTheMachineCannotSayAllIsRead) {
  PressureFiles files = Files();
  for (const std::uint64_t total : {2U, 3U, 4U}) {
    files.BeginRound(std::nullopt);
    Stall("pod", {total, total, total});
    EXPECT_EQ(files.Read(1, "/pod")->io_some_us, total);
  }
}

TEST_F(PressureAboveTest, NowAndThenAllIsReadHoweverLittleIsSaidAbove) {
  PressureFiles files = Files();
  files.BeginRound(Machine(5));
  files.Read(1, "/pod");
  Stall("pod", {2, 2, 2});
  std::uint64_t seen = 0;
  for (int window = 0; window < 30; ++window) {
    files.BeginRound(Machine(5));
    seen = files.Read(1, "/pod")->memory_some_us;
    if (window < 28) {
      EXPECT_EQ(seen, 1U) << window;
    }
  }
  EXPECT_EQ(seen, 2U);
}

TEST(Pressure, OfTheMachine) {
  EXPECT_GT(MachinePressure(kHybrid).Read()->cpu_some_us, 0U);
  EXPECT_EQ(MachinePressure({.root = "tests/data/hosts/v1"}).Read(), std::nullopt);
}

}  // namespace
}  // namespace loadline::agent
