// What cgroups had used when they were removed, of which no sample is left.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <cstring>
#include <map>

#include "tests/kernel/probed_node.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

// So much CPU time, and so much memory at once.
void Use(Duration cpu, Bytes memory) {
  void* pages = mmap(nullptr, static_cast<std::size_t>(memory), PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
  std::memset(pages, 1, static_cast<std::size_t>(memory));
  timespec used{};
  do {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  } while (std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec) < cpu);
}

double SecondsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

// What the kernel itself says of it.
double Usage(const OwnCgroup& cgroup) {
  const std::string nanoseconds = cgroup.Read("cpuacct", "cpuacct.usage");
  if (!nanoseconds.empty()) return std::stod(nanoseconds) * 1e-9;
  return static_cast<double>(cgroup.ReadKey("cpu", "cpu.stat", "usage_usec")) * 1e-6;
}

TEST(KernelLastReading, WhatLivedBetweenTwoSamplesIsCounted) {
  ProbedNode& node = ProbedNode::Shared();
  if (!node.Runs(wire::Signal::kCgroupLifecycle))
    GTEST_SKIP() << node.RungOf(wire::Signal::kCgroupLifecycle).why;
  std::map<std::string, agent::LastReading> told;
  node.on_event = [&](const agent::KernelEvent& event) {
    const auto* died = std::get_if<agent::CgroupDied>(&event);
    if (died == nullptr) return;
    agent::LastReading& used = told[node.PathOf(died->cgroup)];
    // The hierarchy that counts it is one of several.
    if (died->used.usage_ns) used.usage_ns = std::max(used.usage_ns.value_or(0), *died->used.usage_ns);
    if (died->used.memory_peak)
      used.memory_peak = std::max(used.memory_peak.value_or(0), *died->used.memory_peak);
  };
  constexpr int kCgroups = 20;
  constexpr Bytes kMemory = 16 * kMiB;
  double of_processes = 0;
  std::map<std::string, double> of_kernel;
  for (int i = 0; i < kCgroups; ++i) {
    auto cgroup = OwnCgroup::Make(OwnName("brief-" + std::to_string(i))).value();
    const pid_t pid = cgroup.Spawn([&] { Use(1ms * (5 + 2 * i), kMemory); });
    int status = 0;
    rusage used{};
    ASSERT_EQ(wait4(pid, &status, 0, &used), pid);
    of_processes += SecondsOf(used.ru_utime) + SecondsOf(used.ru_stime);
    // Reading makes the kernel of v2 sum up what its CPUs have counted: half of them are never read.
    of_kernel[cgroup.path()] = i % 2 == 0 ? Usage(cgroup) : 0;
  }
  node.Listen(200ms);
  node.on_event = nullptr;

  double of_ours = 0;
  for (const auto& [path, kernel] : of_kernel) {
    ASSERT_TRUE(told[path].usage_ns) << path << ": " << node.RungOf(wire::Signal::kCgroupLifecycle).why;
    const double ours = static_cast<double>(*told[path].usage_ns) * 1e-9;
    of_ours += ours;
    if (kernel > 0) {
      // The last instructions of a process are counted after its parent knows that it has ended.
      EXPECT_GE(ours, kernel) << path;
      EXPECT_LT(ours, kernel * 1.01 + 1e-3) << path;
    }
    EXPECT_GE(told[path].memory_peak.value_or(0), kMemory) << path;
  }
  // Whatever a process did before it entered its cgroup is in its own figure alone.
  EXPECT_NEAR(of_ours, of_processes, 0.1 * of_processes);
}

}  // namespace
}  // namespace loadline::testing
