#include "agent/app/cpu_budget.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

class CpuBudgetTest : public ::testing::Test {
 protected:
  // Windows of ten seconds in which so much is used. Gives how often the step changed.
  int Use(MilliCores used, int windows) {
    int changes = 0;
    for (int window = 0; window < windows; ++window) {
      cpu_us_ += static_cast<std::uint64_t>(used) * 10'000;
      changes += budget_.Account(cpu_us_, 10s) ? 1 : 0;
    }
    return changes;
  }

  CpuBudget budget_{20};
  std::uint64_t cpu_us_ = 0;
};

TEST_F(CpuBudgetTest, WithinTheBudgetAllIsDone) {
  EXPECT_EQ(Use(20, 100), 0);
  EXPECT_EQ(budget_.used(), 20);
  EXPECT_EQ(budget_.effort().interval, 1s);
}

TEST_F(CpuBudgetTest, TheFirstWindowsMayCostMore) {
  EXPECT_EQ(Use(500, 3), 0);
  EXPECT_EQ(Use(5, 100), 0);
}

TEST_F(CpuBudgetTest, OneWindowAboveIsNotEnough) {
  Use(5, 3);
  for (int again = 0; again < 10; ++again) {
    EXPECT_EQ(Use(50, 1), 0);
    EXPECT_EQ(Use(5, 1), 0);
  }
}

TEST_F(CpuBudgetTest, AboveTheBudgetItDoesLessStepByStepAndStopsAtTheLast) {
  Use(5, 3);
  Duration before = 0s;
  for (int step = 1; step <= CpuBudget::kSteps; ++step) {
    EXPECT_EQ(Use(50, 2), 1);
    EXPECT_EQ(budget_.step(), step);
    EXPECT_GE(budget_.effort().interval, before);
    before = budget_.effort().interval;
  }
  EXPECT_EQ(Use(50, 10), 0);
  EXPECT_EQ(budget_.step(), CpuBudget::kSteps);
  EXPECT_EQ(before, 10s);
}

TEST_F(CpuBudgetTest, EachStepReadsNoMoreThanTheOneBefore) {
  for (int step = 1; step <= CpuBudget::kSteps; ++step) {
    const Effort before = CpuBudget::EffortAt(step - 1);
    const Effort after = CpuBudget::EffortAt(step);
    EXPECT_TRUE(after.interval > before.interval || after.rotation > before.rotation) << step;
    EXPECT_TRUE(after.interval >= before.interval && after.rotation >= before.rotation) << step;
  }
}

TEST_F(CpuBudgetTest, ComesBackOnlyWhereThereIsRoom) {
  Use(5, 3);
  Use(50, 4);
  EXPECT_EQ(budget_.step(), 2);
  EXPECT_EQ(Use(15, 100), 0) << "a step back would be above it again";
  EXPECT_EQ(Use(5, 5), 0);
  EXPECT_EQ(Use(5, 1), 1);
  EXPECT_EQ(Use(5, 6), 1);
  EXPECT_EQ(budget_.step(), 0);
}

// What is the same at every step is half of the budget here.
TEST_F(CpuBudgetTest, WhereItWasBelowForMinutesAStepBackIsTried) {
  Use(5, 3);
  Use(50, 8);
  EXPECT_EQ(budget_.step(), 4);
  EXPECT_EQ(Use(12, 29), 0);
  EXPECT_EQ(Use(12, 1), 1);
  EXPECT_EQ(Use(12, 90), 3);
  EXPECT_EQ(budget_.step(), 0);
}

TEST_F(CpuBudgetTest, ATryThatFailsIsMadeMoreAndMoreRarely) {
  Use(5, 3);
  Use(50, 2);
  int tries = 0;
  for (int window = 0; window < 1000; ++window) {
    const int before = budget_.step();
    Use(before == 0 ? 30 : 12, 1);
    tries += budget_.step() < before ? 1 : 0;
  }
  EXPECT_EQ(tries, 5) << "after 30, 60, 120, 240 and 480 windows";
}

TEST(CpuBudget, PartsOfAThousandthCount) {
  CpuBudget least(1);
  std::uint64_t cpu_us = 0;
  const auto use = [&](std::uint64_t us) { return least.Account(cpu_us += us, 10s); };
  for (int window = 0; window < 5; ++window) use(15'000);
  EXPECT_EQ(least.step(), 1) << "1.5m is above 1m";
  for (int window = 0; window < 6; ++window) use(7'000);
  EXPECT_EQ(least.step(), 1) << "0.7m is no third of 1m";
  for (int window = 0; window < 6; ++window) use(3'000);
  EXPECT_EQ(least.step(), 0);
}

TEST(CpuBudget, NoneIsNeverExceeded) {
  CpuBudget none(0);
  for (std::uint64_t window = 1; window < 20; ++window) EXPECT_FALSE(none.Account(window * 10'000'000, 10s));
  EXPECT_EQ(none.step(), 0);
}

}  // namespace
}  // namespace loadline::agent
