#include "schemas/base/clock.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

using namespace std::chrono_literals;

TEST(ManualClock, MovesBothTimesByTheSameAmountAndOnlyWhenTold) {
  ManualClock clock;
  const Mono mono = clock.Now();
  const Wall wall = clock.WallNow();
  EXPECT_EQ(clock.Now(), mono);
  clock.Advance(90s);
  EXPECT_EQ(clock.Now() - mono, 90s);
  EXPECT_EQ(clock.WallNow() - wall, 90s);
}

TEST(Seconds, AreFractional) {
  EXPECT_DOUBLE_EQ(Seconds(1500ms), 1.5);
}

}  // namespace
}  // namespace loadline
