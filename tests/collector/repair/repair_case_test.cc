#include "collector/repair/repair_case.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Wall kNow = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

RepairCase UnderWay() {
  return {.node = "aks-web-1",
          .pool = "web",
          .zone = "eastus-1",
          .mode = RepairMode::kAuto,
          .trouble = NodeTrouble::kDiskReadOnly,
          .opened = kNow,
          .taken = kNow + 1s,
          .step = RepairStep::kReboot,
          .state = StepState::kOrdered,
          .at = kNow + 6min,
          .patience = 10min,
          .attempt = 3,
          .done = RepairStep::kDrain,
          .cordoned = true,
          .reason = "disk read-only for 6 min",
          .detail = "approved by ann"};
}

TEST(RepairCase, IsReadAsItWasSaved) {
  RepairCase repair = UnderWay();
  EXPECT_EQ(*LoadCase(SaveCase(repair)), repair);
  repair.closed = kNow + 1h;
  repair.told = true;
  repair.taken.reset();
  repair.done.reset();
  EXPECT_EQ(*LoadCase(SaveCase(repair)), repair);
  EXPECT_EQ(*LoadCase(SaveCase({})), RepairCase{});
}

TEST(RepairCase, WhatOnlyALaterVersionKnowsIsNotTakenForSomethingElse) {
  RepairCase repair = UnderWay();
  repair.step = static_cast<RepairStep>(kRepairSteps);
  EXPECT_FALSE(LoadCase(SaveCase(repair)));
  repair = UnderWay();
  repair.done = static_cast<RepairStep>(kRepairSteps);
  EXPECT_FALSE(LoadCase(SaveCase(repair)));
  repair = UnderWay();
  repair.trouble = static_cast<NodeTrouble>(kTroubles);
  EXPECT_FALSE(LoadCase(SaveCase(repair)));
  repair = UnderWay();
  repair.state = static_cast<StepState>(200);
  EXPECT_FALSE(LoadCase(SaveCase(repair)));
}

TEST(RepairCase, DamagedBytesAreRefused) {
  const std::string whole = SaveCase(UnderWay());
  // The last bytes may be padding, which nobody misses.
  for (std::size_t length = 0; length + 4 < whole.size(); ++length)
    EXPECT_FALSE(LoadCase(whole.substr(0, length))) << length;
}

TEST(RepairCase, IsNamedByItsNodeAndTimeAndAStepByItsAttempt) {
  const RepairCase repair = UnderWay();
  EXPECT_EQ(repair.Key(), "aks-web-1@1767225600000000000");
  EXPECT_EQ(repair.OrderId(), "aks-web-1@1767225600000000000/3/3");
}

}  // namespace
}  // namespace loadline::collector
