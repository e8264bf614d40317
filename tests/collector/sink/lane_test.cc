#include "collector/sink/lane.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <iterator>
#include <set>
#include <thread>

#include "collector/sink/lanes.h"
#include "tests/collector/sink/sample_notification.h"
#include "tests/support/wait.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using sample::Firing;
using sample::Of;
using testing::ElementsAre;

// What a sink was given, batch by batch, and what it shall answer.
struct Script {
  std::mutex mutex;
  std::condition_variable news;
  std::deque<Outcome> outcomes;
  std::vector<std::vector<std::string>> batches;
  std::vector<DeliveryReport> reports;
  bool hold = false;  // the first send waits until this is false
  int upkeep = 0;     // turns of it that the sink still wants

  template <typename Ready>
  bool Wait(Ready ready) {
    std::unique_lock lock(mutex);
    return news.wait_for(lock, 10s, ready);
  }
};

class ScriptedSink final : public Sink {
 public:
  ScriptedSink(Script& script, SinkTraits traits) : script_(script), traits_(traits) {}
  SinkTraits traits() const override { return traits_; }
  Outcome Send(std::span<const Notification> batch, const std::stop_token& stop) override {
    std::unique_lock lock(script_.mutex);
    std::vector<std::string> ids;
    for (const Notification& notification : batch) ids.push_back(notification.id);
    script_.batches.push_back(ids);
    script_.news.notify_all();
    while (script_.hold && !stop.stop_requested()) script_.news.wait_for(lock, 5ms);
    if (script_.outcomes.empty()) return {.verdict = Verdict::kDelivered, .detail = {}};
    Outcome outcome = script_.outcomes.front();
    script_.outcomes.pop_front();
    return outcome;
  }
  std::optional<Mono> UpkeepDue(Mono now) const override {
    const std::lock_guard lock(script_.mutex);
    return script_.upkeep > 0 ? std::optional(now) : std::nullopt;
  }
  Outcome Upkeep(const std::stop_token& /*stop*/) override {
    const std::lock_guard lock(script_.mutex);
    --script_.upkeep;
    script_.batches.push_back({"upkeep"});
    return {.verdict = Verdict::kDelivered, .detail = {}, .keep = {{"group", "new"}}};
  }
  void Recall(const std::string& key, const std::string& value) override {
    const std::lock_guard lock(script_.mutex);
    script_.batches.push_back({key, value});
    script_.news.notify_all();
  }

 private:
  Script& script_;
  SinkTraits traits_;
};

// The report of a failure is out before the lane has put back what is to be tried again, and pauses.
bool Pauses(const Lane& lane) {
  const auto patience = std::chrono::steady_clock::now() + 10s;
  while (!lane.counters().paused_until) {
    if (std::chrono::steady_clock::now() > patience) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class LaneTest : public testing::Test {
 protected:
  std::unique_ptr<Lane> Make(SinkTraits traits = {}, LaneOptions options = {.retry = {.first = 1ms}}) {
    return std::make_unique<Lane>(
        "ops/slack[0]", std::make_unique<ScriptedSink>(script_, traits), clock_,
        [this](std::vector<DeliveryReport> reports) {
          std::lock_guard lock(script_.mutex);
          std::ranges::move(reports, std::back_inserter(script_.reports));
          script_.news.notify_all();
        },
        options);
  }
  bool Reported(std::size_t count) {
    return script_.Wait([&] { return script_.reports.size() >= count; });
  }
  void Release() {
    std::lock_guard lock(script_.mutex);
    script_.hold = false;
  }
  SystemClock clock_;
  Script script_;
};

TEST_F(LaneTest, AnOfferIsSentAndItsOutcomeReported) {
  auto lane = Make();
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "1")));
  ASSERT_TRUE(Reported(1));
  EXPECT_EQ(script_.reports[0].id, "1");
  EXPECT_EQ(script_.reports[0].outcome.verdict, Verdict::kDelivered);
  EXPECT_EQ(script_.reports[0].attempts, 1);
}

TEST_F(LaneTest, WhatIsToBeTriedOnceIsNotTriedAgain) {
  script_.outcomes = {{Verdict::kRetry, "HTTP 503"}};
  auto lane = Make();
  Notification once = Of({Firing("a")}, "1");
  once.once = true;
  ASSERT_TRUE(lane->Offer(once));
  ASSERT_TRUE(Reported(1));
  ASSERT_TRUE(lane->Offer(Of({Firing("b")}, "2")));
  ASSERT_TRUE(Reported(2));
  EXPECT_EQ(script_.reports[1].id, "2");
  EXPECT_THAT(script_.batches, ElementsAre(ElementsAre("1"), ElementsAre("2")));
}

TEST_F(LaneTest, AFailureIsTriedAgainUntilItIsDelivered) {
  script_.outcomes = {{Verdict::kRetry, "HTTP 503"}, {Verdict::kRetry, "timeout"}};
  auto lane = Make();
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "1")));
  ASSERT_TRUE(Reported(3));
  EXPECT_EQ(script_.reports[1].outcome.detail, "timeout");
  EXPECT_EQ(script_.reports[2].outcome.verdict, Verdict::kDelivered);
  EXPECT_EQ(script_.reports[2].attempts, 3);
  EXPECT_EQ(lane->counters().failed_attempts, 2);
}

TEST_F(LaneTest, ARefusedOneIsReportedOnceAndTheNextIsSent) {
  script_.outcomes = {{Verdict::kRefused, "HTTP 400"}};
  auto lane = Make();
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "1")));
  ASSERT_TRUE(Reported(1));
  ASSERT_TRUE(lane->Offer(Of({Firing("b")}, "2")));
  ASSERT_TRUE(Reported(2));
  EXPECT_EQ(script_.reports[0].outcome.verdict, Verdict::kRefused);
  EXPECT_EQ(script_.reports[1].id, "2");
}

TEST_F(LaneTest, RetryAfterHoldsBackTheWholeLane) {
  script_.outcomes = {{Verdict::kRetry, "HTTP 429", 50ms}};
  auto lane = Make();
  const Mono began = clock_.Now();
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "1")));
  ASSERT_TRUE(Reported(1));
  ASSERT_TRUE(lane->Offer(Of({Firing("b", Severity::kSev0)}, "2")));
  ASSERT_TRUE(Reported(2));
  EXPECT_GE(clock_.Now() - began, 50ms);
  EXPECT_EQ(script_.reports[1].id, "2") << "and then the most severe goes first";
}

// A message that the other side cannot bear, or a server of several behind one address that is ill.
TEST_F(LaneTest, OneThatFailsIsTriedAgainLaterAndHoldsBackNoOther) {
  script_.outcomes = {{Verdict::kRetry, "HTTP 500"}};
  script_.hold = true;
  auto lane = Make({}, {.retry = {.first = 1h, .most = 1h}});
  ASSERT_TRUE(lane->Offer(Of({Firing("a", Severity::kSev0)}, "1")));
  ASSERT_TRUE(script_.Wait([&] { return script_.batches.size() == 1; }));
  for (const char* id : {"2", "3", "4"}) ASSERT_TRUE(lane->Offer(Of({Firing(id)}, id)));
  Release();
  ASSERT_TRUE(Reported(4));
  EXPECT_EQ(script_.reports[0].outcome.verdict, Verdict::kRetry);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(script_.reports[i].id, std::to_string(i + 1));
  EXPECT_EQ(lane->counters().waiting, 1U);
}

TEST_F(LaneTest, ThreeThatFailInARowAreAnOutage) {
  for (int i = 0; i < 3; ++i) script_.outcomes.push_back({Verdict::kRetry, "HTTP 500"});
  script_.hold = true;
  auto lane = Make({}, {.retry = {.first = 1h, .most = 1h}});
  for (const char* id : {"1", "2", "3", "4"}) ASSERT_TRUE(lane->Offer(Of({Firing(id)}, id)));
  Release();
  ASSERT_TRUE(Reported(3));
  ASSERT_TRUE(Pauses(*lane));
  EXPECT_EQ(lane->counters().failures_in_a_row, 3U);
  std::this_thread::sleep_for(50ms);
  const std::lock_guard lock(script_.mutex);
  EXPECT_EQ(script_.batches.size(), 3U) << "the fourth waits some seconds";
}

TEST_F(LaneTest, HowLongItIsPausedAndSinceWhenSomethingWaitsIsSaidAlsoWhileItIsUnderWay) {
  script_.outcomes = {{Verdict::kRetry, "HTTP 439", 1h}};
  script_.hold = true;
  auto lane = Make();
  EXPECT_EQ(lane->counters().waiting_since, std::nullopt);
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "1")));
  ASSERT_TRUE(script_.Wait([&] { return script_.batches.size() == 1; }));
  EXPECT_EQ(lane->counters().waiting_since, sample::kNow);
  EXPECT_EQ(lane->counters().paused_until, std::nullopt);
  Release();
  ASSERT_TRUE(Reported(1));
  ASSERT_TRUE(Pauses(*lane));
  EXPECT_EQ(lane->counters().waiting_since, sample::kNow);
  EXPECT_GT(*lane->counters().paused_until, clock_.WallNow() + 59min);
}

TEST_F(LaneTest, WhatTheRateDoesNotAllowWithinAMinuteIsToldInOneDigest) {
  script_.hold = true;
  auto lane = Make({.per_second = 20, .burst = 1, .digest = 2'000});
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "first")));
  ASSERT_TRUE(script_.Wait([&] { return script_.batches.size() == 1; }));
  constexpr std::size_t kMany = 20 * 60 + 20;
  for (std::size_t i = 0; i < kMany; ++i) ASSERT_TRUE(lane->Offer(Of({Firing("b")}, std::to_string(i))));
  Release();
  ASSERT_TRUE(Reported(1 + kMany));
  ASSERT_EQ(script_.batches.size(), 2U);
  EXPECT_EQ(script_.batches[1].size(), kMany);
  EXPECT_EQ(lane->counters().digests, 1);
}

// What is critical is named, so many in each digest; the rest of a storm does not wait for a minute of single messages.
TEST_F(LaneTest, AStormIsToldInDigestsUntilNothingWaits) {
  script_.hold = true;
  auto lane = Make({.per_second = 20, .burst = 1, .digest = 2'000, .names = 2});
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "first")));
  ASSERT_TRUE(script_.Wait([&] { return script_.batches.size() == 1; }));
  constexpr std::size_t kMild = 20 * 60 + 20;
  for (std::size_t i = 0; i < kMild; ++i) ASSERT_TRUE(lane->Offer(Of({Firing("b")}, std::to_string(i))));
  for (const char* id : {"u", "v", "w", "x", "y", "z"})
    ASSERT_TRUE(lane->Offer(Of({Firing("c", Severity::kSev0)}, id)));
  Release();
  ASSERT_TRUE(Reported(1 + kMild + 6));
  ASSERT_EQ(script_.batches.size(), 4U);
  EXPECT_EQ(script_.batches[1].size(), kMild + 2);
  EXPECT_EQ(script_.batches[2].size(), 2U);
  EXPECT_EQ(script_.batches[3].size(), 2U);
  for (const char* id : {"later", "and", "later still"}) ASSERT_TRUE(lane->Offer(Of({Firing("d")}, id)));
  ASSERT_TRUE(Reported(1 + kMild + 6 + 3));
  EXPECT_EQ(script_.batches.size(), 7U) << "the storm is over, though the rate lets nothing through just now";
}

TEST_F(LaneTest, WhatTheRateAllowsWithinAMinuteIsToldOneByOne) {
  script_.hold = true;
  auto lane = Make({.per_second = 50, .burst = 1, .digest = 100});
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(lane->Offer(Of({Firing("b")}, std::to_string(i))));
  Release();
  ASSERT_TRUE(Reported(6));
  EXPECT_EQ(script_.batches.size(), 6U);
  EXPECT_EQ(lane->counters().digests, 0);
}

// The lane waits in real time, at most a second at once, for an instant that the clock names.
class LanePause : public testing::Test {
 protected:
  class TurnedClock final : public Clock {
   public:
    [[nodiscard]] Mono Now() const override { return Mono(now.load()); }
    [[nodiscard]] Wall WallNow() const override { return sample::kNow; }
    std::atomic<Duration> now{1000s};
  };

  LanePause() {
    script_.outcomes = {{.verdict = Verdict::kRetry, .detail = "HTTP 503", .retry_after = 1h}};
    lane_ = std::make_unique<Lane>("ops/slack[0]", std::make_unique<ScriptedSink>(script_, SinkTraits{}),
                                   clock_, [this](std::vector<DeliveryReport> reports) {
                                     const std::lock_guard lock(script_.mutex);
                                     std::ranges::move(reports, std::back_inserter(script_.reports));
                                     script_.news.notify_all();
                                   });
  }

  bool RefusedOnce() { return lane_->Offer(Of({Firing("a")}, "mild")) && Pauses(*lane_); }

  TurnedClock clock_;
  Script script_;
  std::unique_ptr<Lane> lane_;
};

TEST_F(LanePause, IsNoLongerThanHalfAMinuteForWhatIsCritical) {
  ASSERT_TRUE(RefusedOnce());
  clock_.now = 1031s;
  ASSERT_TRUE(lane_->Offer(Of({Firing("b", Severity::kSev2)}, "also mild")));
  ASSERT_TRUE(lane_->Offer(Of({Firing("c", Severity::kSev0)}, "critical")));
  ASSERT_TRUE(script_.Wait([&] { return script_.reports.size() == 2; }));
  EXPECT_EQ(script_.reports[1].id, "critical");
}

TEST_F(LanePause, ThatNobodyAskedForIsFiveSecondsForWhatWasNotTriedYet) {
  script_.outcomes = {{.verdict = Verdict::kRetry, .detail = "HTTP 503"}};
  LaneOptions options{.retry = {.first = 1h, .most = 1h}};
  lane_ = std::make_unique<Lane>(
      "ops/slack[0]", std::make_unique<ScriptedSink>(script_, SinkTraits{}), clock_,
      [this](std::vector<DeliveryReport> reports) {
        const std::lock_guard lock(script_.mutex);
        std::ranges::move(reports, std::back_inserter(script_.reports));
        script_.news.notify_all();
      },
      options);
  ASSERT_TRUE(RefusedOnce());
  clock_.now = 1004s;
  ASSERT_TRUE(lane_->Offer(Of({Firing("b", Severity::kSev3)}, "new")));
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(lane_->counters().waiting, 2U);
  clock_.now = 1006s;
  ASSERT_TRUE(script_.Wait([&] { return script_.reports.size() == 2; }));
  EXPECT_EQ(script_.reports[1].id, "new");
}

TEST_F(LanePause, TakesAndShowsMoreWhileWhatIsCriticalWaits) {
  ASSERT_TRUE(RefusedOnce());
  clock_.now = 1001s;
  ASSERT_TRUE(lane_->Offer(Of({Firing("c", Severity::kSev0)}, "critical")));
  std::this_thread::sleep_for(20ms);  // the lane has seen it and waits on
  ASSERT_TRUE(lane_->Offer(Of({Firing("b", Severity::kSev2)}, "also mild")));
  EXPECT_EQ(lane_->counters().waiting, 3U);
  clock_.now = 1031s;
  ASSERT_TRUE(script_.Wait([&] { return script_.reports.size() == 2; }));
  EXPECT_EQ(script_.reports[1].id, "critical");
}

TEST_F(LaneTest, UpkeepGoesWhenNothingWaitsAndWhatItWantsKeptIsReported) {
  script_.upkeep = 1;
  auto lane = Make();
  ASSERT_TRUE(Reported(1));
  EXPECT_EQ(script_.reports[0].id, "");
  EXPECT_EQ(script_.reports[0].outcome.keep.at("group"), "new");
  EXPECT_EQ(lane->counters().messages, 0);
}

TEST_F(LaneTest, InAStormUpkeepHasEveryThirdTurnOfTheSameRate) {
  script_.hold = true;
  auto lane = Make({.per_second = 20, .burst = 1});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(lane->Offer(Of({Firing("a")}, std::to_string(i))));
  ASSERT_TRUE(script_.Wait([&] { return script_.batches.size() == 1; }));
  {
    const std::lock_guard lock(script_.mutex);
    script_.upkeep = 2;
  }
  const Mono began = clock_.Now();
  Release();
  ASSERT_TRUE(Reported(7));
  EXPECT_THAT(script_.batches,
              ElementsAre(ElementsAre("0"), ElementsAre("1"), ElementsAre("upkeep"), ElementsAre("2"),
                          ElementsAre("3"), ElementsAre("upkeep"), ElementsAre("4")));
  EXPECT_GE(clock_.Now() - began, 250ms) << "six turns of 50 ms, less the one that was due";
}

TEST_F(LaneTest, WhatASinkHadKeptIsRecalledBeforeItSendsAnything) {
  auto lane = Make();
  lane->Recall("group", "old");
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "1")));
  ASSERT_TRUE(Reported(1));
  EXPECT_THAT(script_.batches, ElementsAre(ElementsAre("group", "old"), ElementsAre("1")));
}

TEST_F(LaneTest, AFullBacklogRefusesAndAlertingKeepsIt) {
  script_.hold = true;
  auto lane = Make({}, {.capacity = 1});
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "1")));
  ASSERT_TRUE(script_.Wait([&] { return script_.batches.size() == 1; }));
  EXPECT_TRUE(lane->Offer(Of({Firing("b")}, "2")));
  EXPECT_FALSE(lane->Offer(Of({Firing("c")}, "3")));
  Release();
}

TEST_F(LaneTest, EndsThoughItsSinkHangsAndMuchIsWaiting) {
  script_.hold = true;
  auto lane = Make();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(lane->Offer(Of({Firing("a")}, std::to_string(i))));
  const Mono before = clock_.Now();
  lane.reset();
  EXPECT_LT(clock_.Now() - before, 5s);
}

TEST_F(LaneTest, EndsAtOnceThoughItsReceiverWantsToBeLeftAloneForAnHour) {
  script_.outcomes = {{Verdict::kRetry, "HTTP 429", 1h}};
  auto lane = Make();
  ASSERT_TRUE(lane->Offer(Of({Firing("a")}, "1")));
  ASSERT_TRUE(Reported(1));
  const Mono before = clock_.Now();
  lane.reset();
  EXPECT_LT(clock_.Now() - before, 5s);
}

TEST_F(LaneTest, LanesToOnePlaceKeepToOneRateAndOthersToTheirOwn) {
  Lanes lanes(clock_);
  const SinkTraits shared{.per_second = 20, .burst = 1, .place = "#ops"};
  const SinkTraits own{.per_second = 20, .burst = 1};
  const char* const kNames[] = {"a", "b", "c"};
  for (const char* name : kNames)
    lanes.Add(name, std::make_unique<ScriptedSink>(script_, name[0] == 'c' ? own : shared));
  const Mono began = clock_.Now();
  for (int i = 0; i < 3; ++i) {
    for (const char* name : kNames) {
      Notification notification = Of({Firing("x")}, name + std::to_string(i));
      notification.integration = name;
      ASSERT_TRUE(lanes.Offer(notification));
    }
  }
  const auto sent = [&](const std::string& names) {
    return std::ranges::count_if(
        script_.batches, [&](const auto& batch) { return names.find(batch[0][0]) != std::string::npos; });
  };
  ASSERT_TRUE(script_.Wait([&] { return sent("c") == 3; }));
  ASSERT_TRUE(script_.Wait([&] { return sent("ab") == 6; }));
  EXPECT_GE(clock_.Now() - began, 250ms) << "six at 20 a second, the first at once";
}

// Takes as long as it is told to, and says how many sends were under way at once, and whether two of one group were.
class SlowSink final : public Sink {
 public:
  struct Seen {
    std::mutex mutex;
    std::multiset<std::string> under_way;
    std::vector<std::string> ids;
    std::size_t most = 0;
    bool twice = false;
    bool fails = false;
  };
  SlowSink(Seen& seen, Duration takes) : seen_(seen), takes_(takes) {}
  SinkTraits traits() const override { return {.at_once = 4}; }
  Outcome Send(std::span<const Notification> batch, const std::stop_token& /*stop*/) override {
    const std::string& group = batch.front().group_key;
    {
      const std::lock_guard lock(seen_.mutex);
      seen_.twice = seen_.twice || seen_.under_way.contains(group);
      seen_.under_way.insert(group);
      seen_.most = std::max(seen_.most, seen_.under_way.size());
      seen_.ids.push_back(batch.front().id);
    }
    std::this_thread::sleep_for(takes_);
    const std::lock_guard lock(seen_.mutex);
    seen_.under_way.erase(seen_.under_way.find(group));
    return {.verdict = seen_.fails ? Verdict::kRetry : Verdict::kDelivered, .detail = "slow"};
  }

 private:
  Seen& seen_;
  const Duration takes_;
};

class SlowLaneTest : public testing::Test {
 protected:
  void Make(Duration takes, RetryPolicy retry = {}) {
    lane_ = std::make_unique<Lane>(
        "ops/webhook[0]", std::make_unique<SlowSink>(seen_, takes), clock_,
        [](const std::vector<DeliveryReport>&) {}, LaneOptions{.retry = retry});
  }
  void Offer(const std::string& group, int number) {
    Notification notification = Of({Firing("a")}, group + std::to_string(number));
    notification.group_key = group;
    notification.at += std::chrono::seconds(number);
    notification.urgent = true;  // so that none takes the place of another
    ASSERT_TRUE(lane_->Offer(notification));
  }
  bool Told(std::uint64_t count) {
    return test::Eventually([&] { return lane_->counters().messages == count; });
  }
  SystemClock clock_;
  SlowSink::Seen seen_;
  std::unique_ptr<Lane> lane_;
};

TEST_F(SlowLaneTest, AReceiverThatTakesLongHearsOfOtherGroupsMeanwhile) {
  Make(300ms);
  const Mono began = clock_.Now();
  for (int i = 0; i < 12; ++i) Offer("group" + std::to_string(i), i);
  ASSERT_TRUE(Told(12));
  EXPECT_LT(clock_.Now() - began, 12 * 300ms / 2);
  EXPECT_EQ(seen_.most, 4) << "and no more than it bears";
}

TEST_F(SlowLaneTest, OfOneGroupOneWordIsUnderWayAndTheNextComesAfterIt) {
  Make(100ms);
  for (int i = 0; i < 4; ++i) {
    Offer("a", i);
    Offer("b", i);
  }
  ASSERT_TRUE(Told(8));
  EXPECT_FALSE(seen_.twice);
  EXPECT_EQ(seen_.most, 2);
  std::erase_if(seen_.ids, [](const std::string& id) { return id.starts_with("b"); });
  EXPECT_THAT(seen_.ids, ElementsAre("a0", "a1", "a2", "a3"));
}

TEST_F(SlowLaneTest, AReceiverThatAnswersAtOnceIsToldOneByOne) {
  Make(1ms);
  for (int i = 0; i < 50; ++i) Offer("group" + std::to_string(i), i);
  ASSERT_TRUE(Told(50));
  EXPECT_EQ(seen_.most, 1);
}

TEST_F(SlowLaneTest, OneOutageIsOneFailureHoweverManyItMeets) {
  seen_.fails = true;
  Make(400ms, {.first = 1h, .most = 1h});
  for (int i = 0; i < 8; ++i) Offer("group" + std::to_string(i), i);
  ASSERT_TRUE(test::Eventually([&] { return lane_->counters().failed_attempts == 4; }));
  EXPECT_EQ(lane_->counters().failures_in_a_row, 1);
  EXPECT_EQ(lane_->counters().waiting, 8) << "all of them wait for the same instant";
}

TEST_F(SlowLaneTest, EndsThoughManyAreUnderWay) {
  Make(500ms);
  for (int i = 0; i < 8; ++i) Offer("group" + std::to_string(i), i);
  ASSERT_TRUE(test::Eventually([&] {
    const std::lock_guard lock(seen_.mutex);
    return seen_.most == 4;
  }));
  const Mono before = clock_.Now();
  lane_.reset();
  EXPECT_LT(clock_.Now() - before, 2s);
}

TEST(Lanes, AnIntentForAWayThatIsNoMoreIsRefusedSoThatItIsNotKeptForEver) {
  SystemClock clock;
  Lanes lanes(clock);
  EXPECT_TRUE(lanes.Offer(Of({Firing("a")}, "1")));
  const auto reports = lanes.TakeReports();
  ASSERT_EQ(reports.size(), 1);
  EXPECT_EQ(reports[0].outcome.verdict, Verdict::kRefused);
}

}  // namespace
}  // namespace loadline::collector
