// What probes gather per cgroup, against what the kernel says of the same cgroup.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <thread>

#include "tests/kernel/probed_node.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

void Fill(Bytes size) {
  void* memory = mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::memset(memory, 1, static_cast<std::size_t>(size));
}

void Spin(Duration time) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (std::chrono::steady_clock::now() < until) {
  }
}

class KernelSums : public ::testing::Test {
 protected:
  bool Runs(wire::Signal signal) { return node_.Runs(signal); }
  std::string Why(wire::Signal signal) { return node_.RungOf(signal).why; }
  // What the probes gathered of this cgroup, all in all.
  agent::ProbeCounters SumsOf(const OwnCgroup& cgroup) {
    node_.Sample();
    const auto counters = node_.CountersOf(cgroup.path());
    return counters && counters->probes ? *counters->probes : agent::ProbeCounters{};
  }

  ProbedNode& node_ = ProbedNode::Shared();
};

// The sum of the episodes is within 5 % of throttled_time: own timing may see stops of empty queues, which
// the kernel leaves out.
TEST_F(KernelSums, ThrottlingEpisodesAddUpToTheKernelsThrottledTime) {
  if (!Runs(wire::Signal::kCpuThrottle)) GTEST_SKIP() << Why(wire::Signal::kCpuThrottle);
  auto cgroup = OwnCgroup::Make(OwnName("episodes")).value();
  ASSERT_TRUE(cgroup.LimitCpu(300));
  for (int i = 0; i < 2; ++i) ASSERT_GT(cgroup.Spawn([] { Spin(1h); }), 0);
  node_.Listen(4s);
  cgroup.KillAll();
  node_.Listen(300ms);  // until the last period has ended

  const agent::ProbeCounters sums = SumsOf(cgroup);
  const bool v2 = node_.mounts().With("cpu")->unified();
  const double truth =
      static_cast<double>(cgroup.ReadKey("cpu", "cpu.stat", v2 ? "throttled_usec" : "throttled_time")) *
      (v2 ? 1000 : 1);
  const std::uint64_t periods = cgroup.ReadKey("cpu", "cpu.stat", "nr_throttled");
  RecordProperty("percent_of_truth",
                 std::to_string(100 * static_cast<double>(sums.throttle_episodes_ns) / truth));
  ASSERT_GT(truth, 1e9);
  EXPECT_NEAR(static_cast<double>(sums.throttle_episodes_ns) / truth, 1.0, 0.05);
  // A period in which any CPU was stopped has an episode for each CPU that was.
  EXPECT_GE(sums.throttle_episodes, periods);
  EXPECT_LE(sums.throttle_episodes, 2 * periods + 2);
  EXPECT_GT(sums.throttle_longest_ns, 10'000'000U);
  EXPECT_LT(sums.throttle_longest_ns, 1'000'000'000U);
}

TEST_F(KernelSums, AProcessThatEndedLeavesItsTimeAndItsPeak) {
  if (!Runs(wire::Signal::kProcessExit)) GTEST_SKIP() << Why(wire::Signal::kProcessExit);
  auto cgroup = OwnCgroup::Make(OwnName("ended")).value();
  const pid_t pid = cgroup.Spawn([] {
    Fill(40 * kMiB);
    std::jthread([] { Spin(200ms); }).join();
    Spin(100ms);
  });
  int status = 0;
  rusage used{};
  ASSERT_EQ(wait4(pid, &status, 0, &used), pid);

  const agent::ProbeCounters sums = SumsOf(cgroup);
  EXPECT_EQ(sums.exits, 1U);
  EXPECT_EQ(sums.exits_largest_rss, used.ru_maxrss * kKiB);
  EXPECT_GE(sums.exits_largest_rss, 40 * kMiB);
  const double truth = static_cast<double>(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                       static_cast<double>(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  EXPECT_NEAR(static_cast<double>(sums.exits_cpu_ns) / 1e9, truth, 0.05 * truth + 0.02);
}

// Memory that cannot be given back: every charge over the limit stalls in vain until the kernel kills.
TEST_F(KernelSums, StallsAtTheLimitAreCountedAndToldOnceInTenSeconds) {
  if (!Runs(wire::Signal::kMemoryReclaim)) GTEST_SKIP() << Why(wire::Signal::kMemoryReclaim);
  auto cgroup = OwnCgroup::Make(OwnName("stalled")).value();
  ASSERT_TRUE(cgroup.LimitMemory(8 * kMiB));
  for (int i = 0; i < 2; ++i) {
    const pid_t pid = cgroup.Spawn([] { Fill(64 * kMiB); });
    ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
  }
  node_.Listen(100ms);
  const agent::ProbeCounters sums = SumsOf(cgroup);
  EXPECT_GE(sums.reclaim_stalls, 2U);
  EXPECT_GT(sums.reclaim_stall_ns, 0U);
  int told = 0;
  for (const auto& stall : node_.Events<agent::ReclaimStall>()) {
    if (node_.PathOf(stall.cgroup) != cgroup.path()) continue;
    ++told;
    EXPECT_EQ(stall.limit, 8 * kMiB);
    EXPECT_GE(stall.usage, 7 * kMiB);
    EXPECT_GT(stall.stall_ns, 0U);
  }
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace loadline::testing
