#include "collector/verdict/liveness.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

Mono T(Duration after) {
  return Mono(after);
}

class LivenessTest : public ::testing::Test {
 protected:
  // Time goes on, a tick each second, without anybody being heard.
  void RunTo(Duration until) {
    for (; now_ < until; now_ += 1s) liveness_.Tick(T(now_));
    now_ = until;
    liveness_.Tick(T(now_));
  }
  void HeardAt(Duration at) {
    RunTo(at);
    liveness_.Heard("a", T(at), 0s);
  }
  NodeLiveness Now(const char* node = "a") { return liveness_.Of(node, T(now_)); }

  Liveness liveness_{{}, T(0s)};
  Duration now_{};
};

TEST_F(LivenessTest, SilenceMakesSuspectThenSilent) {
  liveness_.Heard("a", T(0s), 3s);
  RunTo(4s);
  EXPECT_EQ(Now().state, NodeState::kReporting);
  EXPECT_FALSE(Now().suspect);
  RunTo(5s);
  EXPECT_EQ(Now().state, NodeState::kReporting);
  EXPECT_TRUE(Now().suspect);
  RunTo(12s);
  EXPECT_EQ(Now().state, NodeState::kSilent);
  EXPECT_EQ(Now().reason, "no heartbeat for 12 s");
  liveness_.Heard("a", T(13s), 3s);
  EXPECT_EQ(Now().state, NodeState::kReporting);
}

TEST_F(LivenessTest, WhatAnAgentHoldsIsByItsLastWord) {
  liveness_.Spooled("a", 7);
  EXPECT_EQ(Now().spooled_records, 0U) << "it was never heard";
  liveness_.Heard("a", T(0s), 3s);
  liveness_.Spooled("a", 7);
  EXPECT_EQ(Now().spooled_records, 7U);
  liveness_.Spooled("a", 1);
  EXPECT_EQ(Now().spooled_records, 1U);
}

TEST_F(LivenessTest, HeartbeatsWithoutWindowsAreStale) {
  for (Duration t = 0s; t <= 60s; t += 1s) {
    RunTo(t);
    liveness_.Heard("a", T(t), t);
    EXPECT_EQ(Now().state, t < 45s ? NodeState::kReporting : NodeState::kStale) << t.count();
  }
  EXPECT_EQ(Now().reason, "heartbeats arrive, but no window was closed for 1 min");
}

// Longer than an agent takes that is replaced together with the collector.
TEST_F(LivenessTest, ANodeKnownFromBeforeTheStartHasTimeToFindTheCollector) {
  liveness_.Expect("a");
  RunTo(59s);
  EXPECT_EQ(Now().state, NodeState::kReporting);
  EXPECT_GE(Now().silent_for, 0s);
  RunTo(60s);
  EXPECT_EQ(Now().state, NodeState::kSilent);
  EXPECT_EQ(Now().reason, "no heartbeat for 12 s");
}

TEST_F(LivenessTest, AnAgentThatWasAskedToEndIsNotSilentWhileAnotherStarts) {
  RunTo(60s);
  liveness_.Heard("a", T(60s), 3s);
  liveness_.Stopped("a", T(60s));
  RunTo(239s);
  EXPECT_EQ(Now().state, NodeState::kReporting) << "neither silent nor stale";
  EXPECT_TRUE(Now().suspect);
  EXPECT_EQ(Now().reason, "its agent was asked to end 2 min 59 s ago, and no other one has started yet");
  RunTo(240s);
  EXPECT_EQ(Now().state, NodeState::kSilent);
  EXPECT_EQ(Now().reason, "no heartbeat for 3 min, since its agent was asked to end");
  liveness_.Greeted("a", 2, T(240s));
  EXPECT_EQ(Now().reason, "") << "neither silent nor stale: the new one has had no time to close a window";
  EXPECT_EQ(Now().state, NodeState::kReporting);
}

TEST_F(LivenessTest, WhoWasAskedToEndIsStoppedUntilAnotherStartsOrItTakesTooLong) {
  liveness_.Greeted("a", 1, T(0s));
  EXPECT_FALSE(Now().stopped);
  liveness_.Stopped("a", T(1s));
  RunTo(100s);
  EXPECT_TRUE(Now().stopped);
  RunTo(200s);
  EXPECT_FALSE(Now().stopped);
  liveness_.Stopped("a", T(200s));
  liveness_.Greeted("a", 2, T(201s));
  EXPECT_FALSE(Now().stopped);
}

TEST_F(LivenessTest, ANodeThatIsBackIsNotStaleBeforeItSaysSo) {
  liveness_.Greeted("a", 1, T(0s));
  liveness_.Heard("a", T(1s), 3s);
  RunTo(100s);
  liveness_.Greeted("a", 1, T(100s));
  EXPECT_EQ(Now().state, NodeState::kReporting) << "its first heartbeat is on the way";
  liveness_.Heard("a", T(100s), 90s);
  EXPECT_EQ(Now().state, NodeState::kStale);
}

TEST_F(LivenessTest, SaysHowLongANodeIsBack) {
  for (Duration t = 0s; t <= 10s; t += 1s) {
    RunTo(t);
    liveness_.Heard("a", T(t));
  }
  EXPECT_FALSE(Now().back_for) << "it was never away";
  RunTo(30s);
  liveness_.Heard("a", T(30s));
  RunTo(35s);
  liveness_.Heard("a", T(35s));
  EXPECT_EQ(Now().back_for, 5s);
}

TEST_F(LivenessTest, AnAgentThatWasAskedToEndAndGreetsOnceMoreStillEnds) {
  liveness_.Greeted("a", 1, T(1s));
  liveness_.Stopped("a", T(60s));
  liveness_.Greeted("a", 1, T(61s));
  RunTo(100s);
  EXPECT_EQ(Now().state, NodeState::kReporting);
}

TEST_F(LivenessTest, AnAgentWhoseSamplerIsStuckStaysSoHoweverOftenItGreets) {
  for (Duration t = 0s; t <= 60s; t += 1s) {
    RunTo(t);
    if (t % 10s == 0s) liveness_.Greeted("a", 1, T(t));
    liveness_.Heard("a", T(t), t);
  }
  EXPECT_EQ(Now().state, NodeState::kStale);
}

TEST_F(LivenessTest, TheNextAgentsSilenceIsSilence) {
  RunTo(60s);
  liveness_.Heard("a", T(60s));
  liveness_.Stopped("a", T(60s));
  liveness_.Heard("a", T(60s));  // what it said before comes after it
  RunTo(70s);
  EXPECT_EQ(Now().state, NodeState::kReporting);
  liveness_.Greeted("a", 2, T(70s));
  RunTo(82s);
  EXPECT_EQ(Now().state, NodeState::kSilent);
}

TEST_F(LivenessTest, TimeInWhichTheCollectorStoodStillProvesNothing) {
  liveness_.Heard("a", T(0s), 0s);
  now_ = 60s;  // no tick for a minute
  liveness_.Tick(T(now_));
  EXPECT_EQ(Now().state, NodeState::kReporting);
  RunTo(71s);
  EXPECT_EQ(Now().state, NodeState::kReporting);
  RunTo(72s);
  EXPECT_EQ(Now().state, NodeState::kSilent) << "but silence after it does";
}

TEST_F(LivenessTest, TimeInWhichTheCollectorCouldNotListenProvesNothing) {
  liveness_.Heard("a", T(0s), 0s);
  RunTo(8s);
  liveness_.Excuse(T(8s));
  RunTo(19s);
  EXPECT_EQ(Now().state, NodeState::kReporting);
}

TEST_F(LivenessTest, TwoMissingHeartbeatsAreADoubt) {
  for (Duration at{}; at <= 20s; at += 1s) liveness_.Heard("a", T(at), 0s);
  EXPECT_FALSE(liveness_.Of("a", T(22s)).doubtful);
  EXPECT_TRUE(liveness_.Of("a", T(22'200ms)).doubtful);
  EXPECT_EQ(liveness_.Doubtful(T(22'200ms)), (std::set<std::string, std::less<>>{"a"}));
  EXPECT_TRUE(liveness_.Doubtful(T(21s)).empty());
}

// On a lossy line or a starved node.
TEST_F(LivenessTest, WhoseHeartbeatsComeInFitsIsDoubtedLater) {
  HeardAt(0s);
  HeardAt(4s);
  for (Duration at = 5s; at <= 20s; at += 1s) HeardAt(at);
  EXPECT_FALSE(liveness_.Of("a", T(25'900ms)).doubtful);
  EXPECT_TRUE(liveness_.Of("a", T(26s)).doubtful) << "half as long again as the longest gap";
  for (Duration at = 21s; at <= 15min; at += 1s) HeardAt(at);
  EXPECT_TRUE(liveness_.Of("a", T(15min + 2'200ms)).doubtful) << "that was long ago";
}

TEST_F(LivenessTest, AnOutageIsNoHabit) {
  HeardAt(0s);
  HeardAt(6s);
  HeardAt(66s);
  HeardAt(67s);
  EXPECT_TRUE(liveness_.Of("a", T(69'200ms)).doubtful);
  HeardAt(71s);  // its agent makes another connection
  for (Duration at = 72s; at <= 110s; at += 1s) HeardAt(at);
  EXPECT_TRUE(liveness_.Of("a", T(112'200ms)).doubtful);
}

TEST_F(LivenessTest, AGapInWhichTheCollectorStoodStillIsNoOutage) {
  HeardAt(0s);
  HeardAt(1s);
  liveness_.Heard("a", T(61s), 0s);  // what waited is read first
  liveness_.Tick(T(61s));
  EXPECT_FALSE(liveness_.Of("a", T(61s)).back_for);
  EXPECT_TRUE(liveness_.Of("a", T(63'200ms)).doubtful) << "and no habit";
}

TEST_F(LivenessTest, WhoWasAwayBeforeTheCollectorStoodStillIsBackFromAnOutage) {
  HeardAt(0s);
  RunTo(20s);
  liveness_.Tick(T(60s));
  liveness_.Heard("a", T(61s), 0s);
  EXPECT_EQ(liveness_.Of("a", T(64s)).back_for, 3s);
}

TEST_F(LivenessTest, WhoWasAwayBeforeTheStartIsBackFromAnOutage) {
  liveness_.ExpectBack("a");
  RunTo(10s);
  liveness_.Heard("a", T(11s), 0s);
  EXPECT_EQ(liveness_.Of("a", T(14s)).back_for, 3s);
  HeardAt(15s);
  EXPECT_EQ(liveness_.Of("a", T(15s)).back_for, 4s);
}

TEST_F(LivenessTest, WhoWasNotHeardSinceTheCollectorCouldIsUnheard) {
  EXPECT_TRUE(Now().unheard);
  HeardAt(0s);
  HeardAt(1s);
  EXPECT_FALSE(Now().unheard);
  EXPECT_FALSE(Now().no_window);
  liveness_.Tick(T(61s));
  EXPECT_TRUE(liveness_.Of("a", T(61s)).unheard);
  liveness_.Heard("a", T(62s), 70s);
  EXPECT_FALSE(liveness_.Of("a", T(62s)).unheard);
  EXPECT_TRUE(liveness_.Of("a", T(62s)).no_window);
}

TEST_F(LivenessTest, WhoWasAskedToEndIsNotDoubted) {
  liveness_.Heard("a", T(0s), 0s);
  liveness_.Stopped("a", T(1s));
  EXPECT_FALSE(liveness_.Of("a", T(30s)).doubtful);
  EXPECT_TRUE(liveness_.Doubtful(T(30s)).empty());
}

}  // namespace
}  // namespace loadline::collector
