// Cgroups that live for milliseconds, by the thousand: none without a name, and nothing that grows.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include "agent/source/machine_source.h"
#include "agent/window/window.h"
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
  // `busy`: so long each process runs inside.
  Storm(const agent::CgroupMounts& mounts, std::string base, SteadyClock::duration busy = {})
      : mounts_(mounts), base_(std::move(base)), busy_(busy) {}

  // `at_end` is called before the cgroup around them all is removed.
  void Run(const std::function<void()>& at_end = [] {}) {
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
    at_end();
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
    for (const auto end = SteadyClock::now() + busy_; SteadyClock::now() < end;) {
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
  SteadyClock::duration busy_;
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

// What the kernel says that a cgroup and those that were below it have used.
std::uint64_t UsedNs(const agent::CgroupMounts& mounts, const std::string& path) {
  std::uint64_t used = 0;
  std::string key;
  if (const auto* cpuacct = mounts.With("cpuacct"); cpuacct != nullptr && !cpuacct->unified()) {
    std::ifstream(cpuacct->mount + path + "/cpuacct.usage") >> used;
    return used;
  }
  std::ifstream(mounts.Unified()->mount + path + "/cpu.stat") >> key >> used;
  return used * 1000;
}

// The agent as it is: samples each second, a report each ten; most cgroups live between two samples.
TEST(KernelShortLives, TheirCpuTimeIsTheKernels) {
  const SystemClock clock;
  auto source = agent::MachineSource::Open({}, clock.Now());
  ASSERT_TRUE(source) << source.error().message;
  const auto& rungs = (*source)->rungs();
  const auto lifecycle = std::ranges::find(rungs, wire::Signal::kCgroupLifecycle, &wire::SignalRung::signal);
  if (lifecycle->rung != wire::Rung::kTpBtf) GTEST_SKIP() << lifecycle->why;
  const std::string base = "/loadline-test-" + std::to_string(getpid()) + "-used";
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t storm = fork();
  if (storm == 0) {
    Storm((*source)->mounts(), base, 3ms).Run([&] {
      const std::uint64_t used = UsedNs((*source)->mounts(), base);
      if (write(ends[1], &used, sizeof(used)) != sizeof(used)) _exit(1);
    });
    _exit(0);
  }
  agent::Window window((*source)->table());
  std::map<std::uint32_t, std::string> paths;
  std::uint64_t told_us = 0;
  int unnamed = 0;
  std::uint64_t sequence = 0;
  bool ended = false;
  const Mono deadline = clock.Now() + 100s;
  Mono begin = clock.Now();
  for (int sample = 1; !ended && clock.Now() < deadline; ++sample) {
    ended = waitpid(storm, nullptr, WNOHANG) == storm;
    (*source)->WaitUntil(clock.Now() + (ended ? 0s : 1s), -1, [](const agent::KernelEvent&) {});
    const bool last = ended || sample % 10 == 0;
    const auto samples = (*source)->Sample(clock.Now(), last ? agent::Depth::kAll : agent::Depth::kMoving);
    ASSERT_TRUE(samples) << samples.error().message;
    for (const std::uint32_t ref : (*source)->TakeBorn()) window.Born(ref);
    window.Add(*samples, clock.Now());
    if (!last) continue;
    const auto report = window.Close({.length = clock.Now() - begin, .end = clock.WallNow()});
    window.Sent(++sequence);
    begin = clock.Now();
    for (const auto& who : report.identities) paths[who.ref] = who.path;
    for (const auto& container : report.containers) {
      const auto path = paths.find(container.ref);
      unnamed += path == paths.end() ? 1 : 0;
      if (path != paths.end() && path->second.starts_with(base + "/") && container.cpu)
        told_us += container.cpu->usage_us;
    }
  }
  if (!ended) kill(storm, SIGKILL), waitpid(storm, nullptr, 0);
  ASSERT_TRUE(ended) << "the storm did not end in time";
  std::uint64_t used_ns = 0;
  ASSERT_EQ(read(ends[0], &used_ns, sizeof(used_ns)), static_cast<ssize_t>(sizeof(used_ns)));
  close(ends[0]), close(ends[1]);
  EXPECT_EQ(unnamed, 0);
  const wire::LossCounts losses = (*source)->losses();
  EXPECT_EQ(losses.unknown_cgroup, 0U);
  EXPECT_EQ(losses.ring_full, 0U);
  EXPECT_EQ(losses.map_full, 0U);
  EXPECT_GT(used_ns, 1'000'000'000U);
  EXPECT_NEAR(static_cast<double>(told_us) * 1000, static_cast<double>(used_ns),
              static_cast<double>(used_ns) / 100);
}

// What is born while it opens and looks at what it may read is news that it has not read yet.
TEST(KernelShortLives, OneThatStartsAmongThemMissesNone) {
  const auto mounts = agent::FindCgroupMounts({});
  ASSERT_TRUE(mounts);
  const std::string base = "/loadline-test-" + std::to_string(getpid()) + "-amid";
  const pid_t storm = fork();
  if (storm == 0) {
    Storm(*mounts, base).Run();
    _exit(0);
  }
  const SystemClock clock;
  int starts = 0;
  bool ended = false;
  for (const Mono deadline = clock.Now() + 50s; !ended && clock.Now() < deadline; ++starts) {
    auto source = agent::MachineSource::Open({}, clock.Now());
    ASSERT_TRUE(source) << source.error().message;
    (void)(*source)->ProbesReadable();
    for (int sample = 0; sample < 3; ++sample) {
      (void)(*source)->Sample(clock.Now(), agent::Depth::kAll);
      (*source)->WaitUntil(clock.Now() + 50ms, -1, [](const agent::KernelEvent&) {});
    }
    EXPECT_EQ((*source)->losses().unknown_cgroup, 0U) << "at start " << starts;
    ended = waitpid(storm, nullptr, WNOHANG) == storm;
  }
  if (!ended) kill(storm, SIGKILL), waitpid(storm, nullptr, 0);
  EXPECT_TRUE(ended) << "the storm did not end in time";
  EXPECT_GT(starts, 3);
}

}  // namespace
}  // namespace loadline::testing
