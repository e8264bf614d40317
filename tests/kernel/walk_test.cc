// Births that no event can bring into the table: a walk does.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <list>

#include "agent/source/machine_source.h"
#include "tests/kernel/probed_node.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

class KernelWalk : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "making cgroups needs root";
    if (!ProbedNode::Shared().Runs(wire::Signal::kCgroupLifecycle))
      GTEST_SKIP() << ProbedNode::Shared().RungOf(wire::Signal::kCgroupLifecycle).why;
  }

  // Takes the events that are there, and samples at this time of the agent's.
  static void Sample(agent::MachineSource& source, Mono now) {
    source.WaitUntil(SystemClock().Now(), -1, [](const agent::KernelEvent&) {});
    (void)source.Sample(now, agent::Depth::kAll);
  }
};

TEST_F(KernelWalk, FindsTwoCgroupsWhosePathsAreTooLongToBeToldApart) {
  const Mono start = SystemClock().Now();
  auto source = agent::MachineSource::Open({}, start).value();
  std::string deep = OwnName("deep");
  while (deep.size() < 1200) deep += "/" + std::string(200, 'x');
  const auto one = OwnCgroup::Make(deep + "/one").value();
  const auto two = OwnCgroup::Make(deep + "/two").value();
  Sample(*source, start + 1s);
  EXPECT_FALSE(source->table().FindPath(one.path()));
  Sample(*source, start + 11s);
  const auto ref = source->table().FindPath(one.path());
  const auto other = source->table().FindPath(two.path());
  ASSERT_TRUE(ref && other);
  EXPECT_NE(*ref, *other);
  EXPECT_TRUE(source->table().IsAlive(*ref));
  EXPECT_TRUE(source->table().IsAlive(*other));
  const auto born = source->TakeBorn();
  EXPECT_EQ(std::ranges::count(born, *ref), 1) << "what it has used belongs to it";
}

TEST_F(KernelWalk, FindsWhatWasRefusedOnceThereIsRoom) {
  const std::size_t before = ProbedNode::Shared().table().alive();
  const Mono start = SystemClock().Now();
  // What others on this machine make meanwhile is far fewer.
  agent::MachineSourceOptions options;
  options.table.max_entries = before + 200;
  auto source = agent::MachineSource::Open(options, start).value();
  std::list<OwnCgroup> first;
  for (int i = 0; i < 250; ++i)
    first.push_back(OwnCgroup::Make(OwnName("first" + std::to_string(i))).value());
  const auto late = OwnCgroup::Make(OwnName("late")).value();
  Sample(*source, start + 11s);
  ASSERT_GT(source->table().refused(), 0U);
  EXPECT_FALSE(source->table().FindPath(late.path()));
  first.clear();
  Sample(*source, start + 12s);
  EXPECT_TRUE(source->losses().unknown_cgroup > 0);
  Sample(*source, start + 23s);
  const auto ref = source->table().FindPath(late.path());
  ASSERT_TRUE(ref);
  const auto born = source->TakeBorn();
  EXPECT_EQ(std::ranges::count(born, *ref), 0) << "it may have used CPU for hours";
}

// The folder of the cpu controller is renamed and, before the test ends, gets its name back.
TEST_F(KernelWalk, FindsWhatWasRenamed) {
  const Mono start = SystemClock().Now();
  auto source = agent::MachineSource::Open({}, start).value();
  const agent::CgroupHierarchy* cpu = source->mounts().With("cpu");
  if (cpu == nullptr || cpu->unified()) GTEST_SKIP() << "v2 renames no cgroup";
  const auto cgroup = OwnCgroup::Make(OwnName("before")).value();
  const std::string path = "/" + OwnName("after");
  Sample(*source, start + 1s);
  std::filesystem::rename(cpu->mount + cgroup.path(), cpu->mount + path);
  Sample(*source, start + 599s);
  EXPECT_FALSE(source->table().FindPath(path));
  Sample(*source, start + 601s);
  const auto ref = source->table().FindPath(path);
  const auto born = source->TakeBorn();
  EXPECT_TRUE(ref);
  EXPECT_EQ(std::ranges::count(born, ref.value_or(0)), 0);
  std::filesystem::rename(cpu->mount + path, cpu->mount + cgroup.path());
}

}  // namespace
}  // namespace loadline::testing
