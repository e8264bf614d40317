#include "collector/web/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace loadline::collector {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

// The first words of what a listener is told within `time`, while the collector publishes whenever `publish`
// says so.
std::vector<std::string> Listen(Duration time,
                                const std::function<std::shared_ptr<const Snapshot>(Mono)>& publish) {
  ManualClock clock;
  const auto feed = FollowEvents([&] { return publish(clock.Now()); }, clock, {}, nullptr);
  std::vector<std::string> heard;
  for (; clock.Now() < Mono(time); clock.Advance(milliseconds(100))) {
    std::istringstream lines(feed->Next());
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty() && !line.starts_with("data:")) heard.push_back(line);
    }
  }
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

TEST(Events, LetsGoOfWhatItHoldsWhenItEnds) {
  ManualClock clock;
  const auto open = std::make_shared<const int>(0);
  auto feed = FollowEvents([] { return nullptr; }, clock, {}, open);
  EXPECT_EQ(open.use_count(), 2);
  feed.reset();
  EXPECT_EQ(open.use_count(), 1);
}

}  // namespace
}  // namespace loadline::collector
