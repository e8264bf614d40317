#include "agent/app/collector_gone.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr Mono kStart{1h};

TEST(CollectorGone, IsSaidOnceAndItsReturnToo) {
  CollectorGone gone({.nodes = 1}, "n1");
  EXPECT_FALSE(gone.Step(true, kStart));
  EXPECT_FALSE(gone.Step(false, kStart + 1s));
  EXPECT_FALSE(gone.Step(false, kStart + 1s + gone.delay() - 1ms));
  ASSERT_TRUE(gone.Step(false, kStart + 1s + gone.delay()));
  EXPECT_EQ(*gone.Step(false, kStart + 60s),
            "Loadline's agent on node n1 does not reach the collector: nobody watches this node.")
      << "again until somebody took it";
  gone.Said();
  EXPECT_FALSE(gone.Step(false, kStart + 61s));
  EXPECT_EQ(*gone.Step(true, kStart + 62s), "Loadline's agent on node n1 reaches the collector again.");
  gone.Said();
  EXPECT_FALSE(gone.Step(true, kStart + 63s));
}

TEST(CollectorGone, AShortInterruptionIsNotSaid) {
  CollectorGone gone({.nodes = 1}, "n1");
  EXPECT_FALSE(gone.Step(false, kStart));
  EXPECT_FALSE(gone.Step(true, kStart + 19s));
  EXPECT_FALSE(gone.Step(false, kStart + 25s));
  EXPECT_FALSE(gone.Step(true, kStart + 40s));
}

TEST(CollectorGone, WhatComesBackBeforeAnybodyTookTheMessageIsNotSaid) {
  CollectorGone gone({.nodes = 1}, "n1");
  EXPECT_FALSE(gone.Step(false, kStart));
  EXPECT_TRUE(gone.Step(false, kStart + 60s));
  EXPECT_FALSE(gone.Step(true, kStart + 61s));
}

TEST(CollectorGone, OfAThousandNodesAFewSpeakOneAfterAnotherAndOfAFewAllDo) {
  std::size_t speakers = 0;
  for (int i = 0; i < 1000; ++i) {
    const CollectorGone gone({.nodes = 1000}, "aks-pool1-" + std::to_string(100'000 + i));
    speakers += gone.speaks() ? 1 : 0;
    EXPECT_GE(gone.delay(), 20s);
    EXPECT_LT(gone.delay(), 30s);
    EXPECT_TRUE(CollectorGone({.nodes = 3}, "node-" + std::to_string(i)).speaks());
  }
  EXPECT_GE(speakers, 2U);
  EXPECT_LE(speakers, 20U);
}

}  // namespace
}  // namespace loadline::agent
