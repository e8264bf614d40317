#include "collector/ingest/node_clock.h"

#include <gtest/gtest.h>

#include <limits>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kEpoch = 5;
constexpr Duration kUptime = 100h;
const Wall kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

std::int64_t Ns(Wall at) {
  return at.time_since_epoch().count();
}

// A node that booted long ago, its clock off by `error`, and a collector that has just started.
class NodeClockTest : public testing::Test {
 protected:
  [[nodiscard]] Received Now() const { return {.wall = kStart + now_, .mono = Mono(now_)}; }
  // What the node's clocks say.
  [[nodiscard]] wire::ClockReading Reading() const {
    return {.mono_ns = (kUptime + now_).count(), .wall_ns = Ns(kStart + now_ + error_)};
  }
  // A message with them, so long under way.
  void Hear(Duration delay = 0ms) {
    const wire::ClockReading clocks = Reading();
    now_ += delay;
    clock_.Heard(clocks, Now());
  }
  // A window that ends now, by the node's clock.
  [[nodiscard]] wire::Record Window(std::uint64_t epoch = kEpoch) const {
    const wire::ClockReading made = Reading();
    return {
        .epoch = epoch,
        .sequence = 1,
        .body = wire::Report{.window_start_ns = made.wall_ns - 10'000'000'000, .window_end_ns = made.wall_ns},
        .made = made};
  }
  // When a record's window ended, as the collector has it.
  [[nodiscard]] Wall EndOf(wire::Record record) const {
    MoveTimes(record, clock_.Correction(record, kEpoch, Now()));
    return Wall(Duration(std::get<wire::Report>(record.body).window_end_ns));
  }

  NodeClock clock_;
  Duration now_ = 1h;
  Duration error_{};
};

TEST_F(NodeClockTest, WhatIsRightIsLeftAlone) {
  error_ = 400ms;
  Hear();
  EXPECT_EQ(clock_.Correction(Window(), kEpoch, Now()), 0s);
  EXPECT_EQ(clock_.Ahead(), 400ms);
}

TEST_F(NodeClockTest, TimesAreTheCollectorsHoweverFarTheNodesClockIsOff) {
  for (const Duration error : {Duration(-15min), Duration(-30s), Duration(3600s), Duration(24h * 365)}) {
    error_ = error;
    clock_ = {};
    Hear();
    EXPECT_EQ(EndOf(Window()), kStart + now_) << error.count();
    EXPECT_EQ(clock_.Ahead(), error);
  }
}

TEST_F(NodeClockTest, ARecordThatWaitedIsAsOldAsItIs) {
  error_ = -10min;
  Hear();
  const wire::Record record = Window();
  const Wall end = kStart + now_;
  now_ += 20min;
  Hear();
  EXPECT_EQ(EndOf(record), end);
}

TEST_F(NodeClockTest, AStepBetweenRecordAndArrivalMovesNothing) {
  Hear();
  const wire::Record before = Window();
  const Wall end = kStart + now_;
  error_ = 3600s;
  now_ += 3s;
  EXPECT_EQ(EndOf(before), end) << "made before the step, by a right clock";
  EXPECT_EQ(EndOf(Window()), kStart + now_) << "made after it, and no heartbeat since";
  Hear();
  EXPECT_EQ(EndOf(before), end);
}

TEST_F(NodeClockTest, DelayedMessagesAreNoError) {
  Hear();
  error_ = -60s;
  Hear(2s);
  EXPECT_EQ(clock_.Ahead(), -60s);
  EXPECT_EQ(EndOf(Window()), kStart + now_);
}

TEST_F(NodeClockTest, AMachineThatWasPausedIsKnownAnewAfterSomeHeartbeats) {
  error_ = 10s;
  Hear();
  // The node stood still for a minute: its clocks are behind by as much from now on.
  const Duration pause = 60s;
  const auto heard_late = [&] {
    now_ += 1s;
    wire::ClockReading clocks = Reading();
    clocks.mono_ns -= pause.count();
    clocks.wall_ns -= pause.count();
    clock_.Heard(clocks, Now());
  };
  for (int i = 0; i < 8; ++i) heard_late();
  EXPECT_EQ(clock_.Ahead(), -50s);
}

TEST_F(NodeClockTest, OfAnEarlierStartOnlyThePresentErrorIsKnown) {
  error_ = -2min;
  Hear();
  wire::Record of_last_boot = Window(kEpoch - 1);
  of_last_boot.made.mono_ns = 5;
  EXPECT_EQ(EndOf(of_last_boot), kStart + now_);
}

TEST_F(NodeClockTest, AnOlderAgentsTimesAreTakenAsTheyAre) {
  error_ = -2min;
  clock_.Heard({}, Now());
  EXPECT_EQ(clock_.Ahead(), std::nullopt);
  EXPECT_EQ(clock_.Correction(Window(), kEpoch, Now()), 0s);
}

TEST_F(NodeClockTest, WhateverIsClaimedNothingOverflows) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  for (const std::int64_t mono : {std::int64_t{1}, kMost}) {
    for (const std::int64_t wall : {kLeast, std::int64_t{0}, kMost}) {
      clock_ = {};
      clock_.Heard({.mono_ns = mono, .wall_ns = wall}, Now());
      for (const std::int64_t made : {std::int64_t{1}, kMost}) {
        wire::Record record = Window();
        record.made = {.mono_ns = made, .wall_ns = wall};
        MoveTimes(record, clock_.Correction(record, kEpoch, Now()));
      }
    }
  }
}

TEST(MoveTimes, MovesAllOfThem) {
  wire::Record kill{.epoch = 1, .sequence = 1, .body = wire::Event(wire::OomKill{.at_ns = 100})};
  MoveTimes(kill, 5ns);
  EXPECT_EQ(std::get<wire::OomKill>(std::get<wire::Event>(kill.body)).at_ns, 105);
  wire::Record window{
      .epoch = 1, .sequence = 1, .body = wire::Report{.window_start_ns = 1, .window_end_ns = 2}};
  MoveTimes(window, -5ns);
  EXPECT_EQ(std::get<wire::Report>(window.body).window_start_ns, -4);
  EXPECT_EQ(std::get<wire::Report>(window.body).window_end_ns, -3);
}

}  // namespace
}  // namespace loadline::collector
