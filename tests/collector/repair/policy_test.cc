#include "collector/repair/policy.h"

#include <gmock/gmock.h>

#include "collector/repair/limits.h"

namespace loadline::collector {
namespace {

using enum NodeTrouble;
using enum RepairStep;
using namespace std::chrono_literals;

std::string Fault(RepairPolicy policy) {
  const Result<void> checked = Check(policy);
  return checked ? "" : checked.error().message;
}

TEST(RepairPolicy, TheDefaultIsSound) {
  EXPECT_EQ(Fault(DefaultPolicy()), "");
}

TEST(RepairPolicy, MemoryAndDiskPressureNeverLeadToAReboot) {
  for (const NodeTrouble trouble : {kMemoryPressure, kDiskPressure, kMemoryLivelock}) {
    for (const RepairStep step : {kReboot, kReimage, kReplace}) {
      EXPECT_FALSE(MayLeadTo(trouble, step));
      EXPECT_EQ(Fault({.rules = {{trouble, {1min, {{step, 1min}, {kPage, 0s}}}}}}),
                std::string("'") + Name(trouble) + "': never leads to '" + Name(step) + "'");
    }
  }
}

TEST(RepairPolicy, ANodeThatIsFineItselfIsNeverTakenFromItsUsers) {
  for (std::size_t i = 0; i < kRepairSteps; ++i) {
    const auto step = static_cast<RepairStep>(i);
    for (const NodeTrouble trouble :
         {kNone, kAgentDead, kPartitionedFromCollector, kScheduled, kRebooting, kUnknown})
      EXPECT_FALSE(TakesCapacity(step) && MayLeadTo(trouble, step)) << Name(trouble) << ' ' << Name(step);
  }
}

TEST(RepairPolicy, ANodeThatIsToBeTakenIsEmptiedAndNothingElse) {
  for (const RepairStep step : {kRestartAgent, kReboot, kReimage, kReplace})
    EXPECT_FALSE(MayLeadTo(kToBeTaken, step));
  EXPECT_TRUE(MayLeadTo(kToBeTaken, kDrain));
}

TEST(RepairPolicy, ALadderGoesUpAndEndsWithAPerson) {
  EXPECT_EQ(Fault({.rules = {{kGone, {1min, {{kReplace, 1min}}}}}}), "'gone': a ladder ends with a page");
  EXPECT_EQ(Fault({.rules = {{kGone, {1min, {}}}}}), "'gone': a ladder ends with a page");
  EXPECT_EQ(Fault({.rules = {{kGone, {1min, {{kDrain, 1s}, {kCordon, 1s}, {kPage, 0s}}}}}}),
            "'gone': 'cordon' does not come after 'drain'");
  EXPECT_EQ(Fault({.rules = {{kGone, {1min, {{kDrain, 1s}, {kDrain, 1s}, {kPage, 0s}}}}}}),
            "'gone': 'drain' does not come after 'drain'");
}

TEST(RepairLimits, AShareOfASmallPoolIsRoundedDownAndAtLeastOne) {
  const std::vector<std::pair<std::size_t, int>> of20percent = {{1, 1}, {2, 1},  {3, 1},  {5, 1},
                                                                {9, 1}, {10, 2}, {14, 2}, {15, 3}};
  for (const auto& [nodes, share] : of20percent) EXPECT_EQ(ShareOf(0.2, nodes, 1), share) << nodes;
  EXPECT_EQ(ShareOf(0.1, 1000, 1), 100);
  EXPECT_EQ(ShareOf(0.05, 30, 2), 2);
}

}  // namespace
}  // namespace loadline::collector
