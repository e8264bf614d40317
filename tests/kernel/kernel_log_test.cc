// What the kernel writes reaches the agent, through /dev/kmsg and, where that may not be read, through the probe.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "agent/source/machine_source.h"
#include "tests/kernel/own_name.h"
#include "tests/support/temporary_folder.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

class KernelKernelLog : public ::testing::TestWithParam<wire::Rung> {
 protected:
  KernelKernelLog() {
    std::ofstream(rules_) << R"({"plugin": "kmsg", "conditions": [], "rules": [
      {"type": "temporary", "reason": "LoadlineTest", "pattern": "a fault of )"
                          << word_ << R"(.*"}]})";
  }

  // By the same way as the kernel's own lines, printk(). Before 5.12 the probe sees what a console shows: in a machine of
  // its own that is an emergency, on anybody's own it is a warning.
  bool Say(const std::string& text) const {
    std::ofstream log("/dev/kmsg");
    log << (std::getenv("LOADLINE_RUNGS") != nullptr ? "<0>" : "<4>") << text << std::endl;
    return log.good();
  }

  const TemporaryFolder folder_;
  const std::string word_ = OwnName("log");
  const std::string rules_ = folder_.path() + "/rules.json";
};
INSTANTIATE_TEST_SUITE_P(Ways, KernelKernelLog, ::testing::Values(wire::Rung::kFiles, wire::Rung::kTpBtf),
                         [](const auto& param) { return wire::Name(param.param); });

TEST_P(KernelKernelLog, AFaultIsToldOnceAndAtTheTimeWhenItWasWritten) {
  const SystemClock clock;
  agent::MachineSourceOptions options;
  options.log.rules = {rules_};
  options.ceilings = {{wire::Signal::kKernelLog, GetParam()}};
  auto source = agent::MachineSource::Open(options, clock.Now()).value();
  const auto rung = std::ranges::find(source->rungs(), wire::Signal::kKernelLog, &wire::SignalRung::signal);
  if (rung->rung == wire::Rung::kOff) GTEST_SKIP() << rung->why;
  ASSERT_EQ(rung->rung, GetParam());

  const Wall before = clock.WallNow();
  if (!Say("a fault of " + word_ + ", the first")) GTEST_SKIP() << "/dev/kmsg cannot be written";
  if (!Say("nothing at all")) GTEST_SKIP() << "/dev/kmsg cannot be written";
  std::vector<wire::HealthEvent> told;
  for (const Mono end = clock.Now() + 3s; clock.Now() < end && told.empty();) {
    source->WaitUntil(clock.Now() + 200ms, -1, [](const agent::KernelEvent&) {});
    told = source->Health(clock.Now(), clock.WallNow());
  }
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].reason, "LoadlineTest");
  EXPECT_EQ(told[0].message, "a fault of " + word_ + ", the first");
  EXPECT_EQ(told[0].times, 1U);
  const Wall at{std::chrono::nanoseconds(told[0].at_ns)};
  EXPECT_LT(std::chrono::abs(at - before), 1s);
}

}  // namespace
}  // namespace loadline::testing
