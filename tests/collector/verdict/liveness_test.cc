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
  NodeLiveness Now(const char* node = "a") { return liveness_.Of(node, T(now_)); }

  Liveness liveness_{{}, T(0s)};
  Duration now_{};
};

TEST_F(LivenessTest, SilenceMakesSuspectThenSilent) {
  liveness_.Heard("a", T(0s), 3s);
  RunTo(4s);
  EXPECT_EQ(Now().state, NodeState::kReady);
  EXPECT_FALSE(Now().suspect);
  RunTo(5s);
  EXPECT_EQ(Now().state, NodeState::kReady);
  EXPECT_TRUE(Now().suspect);
  RunTo(12s);
  EXPECT_EQ(Now().state, NodeState::kSilent);
  EXPECT_EQ(Now().reason, "no heartbeat for 12 s");
  liveness_.Heard("a", T(13s), 3s);
  EXPECT_EQ(Now().state, NodeState::kReady);
}

TEST_F(LivenessTest, HeartbeatsWithoutWindowsAreStale) {
  for (Duration t = 0s; t <= 60s; t += 1s) {
    RunTo(t);
    liveness_.Heard("a", T(t), t);
    EXPECT_EQ(Now().state, t < 45s ? NodeState::kReady : NodeState::kStale) << t.count();
  }
  EXPECT_EQ(Now().reason, "heartbeats arrive, but no window was closed for 1 min");
}

TEST_F(LivenessTest, ANodeKnownFromBeforeTheStartHasTheFullTimeToComeBack) {
  liveness_.Expect("a");
  RunTo(11s);
  EXPECT_EQ(Now().state, NodeState::kReady);
  RunTo(12s);
  EXPECT_EQ(Now().state, NodeState::kSilent);
}

TEST_F(LivenessTest, TimeInWhichTheCollectorStoodStillProvesNothing) {
  liveness_.Heard("a", T(0s), 0s);
  now_ = 60s;  // no tick for a minute
  liveness_.Tick(T(now_));
  EXPECT_EQ(Now().state, NodeState::kReady);
  RunTo(71s);
  EXPECT_EQ(Now().state, NodeState::kReady);
  RunTo(72s);
  EXPECT_EQ(Now().state, NodeState::kSilent) << "but silence after it does";
}

TEST_F(LivenessTest, TimeInWhichTheCollectorCouldNotListenProvesNothing) {
  liveness_.Heard("a", T(0s), 0s);
  RunTo(8s);
  liveness_.Excuse(T(8s));
  RunTo(19s);
  EXPECT_EQ(Now().state, NodeState::kReady);
}

}  // namespace
}  // namespace loadline::collector
