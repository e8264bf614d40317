// Names of cgroups that come and go.
#include <gtest/gtest.h>
#include <unistd.h>

#include <optional>

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
  const Duration before = node.probes().own_time();
  for (int i = 0; i < kLives; ++i) (void)OwnCgroup::Make(OwnName("counted")).value();
  const Duration each = (node.probes().own_time() - before) / kLives;
  node.Listen(0ms);
  EXPECT_GT(each, 300ns);
  EXPECT_LT(each, 5ms) << "in an emulator too";
}

}  // namespace
}  // namespace loadline::testing
