#include "tests/demo/workloads.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

namespace loadline::demo {
namespace {

using namespace std::chrono_literals;

// Tend() is called four times a second: three seconds lie between a kill and the next start.
constexpr int kPauseCalls = 12;

void WantACore() {
  // The barrier keeps the compiler from dropping a loop that does nothing.
  for (;;) asm volatile("");
}

Duration CpuTime() {
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

void Allocate(Bytes size) {
  void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory != MAP_FAILED) std::memset(memory, 1, size);
}

void GrowUntilKilled() {
  for (;;) {
    Allocate(2 * kMiB);
    std::this_thread::sleep_for(100ms);
  }
}

void UseLittle() {
  Allocate(20 * kMiB);
  for (;;) {
    const auto busy_until = std::chrono::steady_clock::now() + 30ms;
    while (std::chrono::steady_clock::now() < busy_until) {
    }
    std::this_thread::sleep_for(970ms);
  }
}

}  // namespace

void WantThreeTenths() {
  auto next = std::chrono::steady_clock::now();
  for (;;) {
    const Duration enough = CpuTime() + 3ms;
    while (CpuTime() < enough) {
    }
    next = std::max(next + 10ms, std::chrono::steady_clock::now());
    std::this_thread::sleep_until(next);
  }
}

std::vector<Workload> DemoWorkloads() {
  return {
      {"hungry", "wants a whole core, is limited to 100m: throttled all the time", 100, 100, 0, WantACore},
      {"leaky", "grows without end below a limit of 64 MiB: OOM-killed, started again", 0, 0, 64 * kMiB,
       GrowUntilKilled},
      {"roomy", "asks for 2 cores and 1 GiB, uses 30m and 20 MiB", 2000, 0, kGiB, UseLittle},
  };
}

std::vector<Workload> ContestWorkloads() {
  return {
      {"contest-loadline", "wants a core, starts at 100m, limited as loadline says", 100, 100, 0, WantACore},
      {"contest-vpa", "wants a core, starts at 100m, limited as vpa says", 100, 100, 0, WantACore},
  };
}

Running::Running(Workload workload, testing::OwnCgroup cgroup)
    : workload_(std::move(workload)), cgroup_(std::move(cgroup)) {}

Result<Running> Running::Start(const Workload& workload) {
  auto cgroup = testing::OwnCgroup::Make(workload.parent + "/" + workload.name);
  if (!cgroup) return Failure(cgroup.error());
  Running running(workload, std::move(*cgroup));
  if (workload.cpu_request > 0) {
    if (auto done = running.cgroup_.RequestCpu(workload.cpu_request); !done) return Failure(done.error());
  }
  if (workload.cpu_limit > 0) {
    if (auto done = running.cgroup_.LimitCpu(workload.cpu_limit); !done) return Failure(done.error());
  }
  if (workload.memory_limit > 0) {
    if (auto done = running.cgroup_.LimitMemory(workload.memory_limit); !done) return Failure(done.error());
  }
  return running;
}

void Running::Tend() {
  if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) {
    pid_ = -1;
    pause_ = kPauseCalls;
  }
  if (pid_ > 0 || pause_-- > 0) return;
  pid_ = cgroup_.Spawn([work = workload_.work] {
    // The workloads end with the demo, however it ends.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    work();
  });
}

}  // namespace loadline::demo
