#include "collector/web/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

// A listener for `time`, while the collector publishes whenever `publish` says so.
std::vector<std::string> Listen(Duration time,
                                const std::function<std::shared_ptr<const Snapshot>(Mono)>& publish) {
  ManualClock clock;
  std::vector<std::string> heard;
  WriteEvents([&] { return publish(clock.Now()); }, clock, {},
              [&](milliseconds pause) {
                clock.Advance(pause);
                return clock.Now() < Mono(time);
              },
              [&](std::string_view piece) {
                heard.emplace_back(piece.substr(0, piece.find('\n')));
                return true;
              });
  return heard;
}

TEST(Events, SaysThatItIsAliveWhenNothingIsNew) {
  EXPECT_THAT(Listen(seconds(11), [](Mono) { return nullptr; }),
              ElementsAre("retry: 2000", "event: alive", "event: alive", "event: alive"));
}

TEST(Events, TellsOfANewSnapshotAtMostOnceASecond) {
  const auto heard = Listen(seconds(3), [](Mono) { return std::make_shared<const Snapshot>(); });
  EXPECT_THAT(heard, ElementsAre("retry: 2000", "event: snapshot", "event: snapshot", "event: snapshot"));
}

TEST(Events, TellsOfOneSnapshotOnce) {
  const auto only = std::make_shared<const Snapshot>();
  EXPECT_THAT(Listen(seconds(4), [&](Mono) { return only; }), ElementsAre("retry: 2000", "event: snapshot"));
}

TEST(Events, EndsWhenNobodyListens) {
  ManualClock clock;
  int written = 0;
  WriteEvents([] { return std::make_shared<const Snapshot>(); }, clock, {}, [](milliseconds) { return true; },
              [&](std::string_view) { return ++written < 2; });
  EXPECT_EQ(written, 2);
}

}  // namespace
}  // namespace loadline::collector
