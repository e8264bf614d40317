// What each rung counts against the kernel's own files of the same cgroups: the iterator, in the form that this kernel
// takes, and the files as the agent reads them.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>
#include <fstream>
#include <optional>

#include "agent/host/file_counter_source.h"
#include "tests/kernel/probed_node.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

class KernelCounters : public ::testing::TestWithParam<wire::Rung> {
 protected:
  void SetUp() override {
    if (GetParam() == wire::Rung::kFiles) {
      files_.emplace(node_.mounts(), agent::FileCounterOptions{});
    } else if (!node_.Runs(wire::Signal::kCgroupCounters)) {
      GTEST_SKIP() << node_.RungOf(wire::Signal::kCgroupCounters).why;
    }
  }
  bool CpuIsUnified() { return node_.mounts().With("cpu")->unified(); }
  bool MemoryIsUnified() { return node_.mounts().With("memory")->unified(); }
  agent::CgroupCounters CountersOf(const OwnCgroup& cgroup, agent::Depth depth = agent::Depth::kAll) {
    if (files_) return FileCountersOf(cgroup, depth);
    node_.Sample(depth);
    EXPECT_TRUE(node_.sampled()) << node_.sampled().error().message;
    const auto found = node_.CountersOf(cgroup.path());
    EXPECT_TRUE(found) << cgroup.path();
    return found.value_or(agent::CgroupCounters{});
  }
  std::uint64_t UsageNs(const OwnCgroup& cgroup) {
    if (CpuIsUnified()) return cgroup.ReadKey("cpu", "cpu.stat", "usage_usec") * 1000;
    return std::stoull(cgroup.Read("cpuacct", "cpuacct.usage"));
  }

  ProbedNode& node_ = ProbedNode::Shared();

 private:
  agent::CgroupCounters FileCountersOf(const OwnCgroup& cgroup, agent::Depth depth) {
    files_->Follow(1, cgroup.path());
    std::vector<agent::CgroupCounters> samples;
    EXPECT_TRUE(files_->Sample(samples, depth));
    EXPECT_EQ(files_->failed(), 0U);
    return samples.empty() ? agent::CgroupCounters{} : samples[0];
  }

  std::optional<agent::FileCounterSource> files_;  // of the one cgroup of a test
};
INSTANTIATE_TEST_SUITE_P(Rungs, KernelCounters, ::testing::Values(wire::Rung::kIterator, wire::Rung::kFiles),
                         [](const auto& rung) { return wire::Name(rung.param); });

TEST_P(KernelCounters, ThrottlingOfACgroupOverItsQuotaEqualsCpuStat) {
  auto cgroup = OwnCgroup::Make(OwnName("over-quota")).value();
  ASSERT_TRUE(cgroup.LimitCpu(200));
  const pid_t busy = cgroup.Spawn([] {
    for (;;) {
    }
  });
  ASSERT_GT(busy, 0);
  const std::string unit = CpuIsUnified() ? "throttled_usec" : "throttled_time";
  const auto throttled = [&] { return cgroup.ReadKey("cpu", "cpu.stat", unit); };
  // On a machine that has little time to give it may take a while to use up a quota.
  for (int i = 0; i < 200 && throttled() < (CpuIsUnified() ? 200'000U : 200'000'000U); ++i)
    node_.Listen(100ms);
  cgroup.KillAll();
  node_.Listen(250ms);  // the last period's timer runs out

  const auto counters = CountersOf(cgroup);
  ASSERT_TRUE(counters.cpu);
  EXPECT_EQ(counters.cpu->periods, cgroup.ReadKey("cpu", "cpu.stat", "nr_periods"));
  EXPECT_EQ(counters.cpu->throttled_periods, cgroup.ReadKey("cpu", "cpu.stat", "nr_throttled"));
  EXPECT_EQ(CpuIsUnified() ? counters.cpu->throttled_ns / 1000 : counters.cpu->throttled_ns, throttled());
  EXPECT_GE(counters.cpu->throttled_periods, 1U);
  EXPECT_GE(counters.cpu->throttled_ns, 200'000'000U);
  EXPECT_EQ(counters.cpu->quota_us, 20'000U);
  EXPECT_EQ(counters.cpu->period_us, 100'000U);
}

TEST_P(KernelCounters, BurstsEqualTheFileAndAreNoThrottling) {
  auto cgroup = OwnCgroup::Make(OwnName("bursts")).value();
  ASSERT_TRUE(cgroup.LimitCpu(200));
  const std::string folder = cgroup.Folder("cpu");
  const bool v2 = CpuIsUnified();
  if (!(std::ofstream(folder + (v2 ? "/cpu.max.burst" : "/cpu.cfs_burst_us")) << 20'000 << std::flush))
    GTEST_SKIP() << "this kernel has no bursts";
  // It rests, so that it has saved up, and then works for longer than its quota of 20 ms.
  const pid_t worker = cgroup.Spawn([] {
    for (;;) {
      ::usleep(250'000);
      const auto cpu_ms = [] {
        timespec used{};
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
        return used.tv_sec * 1000 + used.tv_nsec / 1'000'000;
      };
      for (const auto begun = cpu_ms(); cpu_ms() < begun + 30;) {
      }
    }
  });
  ASSERT_GT(worker, 0);
  const auto bursts = [&] { return cgroup.ReadKey("cpu", "cpu.stat", "nr_bursts"); };
  for (int i = 0; i < 200 && bursts() == 0; ++i) node_.Listen(100ms);
  cgroup.KillAll();
  node_.Listen(250ms);  // the last period's timer runs out
  if (cgroup.Read("cpu", "cpu.stat").find("nr_bursts") == std::string::npos)
    GTEST_SKIP() << "this kernel does not count bursts";

  const auto counters = CountersOf(cgroup);
  ASSERT_TRUE(counters.cpu);
  EXPECT_GE(counters.cpu->bursts, 1U);
  EXPECT_EQ(counters.cpu->bursts, bursts());
  EXPECT_EQ(counters.cpu->burst_used_ns / (v2 ? 1000 : 1),
            cgroup.ReadKey("cpu", "cpu.stat", v2 ? "burst_usec" : "burst_time"));
  EXPECT_EQ(counters.cpu->burst_us, 20'000U);
}

TEST_P(KernelCounters, CpuTimeEqualsTheFile) {
  auto cgroup = OwnCgroup::Make(OwnName("worked")).value();
  const pid_t worker = cgroup.Spawn([] {
    for (timespec used{}; used.tv_nsec < 100'000'000 && used.tv_sec == 0;) {
      clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    }
  });
  ASSERT_EQ(waitpid(worker, nullptr, 0), worker);
  const std::uint64_t before = UsageNs(cgroup);
  const auto counters = CountersOf(cgroup);
  ASSERT_TRUE(counters.cpu);
  const std::uint64_t unit = CpuIsUnified() ? 1000 : 1;
  EXPECT_EQ(counters.cpu->usage_ns / unit, before / unit);
  EXPECT_GT(counters.cpu->usage_ns, 50'000'000U);
}

TEST_P(KernelCounters, APassOverWhatMovesSeesCpuAndMemoryAndKeepsTheRest) {
  auto cgroup = OwnCgroup::Make(OwnName("moved")).value();
  ASSERT_TRUE(cgroup.LimitMemory(64 * kMiB));
  const auto before = CountersOf(cgroup);
  ASSERT_TRUE(before.cpu && before.memory);
  const pid_t worker = cgroup.Spawn([] {
    std::vector<char> memory(8 * kMiB, 'x');
    while (std::clock() < CLOCKS_PER_SEC / 20) {
    }
  });
  ASSERT_GT(worker, 0);
  ASSERT_EQ(::waitpid(worker, nullptr, 0), worker);
  const auto after = CountersOf(cgroup, agent::Depth::kMoving);
  ASSERT_TRUE(after.cpu && after.memory);
  EXPECT_GT(after.cpu->usage_ns, before.cpu->usage_ns + 20'000'000);
  // The peak may be read once a window: of files always, where the kernel has it at all, and on v1 where as much is in
  // use as before.
  if (GetParam() == wire::Rung::kIterator) {
    EXPECT_GT(CountersOf(cgroup).memory->peak, before.memory->peak + 8 * kMiB);
  }
  EXPECT_EQ(after.memory->limit, 64 * kMiB);
  EXPECT_EQ(after.cpu->weight, before.cpu->weight);
}

TEST_P(KernelCounters, SettingsEqualTheFiles) {
  auto cgroup = OwnCgroup::Make(OwnName("set")).value();
  ASSERT_TRUE(cgroup.LimitCpu(1500));
  ASSERT_TRUE(cgroup.RequestCpu(250));
  ASSERT_TRUE(cgroup.LimitMemory(64 * kMiB));
  const auto counters = CountersOf(cgroup);
  ASSERT_TRUE(counters.cpu && counters.memory);
  EXPECT_EQ(counters.cpu->quota_us, 150'000U);
  EXPECT_EQ(counters.cpu->weight_is_shares, !CpuIsUnified());
  EXPECT_EQ(counters.cpu->weight,
            std::stoull(cgroup.Read("cpu", CpuIsUnified() ? "cpu.weight" : "cpu.shares")));
  EXPECT_EQ(counters.memory->limit, 64 * kMiB);
  EXPECT_EQ(counters.memory->high, 0);
}

// Fills memory in a child, waits until the kernel has folded its statistics, and compares.
TEST_P(KernelCounters, MemoryEqualsTheFiles) {
  auto cgroup = OwnCgroup::Make(OwnName("filled")).value();
  int filled[2];
  ASSERT_EQ(pipe(filled), 0);
  const pid_t holder = cgroup.Spawn([&] {
    constexpr std::size_t kSize = 40 << 20;
    void* memory = mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    std::memset(memory, 1, kSize);
    void* shared = mmap(nullptr, kSize / 4, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    std::memset(shared, 1, kSize / 4);
    if (write(filled[1], "!", 1) == 1) pause();
  });
  ASSERT_GT(holder, 0);
  close(filled[1]);
  char mark = 0;
  EXPECT_EQ(read(filled[0], &mark, 1), 1);
  close(filled[0]);
  node_.Listen(100ms);  // the child goes to sleep
  const bool v2 = MemoryIsUnified();
  // Reading memory.stat makes the kernel fold.
  const auto stat = [&](const char* key) {
    return static_cast<Bytes>(cgroup.ReadKey("memory", "memory.stat", key));
  };
  const Bytes anon = v2 ? stat("anon") : stat("total_rss");
  const auto counters = CountersOf(cgroup);
  ASSERT_TRUE(counters.memory);
  EXPECT_EQ(counters.memory->current,
            std::stoll(cgroup.Read("memory", v2 ? "memory.current" : "memory.usage_in_bytes")));
  if (const auto peak = cgroup.Read("memory", v2 ? "memory.peak" : "memory.max_usage_in_bytes");
      !peak.empty()) {
    EXPECT_EQ(counters.memory->peak, std::stoll(peak));
  }
  EXPECT_EQ(counters.memory->anon, anon);
  // Older kernels' own figures lack what their CPUs have not handed over yet.
  EXPECT_GE(counters.memory->anon, 39 * kMiB);
  EXPECT_EQ(counters.memory->file, v2 ? stat("file") : stat("total_cache"));
  EXPECT_EQ(counters.memory->shmem, v2 ? stat("shmem") : stat("total_shmem"));
  EXPECT_GE(counters.memory->shmem, 9 * kMiB);
  EXPECT_EQ(counters.memory->inactive_file, v2 ? stat("inactive_file") : stat("total_inactive_file"));
  if (v2) {
    EXPECT_EQ(counters.memory->kernel, stat("kernel"));
  } else {
    EXPECT_EQ(counters.memory->kernel, std::stoll(cgroup.Read("memory", "memory.kmem.usage_in_bytes")));
  }
  // v2 has it since 5.18.
  if (!v2 || cgroup.Read("memory", "memory.stat").contains("\nkernel ")) {
    EXPECT_GT(counters.memory->kernel, 0);
  }
}

// Eight cgroups at a time: whatever the slices, each is seen once and none is missed.
TEST(KernelSlices, AWalkInSlicesSeesEveryCgroupOnce) {
  const wire::SignalRung counters_rung = ProbedNode::Shared().RungOf(wire::Signal::kCgroupCounters);
  if (counters_rung.rung == wire::Rung::kOff) GTEST_SKIP() << counters_rung.why;
  agent::KernelProbesOptions options;
  options.slice = 1ns;  // every slice ends at its first look at the clock
  ProbedNode sliced(options);
  std::vector<OwnCgroup> cgroups;
  for (int i = 0; i < 60; ++i)
    cgroups.push_back(OwnCgroup::Make(OwnName("slice-" + std::to_string(i))).value());
  sliced.Sample();
  sliced.Sample();
  ASSERT_TRUE(sliced.sampled()) << sliced.sampled().error().message;
  const auto& samples = sliced.Sample();
  EXPECT_GT(sliced.probes().slices(), 3 * 60U / 8);
  std::vector<std::uint32_t> refs;
  for (const auto& sample : samples) refs.push_back(sample.ref);
  std::ranges::sort(refs);
  EXPECT_EQ(std::ranges::adjacent_find(refs), refs.end());
  for (const OwnCgroup& cgroup : cgroups) {
    const auto counters = sliced.CountersOf(cgroup.path());
    ASSERT_TRUE(counters) << cgroup.path();
    EXPECT_TRUE(counters->cpu && counters->memory);
  }
}

}  // namespace
}  // namespace loadline::testing
