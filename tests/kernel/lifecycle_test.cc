// Names of cgroups that come and go.
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "tests/kernel/probed_node.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

TEST(KernelLifecycle, ABirthIsToldWithItsPathAndADeathToo) {
  ProbedNode& node = ProbedNode::Shared();
  if (!node.Runs(wire::Signal::kCgroupLifecycle))
    GTEST_SKIP() << node.RungOf(wire::Signal::kCgroupLifecycle).why;
  std::optional<std::uint32_t> ref;
  {
    auto cgroup = OwnCgroup::Make(OwnName("a-name-of-some-length/and-a-child")).value();
    node.Listen(0ms);
    ref = node.table().FindPath(cgroup.path());
    ASSERT_TRUE(ref);
    EXPECT_TRUE(node.table().IsAlive(*ref));
  }
  node.Listen(0ms);
  EXPECT_FALSE(node.table().IsAlive(*ref));
  EXPECT_EQ(node.probes().losses().ring_full, 0U);
}

// Births and deaths, each some microseconds of a program in the task that asks for it.
TEST(KernelLifecycle, WhatItCostsOthersIsCounted) {
  ProbedNode& node = ProbedNode::Shared();
  if (!node.Runs(wire::Signal::kCgroupLifecycle))
    GTEST_SKIP() << node.RungOf(wire::Signal::kCgroupLifecycle).why;
  constexpr int kLives = 100;
  const SystemClock clock;
  const Mono began = clock.Now();
  const Duration before = node.probes().own_time();
  for (int i = 0; i < kLives; ++i) (void)OwnCgroup::Make(OwnName("counted")).value();
  const Duration counted = node.probes().own_time() - before;
  node.Listen(0ms);
  EXPECT_GT(counted / kLives, 300ns);
  // It runs in the tasks that ask for it: no CPU can have spent more than there was.
  EXPECT_LT(counted, (clock.Now() - began) * static_cast<int>(std::thread::hardware_concurrency()));
}

}  // namespace
}  // namespace loadline::testing
