// The demo's workloads: what goes wrong in clusters, in cgroups of the demo's own, made to be seen within a
// minute.
#pragma once

#include <string>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/base/units.h"
#include "tests/support/cgroup.h"

namespace loadline::demo {

// One workload: a cgroup "PARENT/NAME" with these requests and limits (0: none), and one process in
// it.
struct Workload {
  std::string name;
  std::string story;  // What it does wrong, for the terminal.
  MilliCores cpu_request = 0;
  MilliCores cpu_limit = 0;
  Bytes memory_limit = 0;
  void (*work)() = nullptr;  // Runs in the child, for ever.
  std::string parent = "loadline-demo";
};

// The three of ./run --demo: hungry, leaky, roomy.
std::vector<Workload> DemoWorkloads();

// The two of the contest: the same hungry process twice, to be served by two algorithms side by side.
std::vector<Workload> ContestWorkloads();

// Uses 300m and no more: three milliseconds of CPU time in every ten. What it could not do in its time is
// dropped, as by a service whose callers give up.
void WantThreeTenths();

// A workload that runs. Its process is started again when it ends; destroying it kills it and removes the
// cgroup.
class Running {
 public:
  static Result<Running> Start(const Workload& workload);
  // Starts the process again when it has ended and a short pause is over. Call a few times a second.
  void Tend();
  [[nodiscard]] testing::OwnCgroup& cgroup() { return cgroup_; }
  [[nodiscard]] const testing::OwnCgroup& cgroup() const { return cgroup_; }
  [[nodiscard]] const Workload& workload() const { return workload_; }

 private:
  Running(Workload workload, testing::OwnCgroup cgroup);
  Workload workload_;
  testing::OwnCgroup cgroup_;
  pid_t pid_ = -1;
  int pause_ = 0;  // Calls of Tend() left until the next start.
};

}  // namespace loadline::demo
