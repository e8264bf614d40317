#include "collector/press/pressed_silence.h"

#include <gmock/gmock.h>

#include "collector/alert/repair_label.h"
#include "collector/press/button.h"
#include "tests/support/memory_journal.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

class Postbox final : public Outbox {
 public:
  bool Offer(const Notification& notification) override {
    sent.push_back(notification);
    return true;
  }
  bool Recall(const std::string&, const std::string&, const std::string&) override { return true; }
  std::vector<DeliveryReport> Leftover() override { return {}; }
  void Settled() override {}
  std::vector<Notification> sent;
};

Condition Slow(const std::string& pod, const std::string& rule = "Slow") {
  return {.rule = rule, .labels = {{"namespace", "shop"}, {"pod", pod}}, .severity = Severity::kSev2};
}

// One receiver, grouped by namespace, that is told at once.
RoutingPlan Plan() {
  RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}});
  plan.root.group_by = {"namespace"};
  plan.root.group_wait = 0s;
  plan.root.group_interval = 1s;
  plan.settle = 0s;
  SetKeys(plan.root);
  return plan;
}

class PressedSilenceTest : public testing::Test {
 protected:
  PressedSilenceTest() { EXPECT_TRUE(alerting_.Restore(kNow)); }
  // What people are told while these hold.
  std::vector<Notification> Hold(const std::vector<Condition>& conditions, Duration after) {
    postbox_.sent.clear();
    alerting_.Update(conditions, {}, kNow + after);
    alerting_.Update(conditions, {}, kNow + after + 2s);
    return postbox_.sent;
  }
  Result<PressedSilence> Pressed(const std::string& name, Duration lasts, Duration after,
                                 const std::string& user = "U0ALICE01") {
    return SetSilence(alerting_,
                      {.lasts = lasts, .name = name, .user = user, .user_name = "alice", .channel = "ops"},
                      kNow + after, std::to_string(++ids_));
  }
  std::string Of(const Condition& condition) {
    return NameOfAlert(Fingerprint(condition.rule, condition.labels));
  }
  std::string Matched(const std::string& name) {
    const auto matchers = MatchersOf(name, alerting_.book(), alerting_.dispatcher().groups());
    return matchers ? MatchersText(*matchers) : matchers.error().message;
  }
  [[nodiscard]] std::size_t silences() const { return alerting_.mutes().silences().all().size(); }

  const RoutingPlan plan_ = Plan();
  test::MemoryJournal journal_;
  Postbox postbox_;
  Alerting alerting_{{}, plan_, journal_, postbox_};
  int ids_ = 0;
};

TEST_F(PressedSilenceTest, OfAnAlertTakesAllOfItsLabelsAndTheNextWordIsNotSaid) {
  ASSERT_EQ(Hold({Slow("a")}, 0s).size(), 1U);
  const auto set = Pressed(Of(Slow("a")), 1h, 10s);
  ASSERT_TRUE(set);
  EXPECT_TRUE(set->news);
  EXPECT_EQ(MatchersText(set->silence.matchers), R"({alertname="Slow",namespace="shop",pod="a"})");
  EXPECT_EQ(set->silence.created_by, "alice (Slack U0ALICE01)");
  EXPECT_EQ(set->silence.comment, "Silenced in Slack, ops");
  EXPECT_EQ(set->silence.ends_at, kNow + 10s + 1h);
  EXPECT_TRUE(Hold({}, 20s).empty()) << "its end is muted";
  EXPECT_TRUE(Hold({Slow("a")}, 60s).empty()) << "and so is its next beginning";
  EXPECT_EQ(Hold({Slow("a"), Slow("b")}, 70s).size(), 1U) << "another pod is none of it";
}

TEST_F(PressedSilenceTest, PressedTwiceIsOneAndTheLaterEndCounts) {
  Hold({Slow("a")}, 0s);
  ASSERT_TRUE(Pressed(Of(Slow("a")), 1h, 10s));
  const auto again = Pressed(Of(Slow("a")), 1h, 11s);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->silence.ends_at, kNow + 11s + 1h);
  const auto longer = Pressed(Of(Slow("a")), 24h, 20s, "U0BOB0001");
  ASSERT_TRUE(longer);
  EXPECT_TRUE(longer->news);
  const auto shorter = Pressed(Of(Slow("a")), 4h, 30s);
  ASSERT_TRUE(shorter);
  EXPECT_FALSE(shorter->news);
  EXPECT_EQ(shorter->silence.ends_at, kNow + 20s + 24h);
  EXPECT_EQ(shorter->silence.created_by, "alice (Slack U0BOB0001)");
  EXPECT_EQ(silences(), 1U);
}

TEST_F(PressedSilenceTest, WhatSomebodyMadeElsewhereIsLeftAsItIs) {
  Hold({Slow("a")}, 0s);
  Silence made{.matchers = ParseMatchers(R"({alertname="Slow",namespace="shop",pod="a"})").value(),
               .starts_at = kNow,
               .ends_at = kNow + 2h,
               .created_by = "bob",
               .comment = "new disk"};
  ASSERT_TRUE(alerting_.SetSilence(made, kNow + 3s, "by-hand"));
  EXPECT_FALSE(Pressed(Of(Slow("a")), 1h, 10s)->news);
  EXPECT_TRUE(Pressed(Of(Slow("a")), 4h, 11s)->news);
  EXPECT_EQ(silences(), 2U);
  EXPECT_EQ(alerting_.mutes().silences().Find("by-hand")->comment, "new disk");
  EXPECT_EQ(alerting_.mutes().silences().Find("by-hand")->ends_at, kNow + 2h);
}

TEST_F(PressedSilenceTest, OfAGroupTakesWhatItsAlertsHaveInCommonAndTheirRules) {
  const auto told = Hold({Slow("a"), Slow("b"), Slow("b", "Down.1")}, 0s);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(Matched(NameOfGroup(told[0].group_key)), R"({alertname=~"Down\\.1|Slow",namespace="shop"})");
  EXPECT_EQ(Matched(NameOfGroup("another")), "nothing of what this button names fires any more");
  ASSERT_TRUE(Pressed(NameOfGroup(told[0].group_key), 1h, 10s));
  EXPECT_TRUE(Hold({Slow("a"), Slow("b"), Slow("c"), Slow("b", "Down.1")}, 20s).empty());
  EXPECT_EQ(Hold({Slow("a"), Slow("b", "Down21")}, 30s).size(), 1U)
      << "a rule that was not among them is told";
}

TEST_F(PressedSilenceTest, WhatNobodyWasToldOfOrDoesNotFireCannotBeNamed) {
  Condition late = Slow("late");
  late.hold = 1h;
  Hold({late, Slow("over")}, 0s);
  Hold({late}, 60s);
  for (const std::string& name : {Of(late), Of(Slow("over")), Of(Slow("never")), std::string("alert:"),
                                  std::string("group:"), std::string("{}"), std::string()}) {
    const auto set = Pressed(name, 1h, 90s);
    ASSERT_FALSE(set) << name;
    EXPECT_EQ(set.error().kind, ErrorKind::kNotFound) << name;
  }
  EXPECT_EQ(silences(), 0U);
}

TEST_F(PressedSilenceTest, AStormOfManyRulesIsNotSilencedByOnePress) {
  std::vector<Condition> storm;
  for (int i = 0; i < 21; ++i) storm.push_back(Slow("a", "Rule" + std::to_string(i)));
  const auto told = Hold(storm, 0s);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(Matched(NameOfGroup(told[0].group_key)), "alerts of 21 rules fire in this group");
}

TEST_F(PressedSilenceTest, WhatCannotBeKeptIsNoSilence) {
  Hold({Slow("a")}, 0s);
  journal_.broken = true;
  EXPECT_FALSE(Pressed(Of(Slow("a")), 1h, 10s));
}

TEST_F(PressedSilenceTest, AStepIsKnownByTheAlertThatAsksAboutIt) {
  const Condition asks{.rule = kRepairAsked,
                       .labels = {{"node", "n1"}, {"step", "drain"}, {kRepairLabel, "n1@1/1/1"}},
                       .severity = Severity::kSev2};
  Hold({asks}, 0s);
  const auto shown = alerting_.Show(kNow + 5s);
  const Alert* asked = AskingFor("n1@1/1/1", *shown);
  ASSERT_NE(asked, nullptr);
  EXPECT_EQ(LabelValue(asked->labels, "step"), "drain");
  EXPECT_EQ(AskingFor("n1@1/1/2", *shown), nullptr);
  EXPECT_EQ(AskingFor("", *shown), nullptr);
  Hold({}, 60s);
  EXPECT_EQ(AskingFor("n1@1/1/1", *alerting_.Show(kNow + 65s)), nullptr) << "it asks no more";
}

TEST_F(PressedSilenceTest, WhatOthersPostAsksNothingHere) {
  const Labels labels = {
      {"alertname", kRepairAsked}, {"node", "n1"}, {"step", "drain"}, {kRepairLabel, "n1@1/1/1"}};
  Posting posting{.labels = labels, .starts_at = kNow, .ends_at = kNow + 1h};
  ASSERT_TRUE(alerting_.Post({&posting, 1}, kNow));
  EXPECT_EQ(AskingFor("n1@1/1/1", *alerting_.Show(kNow + 5s)), nullptr);
}

}  // namespace
}  // namespace loadline::collector
