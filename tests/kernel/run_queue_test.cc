// Waiting for a CPU, against the kernel's own run_delay of the same tasks.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "tests/kernel/probed_node.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

class KernelRunQueue : public ::testing::Test {
 protected:
  KernelRunQueue() : node_({.off = {}}) {}
  void SetUp() override {
    if (!node_.Runs(wire::Signal::kRunQueue)) GTEST_SKIP() << node_.RungOf(wire::Signal::kRunQueue).why;
  }

  struct Waits {
    double told = 0;   // by the probe
    double truth = 0;  // run_delay of the tasks, summed
  };
  // Three tasks that want the same CPU, for a second and a half.
  Waits Contend(const OwnCgroup& cgroup) {
    std::vector<pid_t> tasks;
    for (int i = 0; i < 3; ++i) {
      tasks.push_back(cgroup.Spawn([] {
        cpu_set_t first;
        CPU_ZERO(&first);
        CPU_SET(0, &first);
        sched_setaffinity(0, sizeof(first), &first);
        for (;;) {
        }
      }));
    }
    node_.Listen(1500ms);
    Waits waits;
    for (const pid_t task : tasks) {
      std::uint64_t ran = 0, waited = 0;
      std::ifstream("/proc/" + std::to_string(task) + "/schedstat") >> ran >> waited;
      waits.truth += static_cast<double>(waited) / 1e9;
    }
    node_.Sample();
    cgroup.KillAll();
    const auto counters = node_.CountersOf(cgroup.path());
    if (counters && counters->probes)
      waits.told = static_cast<double>(counters->probes->run_queue_wait_ns) / 1e9;
    return waits;
  }

  ProbedNode node_;
};

TEST_F(KernelRunQueue, WaitingForANeighbourEqualsTheKernelsRunDelay) {
  auto cgroup = OwnCgroup::Make(OwnName("crowded")).value();
  const Waits waits = Contend(cgroup);
  EXPECT_GT(waits.truth, 1.0);
  // The kernel's figure is read a moment earlier, and the tasks waited a little before they entered the
  // cgroup.
  EXPECT_NEAR(waits.told, waits.truth, 0.1 * waits.truth);
}

TEST_F(KernelRunQueue, BeingStoppedByAQuotaIsNoWaiting) {
  auto cgroup = OwnCgroup::Make(OwnName("stopped")).value();
  ASSERT_TRUE(cgroup.LimitCpu(100));
  const Waits waits = Contend(cgroup);
  // All three stand still for most of the time, which run_delay counts as waiting.
  EXPECT_GT(waits.truth, 2.0);
  EXPECT_LT(waits.told, 0.5 * waits.truth);
}

}  // namespace
}  // namespace loadline::testing
