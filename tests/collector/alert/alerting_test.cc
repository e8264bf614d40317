#include "collector/alert/alerting.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "collector/alert/retry_policy.h"
#include "tests/support/memory_journal.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Wall kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

class Postbox final : public Outbox {
 public:
  bool Offer(const Notification& notification) override {
    if (full) return false;
    sent.push_back(notification);
    return true;
  }
  bool Recall(const std::string& integration, const std::string& key, const std::string& value) override {
    recalled.push_back(integration + " " + key + "=" + value);
    return true;
  }
  std::vector<DeliveryReport> Leftover() override { return std::exchange(leftover, {}); }
  void Settled() override { ++settled; }
  std::vector<Notification> sent;
  std::vector<std::string> recalled;
  std::vector<DeliveryReport> leftover;
  int settled = 0;
  bool full = false;
};

Condition Silent(const std::string& node) {
  return {.rule = "NodeSilent", .labels = {{"node", node}}, .severity = Severity::kSev1};
}
Condition OomKilled(const std::string& container) {
  return {.rule = "ContainerOomKilled", .labels = {{"container", container}}, .keep = 60s, .urgent = true};
}

// Alerting told as a timeline. Each step gives what was sent: "+2 -1: reason" (firing, resolved).
class Story {
 public:
  explicit Story(bool send_resolved = true)
      : Story(PlanFor(
            {.name = "ops", .integrations = {{.name = "ops/slack[0]", .send_resolved = send_resolved}}})) {}
  explicit Story(RoutingPlan plan) : plan_(std::move(plan)) { Restart(0s); }
  std::vector<std::string> At(Duration t, const std::vector<Condition>& holding) {
    alerting_->Update(holding, {}, kStart + t);
    return Sent();
  }
  std::vector<std::string> Kills(Duration t, const std::vector<Condition>& what) {
    std::vector<Happening> happenings;
    for (const Condition& condition : what) happenings.push_back({condition, kStart + t});
    alerting_->Happened(happenings, kStart + t);
    return Sent();
  }
  std::vector<std::string> Restart(Duration t) {
    alerting_ = std::make_unique<Alerting>(AlertBookOptions{}, plan_, journal_, postbox_);
    EXPECT_TRUE(alerting_->Restore(kStart + t));
    return Sent();
  }
  // The lane says so of everything it was ever given.
  void Report(Verdict verdict, const std::string& detail = "") {
    Report(Outcome{.verdict = verdict, .detail = detail});
  }
  void Report(const Outcome& outcome) {
    for (const Notification& notification : given_) {
      const DeliveryReport report{notification.id, notification.integration, outcome, 1, notification.at};
      alerting_->Settle({&report, 1}, notification.at);
    }
    if (outcome.verdict != Verdict::kRetry) given_.clear();
  }
  Alerting& alerting() { return *alerting_; }
  test::MemoryJournal& journal() { return journal_; }
  Postbox& postbox() { return postbox_; }
  const std::vector<Notification>& given() const { return given_; }

 private:
  std::vector<std::string> Sent() {
    std::vector<std::string> words;
    for (const Notification& n : std::exchange(postbox_.sent, {})) {
      const auto firing = std::ranges::count(n.alerts, AlertState::kFiring, &Alert::state);
      words.push_back("+" + std::to_string(firing) + " -" + std::to_string(n.alerts.size() - firing) + ": " +
                      n.reason);
      given_.push_back(n);
    }
    return words;
  }
  RoutingPlan plan_;
  test::MemoryJournal journal_;
  Postbox postbox_;
  std::unique_ptr<Alerting> alerting_;
  std::vector<Notification> given_;
};

TEST(Alerting, AGroupWaitsForCompanyAndIsThenLookedAtOnItsInterval) {
  Story story;
  EXPECT_THAT(story.At(0s, {Silent("n1")}), IsEmpty());
  EXPECT_THAT(story.At(20s, {Silent("n1"), Silent("n2")}), IsEmpty());
  EXPECT_THAT(story.At(30s, {Silent("n1"), Silent("n2")}), ElementsAre("+2 -0: 2 new"));
  EXPECT_THAT(story.At(31s, {Silent("n1"), Silent("n2"), Silent("n3")}), IsEmpty());
  EXPECT_THAT(story.At(330s, {Silent("n1"), Silent("n3")}), ElementsAre("+2 -1: 1 new"));
  EXPECT_THAT(story.At(630s, {}), ElementsAre("+0 -2: all resolved"));
  EXPECT_THAT(story.At(930s, {}), IsEmpty());
}

// As dedup_stage.go of 0.35 has it: templates compare these.
TEST(Alerting, WhyIsSaidInAlertmanagersWordsToo) {
  Story story;
  const auto cause_at = [&](Duration t, const std::vector<Condition>& holding) {
    const std::size_t before = story.given().size();
    story.At(t - 20s, holding);  // it holds, or is over, for long enough at `t`
    story.At(t, holding);
    return story.given().size() > before ? story.given().back().cause : "nothing";
  };
  story.At(0s, {Silent("n1")});
  EXPECT_EQ(cause_at(30s, {Silent("n1")}), "first notification");
  EXPECT_EQ(cause_at(330s, {Silent("n1"), Silent("n2")}), "new alerts added");
  EXPECT_EQ(cause_at(630s, {Silent("n1")}), "some alerts resolved");
  EXPECT_EQ(cause_at(930s, {Silent("n1")}), "nothing");
  for (Duration t = 1230s; t < 630s + 4h; t += 300s) story.At(t, {Silent("n1")});
  EXPECT_EQ(cause_at(630s + 4h, {Silent("n1")}), "repeat interval elapsed");
  EXPECT_EQ(cause_at(930s + 4h, {}), "all alerts resolved");
  story.At(1200s + 4h, {Silent("n1")});
  EXPECT_EQ(cause_at(1230s + 4h, {Silent("n1")}), "first notification") << "they knew of nothing";
}

TEST(Alerting, WhatResolvesBeforeItsGroupWasToldIsNeverTold) {
  Story story;
  story.At(0s, {Silent("n1")});
  story.At(10s, {});
  EXPECT_THAT(story.At(30s, {}), IsEmpty());
}

TEST(Alerting, AnUrgentAlertIsToldAtOnceAndOnlyOnce) {
  Story story;
  EXPECT_THAT(story.Kills(0s, {OomKilled("a"), OomKilled("b")}),
              ElementsAre("+2 -0: 2 new, sent immediately"));
  EXPECT_THAT(story.Kills(1s, {OomKilled("a")}), IsEmpty()) << "another occurrence of what they know";
  EXPECT_THAT(story.Kills(2s, {OomKilled("c")}), ElementsAre("+1 -0: 1 new, sent immediately"))
      << "only the new one";
  EXPECT_THAT(story.At(30s, {}), IsEmpty()) << "the group's look finds nothing untold";
  EXPECT_THAT(story.At(330s, {}), ElementsAre("+0 -3: all resolved"));
}

TEST(Alerting, AnUrgentAlertThatReturnsIsToldAgainEvenBeforeItsEndWas) {
  Story story;
  story.Kills(0s, {OomKilled("a")});
  story.At(70s, {});
  EXPECT_THAT(story.Kills(80s, {OomKilled("a")}), ElementsAre("+1 -0: 1 new, sent immediately"));
}

TEST(Alerting, RepeatsComeOnTheLooksOfTheOriginalScheduleHoweverLateALookIs) {
  Story story;
  story.At(0s, {Silent("n1")});
  story.At(31s, {Silent("n1")});  // a second late
  for (Duration t = 330s; t < 4h; t += 300s) EXPECT_THAT(story.At(t, {Silent("n1")}), IsEmpty());
  EXPECT_THAT(story.At(4h + 29s, {Silent("n1")}), IsEmpty());
  EXPECT_THAT(story.At(4h + 30s, {Silent("n1")}), ElementsAre("+1 -0: repeated after 4 h"));
}

TEST(Alerting, ARestartKeepsTimersAndWhatPeopleKnow) {
  Story story;
  story.At(0s, {Silent("n1")});
  EXPECT_THAT(story.Restart(20s), IsEmpty());
  EXPECT_THAT(story.At(29s, {Silent("n1")}), IsEmpty());
  EXPECT_THAT(story.At(30s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"))
      << "30 s after the first sign, not after the restart";
  story.Report(Verdict::kDelivered);
  EXPECT_THAT(story.Restart(40s), IsEmpty()) << "delivered is delivered";
  EXPECT_THAT(story.At(330s, {Silent("n1")}), IsEmpty());
  story.Restart(2h);
  EXPECT_THAT(story.At(4h + 29s, {Silent("n1")}), IsEmpty());
  EXPECT_THAT(story.At(4h + 30s, {Silent("n1")}), ElementsAre("+1 -0: repeated after 4 h"));
}

TEST(Alerting, AnIntentWithoutAnOutcomeIsSentAgainUnderTheSameIdAfterARestart) {
  Story story;
  story.Kills(0s, {OomKilled("a")});
  const std::string id = story.given().at(0).id;
  EXPECT_THAT(story.Restart(1s), ElementsAre("+1 -0: 1 new, sent immediately"));
  EXPECT_EQ(story.given().at(1).id, id);
  EXPECT_EQ(story.alerting().counters().resent, 1);
}

TEST(Alerting, TheEndOfAnAlertIsToldEvenWhenItCameWhileNobodyWasThere) {
  Story story;
  story.Kills(0s, {OomKilled("a")});
  story.Report(Verdict::kDelivered);
  story.Restart(10min);
  EXPECT_THAT(story.At(10min + 1s, {}), ElementsAre("+0 -1: all resolved"))
      << "a look that is overdue is made";
}

TEST(Alerting, AFullLaneDelaysButLosesNothing) {
  Story story;
  story.postbox().full = true;
  EXPECT_THAT(story.Kills(0s, {OomKilled("a")}), IsEmpty());
  story.postbox().full = false;
  EXPECT_THAT(story.At(1s, {}), ElementsAre("+1 -0: 1 new, sent immediately"));
  EXPECT_THAT(story.At(2s, {}), IsEmpty());
}

TEST(Alerting, WhoIsFarBehindIsToldLaterInFewerWordsAndNothingIsForgotten) {
  Story story;
  std::vector<Condition> all;
  for (std::size_t i = 0; i < Alerting::kMostWaiting + 50; ++i)
    all.push_back({.rule = "Rule" + std::to_string(i), .labels = {{"namespace", "shop"}}});
  story.At(0s, all);
  EXPECT_EQ(story.At(30s, all).size(), Alerting::kMostWaiting);
  EXPECT_EQ(story.alerting().waiting("ops/slack[0]"), Alerting::kMostWaiting);
  EXPECT_EQ(story.alerting().dispatcher().held_back(), 50);
  EXPECT_THAT(story.At(40s, all), IsEmpty()) << "still no room";
  story.Restart(41s);
  EXPECT_EQ(story.alerting().waiting("ops/slack[0]"), Alerting::kMostWaiting)
      << "what waits outlives a restart";
  story.Report(Verdict::kDelivered);
  EXPECT_EQ(story.At(60s, all).size(), 50U);
  story.Report(Verdict::kDelivered);
  EXPECT_EQ(story.alerting().waiting("ops/slack[0]"), 0U);
}

TEST(Heartbeat, TheWatchdogIsToldAtEachIntervalAndToNobodyElse) {
  RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/log[0]"}}});
  plan.receivers.push_back({.name = "switch", .integrations = {{.name = "switch/webhook[0]"}}});
  EXPECT_FALSE(AddHeartbeat(plan, "nobody", 60s));
  ASSERT_TRUE(AddHeartbeat(plan, "switch", 60s));
  test::MemoryJournal journal;
  Postbox postbox;
  Alerting alerting({}, plan, journal, postbox);
  const Condition watchdog = Watchdog();
  std::vector<Duration> told;
  for (Duration t = 0s; t <= 300s; t += 1s) {
    alerting.Update({watchdog}, {}, kStart + t);
    for (const Notification& n : std::exchange(postbox.sent, {})) {
      EXPECT_EQ(n.integration, "switch/webhook[0]");
      told.push_back(t);
    }
  }
  EXPECT_THAT(told, ElementsAre(0s, 60s, 120s, 180s, 240s, 300s));
}

TEST(Alerting, AJournalThatCannotBeWrittenIsCountedAndPeopleAreToldNevertheless) {
  Story story;
  story.journal().broken = true;
  EXPECT_THAT(story.Kills(0s, {OomKilled("a")}), ElementsAre("+1 -0: 1 new, sent immediately"));
  EXPECT_EQ(story.alerting().counters().journal_failures, 1);
}

TEST(Alerting, WhatTheJournalDidNotTakeIsWrittenWhenItWorksAgain) {
  Story story;
  story.Kills(0s, {OomKilled("a")});
  story.journal().broken = true;
  story.Report(Verdict::kDelivered);
  story.Kills(1s, {OomKilled("b")});
  EXPECT_EQ(story.postbox().settled, 1) << "nothing more is in the journal";
  story.journal().broken = false;
  story.At(2s, {});
  EXPECT_EQ(story.postbox().settled, 2);
  EXPECT_THAT(story.Restart(3s), ElementsAre("+1 -0: 1 new, sent immediately")) << "of b: a was delivered";
  EXPECT_EQ(story.given().back().alerts.at(0).labels.at("container"), "b");
  EXPECT_EQ(story.alerting().book().alerts().size(), 2);
}

TEST(Alerting, HoweverLongTheJournalIsBrokenOnlyWhatThereIsNowIsOwed) {
  Story story;
  story.At(0s, {Silent("n1")});
  story.At(30s, {Silent("n1")});
  story.Report(Verdict::kDelivered);
  story.journal().broken = true;
  std::size_t most = 0;
  for (int hour = 1; hour <= 24 * 7; ++hour) {
    const Duration t = std::chrono::hours(hour);
    story.Kills(t, {OomKilled("c" + std::to_string(hour))});
    story.Report(Verdict::kDelivered);
    story.At(t + 10min, {Silent("n1")});
    story.At(t + 20min, {Silent("n1")});
    story.Report(Verdict::kDelivered);
    most = std::max(most, story.alerting().journal().owed());
  }
  EXPECT_LT(most, 60) << "a week of alerts that came and went";
  EXPECT_GT(story.alerting().journal().coalesced(), 500);
  story.journal().broken = false;
  story.At(24h * 8, {Silent("n1")});
  story.Report(Verdict::kDelivered);
  EXPECT_EQ(story.alerting().journal().owed(), 0);
  const auto alerts = story.alerting().book().alerts().size();
  EXPECT_THAT(story.Restart(24h * 8 + 1s), IsEmpty()) << "nothing that was told is told again";
  EXPECT_EQ(story.alerting().book().alerts().size(), alerts);
}

TEST(Alerting, AnOutcomeThatOnlyTheLaneKnewBeforeAKillIsSettledAndNotSentAgain) {
  Story story;
  story.Kills(0s, {OomKilled("a")});
  const Notification& sent = story.given().at(0);
  Outcome outcome{.verdict = Verdict::kDelivered, .detail = {}};
  outcome.keep = {{"thread", "2"}, {"old", std::nullopt}};
  story.journal().entries["kept/ops/slack[0]|thread"] = "1";
  story.journal().entries["kept/ops/slack[0]|old"] = "0";
  story.journal().entries["kept/ops/slack[0]|other"] = "7";
  story.postbox().leftover = {{sent.id, sent.integration, outcome, 1, kStart}};
  EXPECT_THAT(story.Restart(1s), IsEmpty());
  EXPECT_THAT(story.postbox().recalled, ElementsAre("ops/slack[0] other=7", "ops/slack[0] thread=2"))
      << "the newer word, and no longer what is gone";
  EXPECT_EQ(story.alerting().waiting("ops/slack[0]"), 0U);
  EXPECT_THAT(story.Restart(2s), IsEmpty()) << "and it is in the journal now";
  EXPECT_FALSE(story.journal().entries.contains("kept/ops/slack[0]|old"));
}

TEST(Alerting, ARestartWritesNoGroupAnewThatIsAsItWas) {
  Story story;
  std::vector<Condition> many;
  for (int i = 0; i < 100; ++i) many.push_back({.rule = "Rule" + std::to_string(i), .labels = {{"n", "1"}}});
  story.At(0s, many);
  story.At(30s, many);
  story.Report(Verdict::kDelivered);
  story.journal().entries["group/of a route that is gone"] = "{}";
  const std::size_t before = story.journal().writes;
  story.Restart(40s);
  story.At(41s, many);
  EXPECT_EQ(story.journal().writes, before + 1) << "the one that is gone";
}

TEST(Alerting, AGroupThatNeedNotWaitBeginsItsScheduleWhenWhatSettledIsTold) {
  RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}});
  plan.root.group_wait = 0s;
  plan.root.group_interval = 10s;
  plan.root.repeat_interval = 20s;
  test::MemoryJournal journal;
  Postbox postbox;
  Alerting alerting({}, plan, journal, postbox);
  const Condition silent = Silent("n1");
  std::vector<Duration> told;
  for (Duration t = 0s; t <= 60s; t += 1s) {
    alerting.Update({silent}, {}, kStart + t);
    for ([[maybe_unused]] const Notification& n : std::exchange(postbox.sent, {})) told.push_back(t);
  }
  EXPECT_THAT(told, ElementsAre(5s, 25s, 45s));
}

TEST(Alerting, AGroupThatBeginsWithAnOldAlertDoesNotWaitForCompany) {
  const RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}});
  const auto told_after = [&](Duration age) -> std::optional<Duration> {
    test::MemoryJournal journal;
    Postbox postbox;
    Alerting alerting({}, plan, journal, postbox);
    const Posting down{.labels = {{"alertname", "Down"}}, .starts_at = kStart - age, .ends_at = kStart + 1h};
    EXPECT_TRUE(alerting.Post({&down, 1}, kStart));
    for (Duration t = 0s; t <= 40s; t += 1s) {
      alerting.Update({}, {}, kStart + t);
      if (!postbox.sent.empty()) return t;
    }
    return std::nullopt;
  };
  EXPECT_EQ(told_after(0s), 30s);
  EXPECT_EQ(told_after(30s), 30s) << "just as old is not older";
  EXPECT_EQ(told_after(31s), 5s) << "what would inhibit it may still come";
  EXPECT_EQ(told_after(48h), 5s);
}

TEST(Alerting, AReceiverThatWantsNoResolvedOnesHearsOfNone) {
  Story story(/*send_resolved=*/false);
  story.At(0s, {Silent("n1")});
  EXPECT_THAT(story.At(30s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
  EXPECT_THAT(story.At(330s, {}), IsEmpty());
}

TEST(Alerting, WhoWantsNoResolvedOnesIsToldAgainOfWhatComesBack) {
  Story story(/*send_resolved=*/false);
  story.At(0s, {Silent("n1")});
  EXPECT_THAT(story.At(30s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
  EXPECT_THAT(story.At(330s, {}), IsEmpty());
  story.At(340s, {Silent("n1")});
  EXPECT_THAT(story.At(370s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
}

TEST(Alerting, WhatComesBackIsNewsAlsoWhileOthersOfTheGroupFireOnAndAfterARestart) {
  Story story(/*send_resolved=*/false);
  story.At(0s, {Silent("n1"), Silent("n2")});
  EXPECT_THAT(story.At(30s, {Silent("n1"), Silent("n2")}), ElementsAre("+2 -0: 2 new"));
  EXPECT_THAT(story.At(330s, {Silent("n2")}), IsEmpty());
  story.Report(Verdict::kDelivered);
  story.Restart(331s);
  story.At(400s, {Silent("n1"), Silent("n2")});
  EXPECT_THAT(story.At(630s, {Silent("n1"), Silent("n2")}), ElementsAre("+2 -0: 1 new"));
}

TEST(Alerting, AnAlertThatFlipsBetweenTwoLooksIsNoNews) {
  Story story(/*send_resolved=*/false);
  story.At(0s, {Silent("n1")});
  story.At(30s, {Silent("n1")});
  story.At(100s, {});
  story.At(110s, {Silent("n1")});
  EXPECT_THAT(story.At(330s, {Silent("n1")}), IsEmpty());
}

// The group is looked at 30 s after the beginning and each 300 s from there.
class PassedOver : public testing::Test {
 protected:
  // n1 is told as firing, and then muted from 40 s on.
  void TellAndSilence(const std::vector<Condition>& holding) {
    story_.At(0s, holding);
    ASSERT_EQ(story_.At(30s, holding).size(), 1);
    story_.Report(Verdict::kDelivered);
    const Silence silence{
        .id = {}, .matchers = *ParseMatchers("node=n1"), .starts_at = kStart, .ends_at = kStart + 24h};
    ASSERT_TRUE(story_.alerting().SetSilence(silence, kStart + 40s, "s"));
  }
  void Unsilence(Duration t) { ASSERT_TRUE(story_.alerting().ExpireSilence("s", kStart + t)); }

  Story story_;
};

TEST_F(PassedOver, AnEndThatASilenceHidMakesTheNextBeginningNews) {
  TellAndSilence({Silent("n1")});
  EXPECT_THAT(story_.At(330s, {}), IsEmpty());
  EXPECT_THAT(story_.At(630s, {Silent("n1")}), IsEmpty());
  Unsilence(700s);
  EXPECT_THAT(story_.At(930s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
  EXPECT_THAT(story_.At(1230s, {Silent("n1")}), IsEmpty()) << "once";
  EXPECT_THAT(story_.At(1530s, {}), ElementsAre("+0 -1: all resolved"));
}

TEST_F(PassedOver, ItIsRememberedOverARestart) {
  TellAndSilence({Silent("n1")});
  EXPECT_THAT(story_.At(330s, {}), IsEmpty());
  story_.Restart(400s);
  EXPECT_THAT(story_.At(630s, {Silent("n1")}), IsEmpty());
  story_.Restart(640s);
  Unsilence(700s);
  EXPECT_THAT(story_.At(930s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
}

TEST_F(PassedOver, TheEndIsStillToldWhenTheSilenceIsOverBeforeTheNextBeginning) {
  TellAndSilence({Silent("n1")});
  EXPECT_THAT(story_.At(330s, {}), IsEmpty());
  Unsilence(400s);
  EXPECT_THAT(story_.At(630s, {}), ElementsAre("+0 -1: all resolved"));
  story_.At(700s, {Silent("n1")});
  EXPECT_THAT(story_.At(730s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
}

TEST_F(PassedOver, WhatFiresAllTheWhileIsNoNewsAfterASilence) {
  TellAndSilence({Silent("n1"), Silent("n2")});
  EXPECT_THAT(story_.At(330s, {Silent("n1"), Silent("n2")}), IsEmpty());
  Unsilence(400s);
  EXPECT_THAT(story_.At(630s, {Silent("n1"), Silent("n2")}), IsEmpty());
}

TEST_F(PassedOver, ItIsNewsWhenTheOthersWereSpokenOfMeanwhile) {
  TellAndSilence({Silent("n1")});
  story_.At(300s, {Silent("n1"), Silent("n2")});
  EXPECT_THAT(story_.At(330s, {Silent("n1"), Silent("n2")}), ElementsAre("+1 -0: 1 new"))
      << "who reads it takes n1 to be over";
  Unsilence(400s);
  EXPECT_THAT(story_.At(630s, {Silent("n1"), Silent("n2")}), ElementsAre("+2 -0: 1 new"));
  EXPECT_THAT(story_.At(930s, {Silent("n1"), Silent("n2")}), IsEmpty());
}

TEST_F(PassedOver, AnUrgentOneThatBeganAnewUnderASilenceIsNewsAfterwards) {
  story_.Kills(0s, {OomKilled("a")});
  story_.Report(Verdict::kDelivered);
  const Silence silence{
      .id = {}, .matchers = *ParseMatchers("container=a"), .starts_at = kStart, .ends_at = kStart + 24h};
  ASSERT_TRUE(story_.alerting().SetSilence(silence, kStart + 1s, "s"));
  story_.At(30s, {});
  story_.At(70s, {});  // it ends, and the next look is at 330 s
  EXPECT_THAT(story_.Kills(290s, {OomKilled("a")}), IsEmpty());
  Unsilence(310s);
  EXPECT_THAT(story_.At(330s, {}), ElementsAre("+1 -0: 1 new"));
}

TEST_F(PassedOver, WhatIsPendingAgainAtALookHadEnded) {
  Condition slow = Silent("n1");
  slow.hold = 400s;
  story_.At(0s, {slow});
  story_.At(400s, {slow});
  ASSERT_THAT(story_.At(430s, {slow}), ElementsAre("+1 -0: 1 new"));
  story_.At(500s, {});
  story_.At(510s, {slow});
  EXPECT_THAT(story_.At(730s, {slow}), IsEmpty());
  story_.At(910s, {slow});
  EXPECT_THAT(story_.At(1030s, {slow}), ElementsAre("+1 -0: 1 new"));
}

// A random life of three alerts: which fire, and which of them are silenced, changes between any two looks.
class RandomLife {
 public:
  explicit RandomLife(unsigned seed) : random_(seed), story_(PlanThatNeedNotSettle()) {}

  void Live(Duration until) {
    if (random_() % 8 == 0) story_.Restart(until - 101s);
    for (const std::string node : {"n1", "n2", "n3"}) {
      if (random_() % 3 == 0) Toggle(firing_, node);
      if (random_() % 4 == 0) Silence(node, kStart + until - 100s);
    }
    for (const Duration t : {until - 100s, until}) {
      story_.At(t, Holding());
      Hear();
    }
  }
  [[nodiscard]] std::set<std::string> FiringUnmuted() const {
    std::set<std::string> nodes;
    std::ranges::set_difference(firing_, silenced_, std::inserter(nodes, nodes.end()));
    return nodes;
  }
  [[nodiscard]] const std::set<std::string>& NamedLast() const { return named_last_; }

 private:
  static RoutingPlan PlanThatNeedNotSettle() {
    RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}});
    plan.settle = 0s;
    return plan;
  }
  void Hear() {
    if (story_.given().empty()) return;
    named_last_.clear();
    for (const Alert& alert : story_.given().back().alerts) {
      if (alert.state == AlertState::kFiring) named_last_.insert(LabelValue(alert.labels, "node"));
    }
    story_.Report(Verdict::kDelivered);
  }
  // Whether it is there now.
  static bool Toggle(std::set<std::string>& of, const std::string& node) {
    if (of.erase(node) > 0) return false;
    return of.insert(node).second;
  }
  void Silence(const std::string& node, Wall now) {
    if (!Toggle(silenced_, node)) {
      EXPECT_TRUE(story_.alerting().ExpireSilence(node, now));
      return;
    }
    const collector::Silence silence{
        .id = {}, .matchers = *ParseMatchers("node=" + node), .starts_at = now, .ends_at = now + 24h};
    EXPECT_TRUE(story_.alerting().SetSilence(silence, now, node));
  }
  [[nodiscard]] std::vector<Condition> Holding() const {
    std::vector<Condition> conditions;
    for (const std::string& node : firing_) conditions.push_back(Silent(node));
    return conditions;
  }

  std::mt19937 random_;
  Story story_;
  std::set<std::string> firing_;
  std::set<std::string> silenced_;
  std::set<std::string> named_last_;
};

// As with Alertmanager, which compares what fires with its last message.
TEST(Alerting, AfterEachLookTheLastMessageNamesAllThatFiresUnmuted) {
  for (unsigned seed = 1; seed <= 100; ++seed) {
    RandomLife life(seed);
    for (Duration look = 330s; look < 10'000s; look += 300s) {
      life.Live(look);
      ASSERT_TRUE(std::ranges::includes(life.NamedLast(), life.FiringUnmuted()))
          << "seed " << seed << " at " << look / 1s;
    }
  }
}

TEST(Alerting, AnEndThatTheHoursOfARouteHidMakesTheNextBeginningNews) {
  RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}});
  plan.time_intervals["after one"] = {TimeInterval{.times = {{1, 60}}}};
  plan.root.mute_time_intervals = {"after one"};
  Story story(std::move(plan));
  story.At(0s, {Silent("n1")});
  ASSERT_THAT(story.At(30s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
  EXPECT_THAT(story.At(330s, {}), IsEmpty());
  EXPECT_THAT(story.At(3500s, {Silent("n1")}), IsEmpty());
  EXPECT_THAT(story.At(3630s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
}

TEST(Alerting, AnEndThatAnotherAlertInhibitedMakesTheNextBeginningNews) {
  Condition cause{.rule = "Cause", .labels = {}, .severity = Severity::kSev2};
  InhibitRule rule;
  rule.source.push_back(*Matcher::Make("alertname", Matcher::Op::kEqual, "Cause"));
  rule.target.push_back(*Matcher::Make("alertname", Matcher::Op::kEqual, "NodeSilent"));
  Story story(PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}}, {std::move(rule)}));
  story.At(0s, {Silent("n1")});
  ASSERT_THAT(story.At(30s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
  story.At(100s, {Silent("n1"), cause});
  EXPECT_THAT(story.At(330s, {cause}), ElementsAre("+1 -0: 1 new")) << "the cause, in a group of its own";
  story.At(400s, {cause, Silent("n1")});
  story.At(500s, {Silent("n1")});
  EXPECT_THAT(story.At(630s, {Silent("n1")}), testing::Contains("+1 -0: 1 new"));
}

TEST(Alerting, WhatWasToldAsFiringAndEndedBeforeThisVersionIsForgottenAtTheStart) {
  Story story(/*send_resolved=*/false);
  story.At(0s, {Silent("n1")});
  story.At(30s, {Silent("n1")});
  story.Report(Verdict::kDelivered);
  const std::string as_told = [&] {
    for (const auto& [key, value] : story.journal().entries) {
      if (key.starts_with("alert/")) return nlohmann::json::parse(value)["told"].dump();
    }
    return std::string();
  }();
  story.At(330s, {});
  for (auto& [key, value] : story.journal().entries) {
    if (!key.starts_with("alert/")) continue;
    nlohmann::json alert = nlohmann::json::parse(value);
    alert["told"] = nlohmann::json::parse(as_told);
    value = alert.dump();
  }
  story.Restart(400s);
  story.At(401s, {Silent("n1")});
  EXPECT_THAT(story.At(431s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
}

Route To(const std::string& receiver, std::vector<Route> below = {}) {
  Route route{.receiver = receiver, .group_by = {"alertname"}, .routes = std::move(below)};
  route.continue_matching = true;
  route.matchers.push_back(Matcher::Make("alertname", Matcher::Op::kMatches, "Node.*").value());
  return route;
}

RoutingPlan PlanOf(std::vector<Route> routes) {
  RoutingPlan plan{.root = {.receiver = "rest", .routes = std::move(routes)}, .receivers = {}};
  for (const char* name : {"rest", "chat", "pager", "hook"})
    plan.receivers.push_back({.name = name, .integrations = {{.name = std::string(name) + "/log[0]"}}});
  SetKeys(plan.root);
  return plan;
}

std::vector<std::string> WhoWasTold(const std::vector<Notification>& notifications) {
  std::vector<std::string> receivers;
  for (const Notification& notification : notifications) receivers.push_back(notification.receiver);
  std::ranges::sort(receivers);
  return receivers;
}

TEST(Siblings, OfEqualMatchersHaveAGroupEachAndAllReceiversAreToldOfBeginningAndEnd) {
  Story story(PlanOf({To("chat"), To("pager"), To("hook")}));
  story.At(0s, {Silent("n1")});
  story.At(30s, {Silent("n1")});
  EXPECT_THAT(WhoWasTold(story.given()), ElementsAre("chat", "hook", "pager"));
  EXPECT_EQ(story.given()[0].group_key, story.given()[1].group_key) << "as Alertmanager names them";
  story.Report(Verdict::kDelivered);
  story.Restart(40s);
  EXPECT_THAT(story.At(330s, {Silent("n1")}), IsEmpty()) << "and told once";
  story.At(630s, {});
  EXPECT_THAT(WhoWasTold(story.given()), ElementsAre("chat", "hook", "pager"));
}

TEST(Siblings, OfEqualMatchersAreAllToldAtOnceOfWhatIsUrgent) {
  Story story(PlanOf({To("chat"), To("pager")}));
  Condition urgent = Silent("n1");
  urgent.urgent = true;
  EXPECT_EQ(story.At(0s, {urgent}).size(), 2U);
  EXPECT_THAT(WhoWasTold(story.given()), ElementsAre("chat", "pager"));
}

TEST(Siblings, NestedRoutesOfEqualPathsHaveAGroupEach) {
  Story story(PlanOf({To("rest", {To("chat"), To("pager")}), To("rest", {To("hook")})}));
  story.At(0s, {Silent("n1")});
  story.At(30s, {Silent("n1")});
  EXPECT_THAT(WhoWasTold(story.given()), ElementsAre("chat", "hook", "pager"));
}

TEST(Siblings, OfOneReceiverTellItOnce) {
  Story story(PlanOf({To("chat"), To("chat")}));
  story.At(0s, {Silent("n1")});
  EXPECT_EQ(story.At(30s, {Silent("n1")}).size(), 1U);
  EXPECT_EQ(story.alerting().dispatcher().group_count(), 2U);
}

// One of them has an end to tell and the other, in the same instant, a beginning.
TEST(Siblings, OfOneReceiverLoseNothingWhenBothHaveSomethingToSay) {
  for (const bool narrow_first : {true, false}) {
    Route elsewhere = To("hook");
    elsewhere.matchers = {Matcher::Make("node", Matcher::Op::kEqual, "n2").value()};
    const Route narrow = To("chat", {elsewhere});
    Story story(PlanOf(narrow_first ? std::vector{narrow, To("chat")} : std::vector{To("chat"), narrow}));
    story.At(0s, {Silent("n1")});
    story.At(30s, {Silent("n1")});
    story.Report(Verdict::kDelivered);
    story.At(320s, {Silent("n1"), Silent("n2")});
    story.At(330s, {Silent("n2")});
    std::set<std::string> ids;
    std::set<std::string> said;
    for (const Notification& notification : story.given()) {
      if (notification.receiver != "chat") continue;
      EXPECT_TRUE(ids.insert(notification.id).second) << "one would take the other's place";
      for (const Alert& alert : notification.alerts)
        said.insert(alert.labels.at("node") + (alert.state == AlertState::kFiring ? " fires" : " ends"));
    }
    EXPECT_THAT(said, ElementsAre("n1 ends", "n2 fires")) << narrow_first;
  }
}

TEST(Siblings, OneThatIsNewBesideAnotherTellsNobodyElseAnew) {
  Story before(PlanOf({To("pager")}));
  before.At(0s, {Silent("n1")});
  before.At(30s, {Silent("n1")});
  before.Report(Verdict::kDelivered);
  for (const auto& routes : {std::vector{To("chat"), To("pager")}, std::vector{To("pager"), To("chat")}}) {
    Story story(PlanOf(routes));
    story.journal().entries = before.journal().entries;
    story.Restart(60s);
    for (const Duration t : {61s, 91s, 330s}) story.At(t, {Silent("n1")});
    EXPECT_THAT(WhoWasTold(story.given()), ElementsAre("chat"));
  }
}

TEST(Refusals, OfAllThatWasSaidAreToldAgainWithTheGroupsNextLook) {
  Story story;
  story.At(0s, {Silent("n1")});
  story.At(30s, {Silent("n1")});
  for (Duration t = 330s; t < 1300s; t += 300s) {
    story.Report(Verdict::kRefused, "HTTP 400");
    EXPECT_THAT(story.At(t - 1s, {Silent("n1")}), IsEmpty());
    EXPECT_THAT(story.At(t, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
  }
  story.Report(Verdict::kDelivered);
  EXPECT_THAT(story.At(1530s, {Silent("n1")}), IsEmpty());
}

TEST(Refusals, OfAnEndLeaveItToBeToldThoughItsGroupWasOver) {
  Story story;
  story.Kills(0s, {OomKilled("a")});
  story.Report(Verdict::kDelivered);
  EXPECT_THAT(story.At(330s, {}), ElementsAre("+0 -1: all resolved"));
  EXPECT_EQ(story.alerting().dispatcher().group_count(), 0U);
  story.Report(Verdict::kRefused, "HTTP 422");
  story.Restart(340s);
  EXPECT_THAT(story.At(629s, {}), IsEmpty());
  EXPECT_THAT(story.At(630s, {}), ElementsAre("+0 -1: all resolved"));
  story.Report(Verdict::kDelivered);
  EXPECT_THAT(story.At(930s, {}), IsEmpty());
}

// The word named it beside what was new; that it fires the receiver has known all along.
TEST(Refusals, OfWhatWasKnownLeaveItsEndToBeTold) {
  Story story;
  story.At(0s, {Silent("n1"), Silent("n2")});
  story.At(30s, {Silent("n1"), Silent("n2")});
  story.Report(Verdict::kDelivered);
  EXPECT_THAT(story.At(330s, {Silent("n2")}), ElementsAre("+1 -1: 1 resolved"));
  story.Report(Verdict::kRefused, "HTTP 400");
  story.Restart(340s);
  story.At(400s, {});
  EXPECT_THAT(story.At(630s, {}), ElementsAre("+0 -2: all resolved"));
}

TEST(Refusals, OfAnEndLeaveWhatComesBackToBeTold) {
  Story story;
  story.At(0s, {Silent("n1")});
  story.At(30s, {Silent("n1")});
  story.Report(Verdict::kDelivered);
  EXPECT_THAT(story.At(330s, {}), ElementsAre("+0 -1: all resolved"));
  story.Report(Verdict::kRefused, "HTTP 400");
  story.At(400s, {Silent("n1")});
  EXPECT_THAT(story.At(630s, {Silent("n1")}), ElementsAre("+1 -0: 1 new"));
}

TEST(Refusals, ThatCameAfterANewerWordChangeNothing) {
  Story story;
  story.At(0s, {Silent("n1")});
  story.At(30s, {Silent("n1")});
  const Notification first = story.given().at(0);
  story.At(330s, {});
  const DeliveryReport late{first.id, first.integration, {Verdict::kRefused, "HTTP 400"}, 1, first.at};
  story.alerting().Settle({&late, 1}, kStart + 331s);
  EXPECT_THAT(story.At(630s, {}), IsEmpty()) << "its end was told";
}

TEST(Superseded, WordsHadAnEndThatTheNewerOneDoesNotSayAndItIsToldNevertheless) {
  Story story;
  story.At(0s, {Silent("n1"), Silent("n2")});
  story.At(30s, {Silent("n1"), Silent("n2")});
  story.Report(Verdict::kDelivered);
  EXPECT_THAT(story.At(330s, {Silent("n2")}), ElementsAre("+1 -1: 1 resolved"));
  story.At(600s, {Silent("n2"), Silent("n3")});
  EXPECT_THAT(story.At(630s, {Silent("n2"), Silent("n3")}), ElementsAre("+2 -0: 1 new"));
  story.Report({.verdict = Verdict::kDelivered, .detail = {}, .superseded = true});
  EXPECT_THAT(story.At(930s, {Silent("n2"), Silent("n3")}), ElementsAre("+2 -1: 2 new"));
}

TEST(Pieces, OfALargeGroupNameEveryAlertOnceWhereTheOtherSideTakesThemOneByOne) {
  RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/webhook[0]", .names = 0}}});
  Story story(std::move(plan));
  std::vector<Condition> many(2'500, Silent(""));
  for (std::size_t i = 0; i < many.size(); ++i) many[i].labels["node"] = "n" + std::to_string(i);
  story.At(0s, many);
  EXPECT_THAT(story.At(30s, many),
              ElementsAre("+1000 -0: 2500 new", "+1000 -0: 2500 new", "+500 -0: 2500 new"));
  std::set<std::string> named;
  std::set<std::string> ids;
  for (const Notification& piece : story.given()) {
    ids.insert(piece.id);
    EXPECT_EQ(piece.more, 0U);
    for (const Alert& alert : piece.alerts) named.insert(alert.fingerprint);
  }
  EXPECT_EQ(named.size(), many.size());
  EXPECT_EQ(ids.size(), 3U);
  EXPECT_EQ(story.alerting().waiting("ops/webhook[0]"), 3U);
  story.Report(Verdict::kDelivered);
  EXPECT_EQ(story.alerting().waiting("ops/webhook[0]"), 0U);
  many.resize(1);
  story.At(330s, many);
  EXPECT_TRUE(story.given().back().others_fire) << "a piece of nothing but ends is not the end of all";
  std::size_t told = 0;
  for (const Notification& piece : story.given()) told += piece.alerts.size();
  EXPECT_EQ(told, 2'500U);
}

TEST(Pieces, AreNoLargerThanARequestMayBe) {
  RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/webhook[0]", .names = 0}}});
  Story story(std::move(plan));
  std::vector<Condition> many(100, Silent(""));
  for (std::size_t i = 0; i < many.size(); ++i) {
    many[i].labels["node"] = "n" + std::to_string(i);
    many[i].reason = std::string(30'000, 'r');
  }
  story.At(0s, many);
  EXPECT_EQ(story.At(30s, many).size(), 4U);
}

TEST(Alerting, AViewSaysHowTellingWent) {
  Story story;
  story.Kills(0s, {OomKilled("a")});
  story.Report(Verdict::kRetry, "HTTP 503 from example.org");
  EXPECT_THAT(story.alerting().Views().at(0)->deliveries,
              ElementsAre("ops/slack[0]: failed 1 times, trying again: HTTP 503 from example.org"));
  story.Report(Verdict::kDelivered);
  EXPECT_THAT(story.alerting().Views().at(0)->deliveries,
              ElementsAre("ops/slack[0]: delivered 2026-01-01T00:00:00Z"));
}

TEST(Alerting, TheMostSevereIsShownFirstHoweverManyMildOnesAreNewer) {
  Story story;
  Condition grave = Silent("grave");
  grave.severity = Severity::kSev0;
  story.At(0s, {grave});
  std::vector<Condition> all = {grave};
  for (int i = 0; i < 600; ++i)
    all.push_back({.rule = "Mild" + std::to_string(i), .labels = {}, .severity = Severity::kSev4});
  story.At(10s, all);
  EXPECT_EQ(story.alerting().Views().front()->severity, Severity::kSev0);
}

TEST(Alerting, ALargeGroupNamesItsMostSevereAndCountsTheRest) {
  Story story;
  std::vector<Condition> many(1000, Silent(""));
  for (std::size_t i = 0; i < many.size(); ++i) many[i].labels["node"] = "n" + std::to_string(i);
  many[777].severity = Severity::kSev0;
  story.At(0s, many);
  EXPECT_THAT(story.At(30s, many), ElementsAre("+200 -0: 1000 new"));
  EXPECT_EQ(story.given().at(0).more, 800);
  EXPECT_EQ(story.given().at(0).alerts.at(0).severity, Severity::kSev0);
}

TEST(Alerting, AStoredEntryThatCannotBeReadCostsThatEntryAlone) {
  Story story;
  story.Kills(0s, {OomKilled("a")});
  story.journal().entries["alert/zzz"] = "torn";
  story.journal().entries["note/zzz"] = "{}";
  story.journal().entries["group/zzz"] = "\xff";
  story.Restart(1s);
  EXPECT_EQ(story.alerting().counters().unreadable, 2);
  EXPECT_EQ(story.alerting().book().alerts().size(), 1);
}

TEST(Alerting, AStoredGroupThatCannotBeReadBeginsAnew) {
  for (const char* damaged :
       {"torn", "7", "{}", R"({"next_look": "soon", "told_at": {}})",
        R"({"next_look": 1e300, "told_at": {}})", R"({"next_look": 0, "extra_look": [], "told_at": {}})",
        R"({"next_look": 0, "told_at": {"ops/slack[0]": true}})"}) {
    Story story;
    story.At(0s, {Silent("a")});
    story.At(30s, {Silent("a")});
    for (auto& [key, value] : story.journal().entries) {
      if (key.starts_with("group/")) value = damaged;
    }
    story.Restart(31s);
    EXPECT_EQ(story.alerting().dispatcher().group_count(), 1U) << damaged;
    story.At(90s, {Silent("a")});
    for (const auto& [key, value] : story.journal().entries) EXPECT_NE(value, damaged);
  }
}

TEST(Alerting, AStoredNumberBeyondAllNumbersHarmsNobody) {
  Story story;
  story.Kills(0s, {OomKilled("a")});
  for (auto& [key, value] : story.journal().entries) {
    if (!key.starts_with("alert/")) continue;
    nlohmann::json alert = nlohmann::json::parse(value);
    alert["since"] = std::numeric_limits<std::int64_t>::min();
    alert["keep"] = std::numeric_limits<std::int64_t>::max();
    value = alert.dump();
    alert["severity"] = 1e300;
    EXPECT_FALSE(DecodeAlert(alert.dump()));
  }
  story.Restart(1s);
  EXPECT_EQ(story.alerting().book().alerts().size(), 1);
  story.At(60s, {});
}

TEST(RetryPolicy, DoublesUpToAMinuteUnlessTheOtherSideSaysWhen) {
  const RetryPolicy policy;
  const Outcome failed{.verdict = Verdict::kRetry, .detail = {}};
  EXPECT_EQ(policy.Wait(failed, 1, 0), 500ms);
  EXPECT_EQ(policy.Wait(failed, 3, 0), 2s);
  EXPECT_EQ(policy.Wait(failed, 50, 0), 60s);
  EXPECT_EQ(policy.Wait(failed, 1, 0.5), 450ms);
  EXPECT_EQ(policy.Wait({.verdict = Verdict::kRetry, .detail = {}, .retry_after = 7s}, 50, 0.5), 7s);
}

}  // namespace
}  // namespace loadline::collector
