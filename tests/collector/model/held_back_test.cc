#include "collector/model/held_back.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

TEST(HeldBack, TheLimitGoesFirstBecausePressureCountsItToo) {
  EXPECT_EQ(WhoHoldsBack({.throttled_share = 0.9, .pressure = 0.85, .used_of_node = 0.1}),
            HeldBackBy::kLimit);
  EXPECT_EQ(WhoHoldsBack({.throttled_share = 0.9, .queued = 3.5, .pressure = 0.85}), HeldBackBy::kLimit);
}

TEST(HeldBack, WithoutALimitInPlayItIsTheOthers) {
  EXPECT_EQ(WhoHoldsBack({.pressure = 0.5, .used_of_node = 0.2}), HeldBackBy::kNeighbours);
  EXPECT_EQ(WhoHoldsBack({.throttled_share = 0.02, .pressure = 0.5}), HeldBackBy::kNeighbours);
  EXPECT_EQ(WhoHoldsBack({.queued = 0.4, .pressure = 0.05}), HeldBackBy::kNeighbours);
}

TEST(HeldBack, WhoHasTheNodeForItselfWaitsForItself) {
  EXPECT_EQ(WhoHoldsBack({.queued = 14, .pressure = 0.99, .used_of_node = 0.97}), std::nullopt);
}

TEST(HeldBack, WhoGotWhatItWantedIsNot) {
  EXPECT_EQ(WhoHoldsBack({}), std::nullopt);
  EXPECT_EQ(WhoHoldsBack({.throttled_share = 0.05, .pressure = 0.08}), std::nullopt);
  EXPECT_EQ(WhoHoldsBack({.queued = 0.01, .pressure = 0.6}), std::nullopt)
      << "the queue is seen, and is short";
}

}  // namespace
}  // namespace loadline::collector
