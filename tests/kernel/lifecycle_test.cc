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

}  // namespace
}  // namespace loadline::testing
