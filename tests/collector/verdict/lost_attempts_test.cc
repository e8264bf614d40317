#include "collector/verdict/lost_attempts.h"

#include <gtest/gtest.h>

#include <random>

namespace loadline::collector {
namespace {

// Of a node that is there, asked so often over a link that loses this share of attempts.
LostAttempts After(int attempts, double loss) {
  LostAttempts lost;
  std::mt19937_64 random(7);
  std::bernoulli_distribution is_lost(loss);
  for (int row = 0; attempts > 0; --attempts) {
    if (is_lost(random)) {
      ++row;
    } else {
      lost.There(row);
      row = 0;
    }
  }
  return lost;
}

TEST(LostAttempts, ThreeAreEnoughOfANodeThatAnswers) {
  EXPECT_EQ(LostAttempts().Enough(), 4) << "nothing is known of it";
  EXPECT_FALSE(After(19, 0).acquainted());
  EXPECT_TRUE(After(20, 0).acquainted());
  EXPECT_EQ(After(20, 0).Enough(), 3);
  EXPECT_EQ(After(1000, 0.01).Enough(), 3);
}

TEST(LostAttempts, WherePacketsAreLostItTakesMore) {
  const int few = After(500, 0.1).Enough();
  const int many = After(500, 0.36).Enough();
  EXPECT_GE(few, 4);
  EXPECT_GE(many, 10);
  EXPECT_LE(many, 14);
}

TEST(LostAttempts, AnOutageSaysNothingOfPackets) {
  LostAttempts lost = After(100, 0);
  lost.There(8);
  EXPECT_EQ(lost.Enough(), 3);
}

TEST(LostAttempts, ALinkThatIsMendedIsForgiven) {
  LostAttempts lost = After(500, 0.36);
  for (int i = 0; i < 1000; ++i) lost.There(0);
  EXPECT_EQ(lost.Enough(), 3);
}

TEST(LostAttempts, ThereIsAnEndToPatience) {
  EXPECT_LE(After(1000, 0.9).Enough(), 30);
}

}  // namespace
}  // namespace loadline::collector
