// Cgroups that live for milliseconds, by the thousand: none without a name, and nothing that grows.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <map>
#include <random>
#include <thread>

#include "tests/kernel/probed_node.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr int kCgroups = 10'000;
constexpr int kProcessInEvery = 10;

// Makes and removes the cgroups, each for 5 to 50 ms, one in ten with a process that ends inside. Runs in a
// process of its own, beside the agent.
class Storm {
 public:
  Storm(const agent::CgroupMounts& mounts, std::string base) : mounts_(mounts), base_(std::move(base)) {}

  void Run() {
    MakeAll(base_);
    for (int i = 0; i < kCgroups; ++i) {
      Life life{.path = base_ + "/" + std::to_string(i),
                .until = SteadyClock::now() + 1ms * lifetime_(random_)};
      MakeAll(life.path);
      if (i % kProcessInEvery == 0) life.process = EndInside(life.path);
      lives_[life.until] = life;
      while (!lives_.empty() && lives_.begin()->first <= SteadyClock::now()) EndOldest();
      std::this_thread::sleep_for(50us);
    }
    while (!lives_.empty()) EndOldest();
    RemoveAll(base_);
  }

 private:
  struct Life {
    std::string path;
    SteadyClock::time_point until;
    pid_t process = 0;
  };

  void MakeAll(const std::string& path) {
    for (const auto& hierarchy : mounts_.hierarchies) mkdir((hierarchy.mount + path).c_str(), 0755);
  }
  void RemoveAll(const std::string& path) {
    for (const auto& hierarchy : mounts_.hierarchies) {
      // A process that has just been reaped may hold its cgroup for a moment longer.
      for (int tries = 0; rmdir((hierarchy.mount + path).c_str()) != 0 && errno == EBUSY && tries < 200;
           ++tries) {
        std::this_thread::sleep_for(1ms);
      }
    }
  }
  pid_t EndInside(const std::string& path) {
    const pid_t child = fork();
    if (child != 0) return child;
    for (const auto& hierarchy : mounts_.hierarchies) {
      const int procs = open((hierarchy.mount + path + "/cgroup.procs").c_str(), O_WRONLY);
      if (write(procs, "0", 1) != 1) _exit(1);
      close(procs);
    }
    _exit(0);
  }
  void EndOldest() {
    const Life life = lives_.begin()->second;
    lives_.erase(lives_.begin());
    if (life.process > 0) waitpid(life.process, nullptr, 0);
    RemoveAll(life.path);
  }

  const agent::CgroupMounts& mounts_;
  std::string base_;
  std::map<SteadyClock::time_point, Life> lives_;
  std::mt19937 random_{7};
  std::uniform_int_distribution<int> lifetime_{5, 50};
};

TEST(KernelShortLives, TenThousandCgroupsAllHaveNamesAndNothingGrows) {
  ProbedNode node({}, {.tombstone = 2s, .max_entries = 16'384});
  if (!node.Runs(wire::Signal::kCgroupLifecycle))
    GTEST_SKIP() << node.RungOf(wire::Signal::kCgroupLifecycle).why;
  const std::string base = "/loadline-test-" + std::to_string(getpid()) + "-storm";
  std::map<agent::HierarchyId, int> born;
  int died = 0;
  std::uint64_t exits = 0;
  node.on_event = [&](const agent::KernelEvent& event) {
    if (const auto* birth = std::get_if<agent::CgroupBorn>(&event)) {
      born[birth->cgroup.hierarchy] += birth->path.starts_with(base + "/");
    } else if (const auto* death = std::get_if<agent::CgroupDied>(&event)) {
      died += node.PathOf(death->cgroup).starts_with(base + "/");
    }
  };
  node.Sample();

  const pid_t storm = fork();
  if (storm == 0) {
    Storm(node.mounts(), base).Run();
    _exit(0);
  }
  std::size_t memory_half_way = 0;
  std::map<std::uint32_t, std::uint64_t> exits_of;  // cumulative, by ref
  const auto deadline = SteadyClock::now() + 50s;
  int status = 0;
  bool ended = false;
  while (!ended && SteadyClock::now() < deadline) {
    ended = waitpid(storm, &status, WNOHANG) == storm;
    node.Listen(100ms);
    for (const auto& sample : node.Sample()) {
      if (sample.probes && node.table().Path(sample.ref).starts_with(base + "/")) {
        exits_of[sample.ref] = std::max(exits_of[sample.ref], sample.probes->exits);
      }
    }
    const bool half_way = born.begin()->second > kCgroups / 2;
    if (half_way && memory_half_way == 0) memory_half_way = mallinfo2().uordblks;
  }
  if (!ended) kill(storm, SIGKILL), waitpid(storm, nullptr, 0);
  ASSERT_TRUE(ended) << "the storm did not end in time";
  node.Sample();
  for (const auto& [ref, count] : exits_of) exits += count;

  for (const auto& hierarchy : node.mounts().hierarchies)
    EXPECT_EQ(born[hierarchy.id], kCgroups) << hierarchy.mount;
  EXPECT_EQ(died, kCgroups * static_cast<int>(node.mounts().hierarchies.size()));
  if (node.Runs(wire::Signal::kProcessExit)) {
    EXPECT_EQ(exits, kCgroups / kProcessInEvery);
  }
  const auto losses = node.probes().losses();
  EXPECT_EQ(losses.unknown_cgroup, 0U);
  EXPECT_EQ(losses.ring_full, 0U);
  EXPECT_EQ(losses.map_full, 0U);
  EXPECT_EQ(losses.bad_event, 0U);
  // The minute of tombstones is two seconds here.
  node.Listen(2100ms);
  node.Listen(0ms);
  for (int i = 0; i < kCgroups; ++i) EXPECT_FALSE(node.table().FindPath(base + "/" + std::to_string(i))) << i;
  // exits_of above is the test's own, 5,000 entries at most.
  EXPECT_LT(mallinfo2().uordblks, memory_half_way + (2U << 20));
}

}  // namespace
}  // namespace loadline::testing
