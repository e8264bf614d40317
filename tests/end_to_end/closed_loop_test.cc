// The closed loop on this machine's kernel: a process is held back by its CPU limit, and the limit is set as
// recommended until the process is served. VPA's algorithm does the same beside it.
//
// The need is small, and its cgroup keeps its weight, so that neighbours on the same cores take little of it.
// What they do take cannot be seen as a need: so the bars are of what it uses once its limit lets it.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "collector/recommend/vpa.h"
#include "tests/demo/contest.h"
#include "tests/end_to_end/own_run.h"

namespace loadline::test {
namespace {

using namespace std::chrono_literals;
using demo::Contest;

constexpr MilliCores kNeed = 300;
constexpr MilliCores kGiven = 30;
constexpr Duration kLookEvery = 5s;
// It takes about a minute and a half; the bar is ten.
constexpr Duration kPatience = 3min;

demo::Workload Contestant(const std::string& algorithm) {
  return {.name = fmt::format("loop-{}-{}", ::getpid(), algorithm),
          .cpu_limit = kGiven,
          .work = demo::WantThreeTenths,
          .parent = fmt::format("loadline-test-{}", ::getpid())};
}

// How often VPA's answer has to be applied from this limit on, when use is always pinned at the limit.
int StepsOfVpa(MilliCores limit) {
  int steps = 0;
  for (; limit < kNeed; ++steps) {
    collector::ContainerUsage pinned;
    for (int minute = 1; minute <= 60; ++minute) {
      pinned.AddCpu(
          {.at = Wall(minute * 1min), .interval = 1min, .usage_cores = static_cast<double>(limit) / 1000});
    }
    limit = collector::MakeVpa()->Recommend(pinned, {}, Wall(1h)).cpu.target;
  }
  return steps;
}

// Seconds of CPU time so far: one of the two files is there.
double UsedSeconds(const testing::OwnCgroup& cgroup) {
  return static_cast<double>(cgroup.ReadKey("cpu", "cpu.stat", "usage_usec")) * 1e-6 +
         std::strtod(cgroup.Read("cpuacct", "cpuacct.usage").c_str(), nullptr) * 1e-9;
}

// What one contestant uses, in millicores, look by look.
class Meter {
 public:
  explicit Meter(const Contest::Contestant& who) : who_(who), begin_(clock_.Now()), used_(Used()) {}
  void Step() {
    const Mono now = clock_.Now();
    if (now - begin_ < kLookEvery) return;
    const double used = Used();
    last_ = (used - used_) * 1000 / Seconds(now - begin_);
    highest_ = std::max(highest_, last_);
    begin_ = now;
    used_ = used;
  }
  [[nodiscard]] double last() const { return last_; }
  [[nodiscard]] double highest() const { return highest_; }

 private:
  [[nodiscard]] double Used() const { return UsedSeconds(who_.running.cgroup()); }

  const SystemClock clock_;
  const Contest::Contestant& who_;
  Mono begin_;
  double used_;
  double last_ = 0;
  double highest_ = 0;
};

TEST(ClosedLoop, AThrottledProcessIsServedAfterTwoChangesAndAtMostAThirdMoreThanItNeeds) {
  if (::geteuid() != 0) GTEST_SKIP() << "the agent and the cgroups need root";
  const TemporaryFolder folder;
  const std::string config = folder.path() + "/loop.yaml";
  std::ofstream(config) << "recommend:\n  interval: 5s\n  compare: vpa\n";
  OwnRun run({"--config", config});
  ASSERT_TRUE(run.Serves()) << run.Printed();

  const SystemClock clock;
  const Mono begin = clock.Now();
  Contest contest({.server = "http://" + run.web_address() + "/",
                   .workloads = {Contestant("loadline"), Contestant("vpa")},
                   .look_every = kLookEvery,
                   .moves_request = false},
                  [](const std::string& line) { std::printf("%s\n", line.c_str()); });
  ASSERT_TRUE(contest.Start(begin));
  const Contest::Contestant& ours = contest.contestants()[0];
  const Contest::Contestant& vpa = contest.contestants()[1];
  Meter meter(ours);
  const auto go_on = [&](Duration time, const auto& until) {
    const Mono end = clock.Now() + time;
    while (clock.Now() < end && !until()) {
      contest.Step(clock.Now());
      meter.Step();
      std::this_thread::sleep_for(100ms);
    }
  };
  const auto settled = [&] { return ours.served && ours.limit <= kNeed * 13 / 10 && ours.changes > 0; };
  go_on(kPatience, settled);
  const double taken = Seconds(clock.Now() - begin);
  EXPECT_TRUE(settled()) << "limit " << ours.limit << "m\n" << run.Printed();
  go_on(20s, [] { return false; });  // It stays so.
  EXPECT_LE(ours.changes, 2);
  EXPECT_LT(ours.throttled_share, 0.05);
  EXPECT_GE(static_cast<double>(ours.limit), meter.last());
  EXPECT_LE(static_cast<double>(ours.limit), 1.3 * meter.highest());
  EXPECT_LE(ours.limit, kNeed * 13 / 10);
  EXPECT_LT(vpa.limit, ours.limit);
  std::printf("loadline: %s and %d changes to %s, for a use of up to %.0fm\n", FormatSeconds(taken).c_str(),
              ours.changes, FormatCpu(ours.limit).c_str(), meter.highest());
  std::printf("vpa: at %s after %d changes; %d more, and hours for its old samples to fade before each\n",
              FormatCpu(vpa.limit).c_str(), vpa.changes, StepsOfVpa(vpa.limit));
}

}  // namespace
}  // namespace loadline::test
