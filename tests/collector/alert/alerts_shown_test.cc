// What alerting shows to other threads is what it knows.
#include "collector/alert/alerts_shown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/alert/alerting.h"
#include "collector/detect/rules.h"
#include "tests/support/memory_journal.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Wall kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

class Nobody final : public Outbox {
 public:
  bool Offer(const Notification&) override { return true; }
};

class AlertsShownTest : public testing::Test {
 protected:
  std::vector<std::string> Summaries(const AlertsShown& shown) {
    std::vector<std::string> summaries;
    for (const auto& alert : shown.alerts()) summaries.push_back(alert->summary);
    return summaries;
  }
  static Condition Leak(const std::string& words) {
    return {.rule = "ContainerLeak", .labels = {{"container", "a"}}, .summary = words};
  }

  const RoutingPlan plan_ =
      PlanFor({.name = "ops", .integrations = {{.name = "ops/log[0]"}}}, InhibitedByRules());
  test::MemoryJournal journal_;
  Nobody nobody_;
  Alerting alerting_{{}, plan_, journal_, nobody_};
};

TEST_F(AlertsShownTest, FollowsWordsThatChangeAndAlertsThatGo) {
  alerting_.Update(std::vector{Leak("full in 3 h")}, {}, kStart);
  const auto first = alerting_.Show(kStart);
  EXPECT_THAT(Summaries(*first), ElementsAre("full in 3 h"));
  alerting_.Update(std::vector{Leak("full in 2 h")}, {}, kStart + 1s);
  EXPECT_THAT(Summaries(*alerting_.Show(kStart + 1s)), ElementsAre("full in 2 h"));
  // Nothing new: the same copy.
  EXPECT_EQ(alerting_.Show(kStart + 1s)->alerts()[0], alerting_.Show(kStart + 2s)->alerts()[0]);
  alerting_.Update({}, {}, kStart + 2s);
  alerting_.Update({}, {}, kStart + 48h);
  EXPECT_THAT(Summaries(*alerting_.Show(kStart + 48h)), IsEmpty());
  // Whoever looks at the first still sees the first.
  EXPECT_THAT(Summaries(*first), ElementsAre("full in 3 h"));
}

TEST_F(AlertsShownTest, IsWholeAfterARestart) {
  alerting_.Update(std::vector{Leak("full in 3 h")}, {}, kStart);
  Alerting again({}, plan_, journal_, nobody_);
  ASSERT_TRUE(again.Restore(kStart + 1s));
  EXPECT_THAT(Summaries(*again.Show(kStart + 1s)), ElementsAre("full in 3 h"));
}

TEST_F(AlertsShownTest, HasSilencesAsTheyAreNow) {
  EXPECT_THAT(alerting_.Show(kStart)->silences().all(), IsEmpty());
  Silence silence{.matchers = {*Matcher::Make("container", Matcher::Op::kEqual, "a")},
                  .starts_at = kStart,
                  .ends_at = kStart + 1h};
  const Result<std::string> id = alerting_.SetSilence(silence, kStart, "one");
  ASSERT_TRUE(id.has_value());
  EXPECT_THAT(alerting_.Show(kStart)->silences().Matching({{"container", "a"}}, kStart), ElementsAre("one"));
  ASSERT_TRUE(alerting_.ExpireSilence(*id, kStart + 1s));
  EXPECT_THAT(alerting_.Show(kStart + 2s)->silences().Matching({{"container", "a"}}, kStart + 2s), IsEmpty());
}

TEST_F(AlertsShownTest, KnowsWhoInhibitsWhomAsAlertingDoes) {
  const Condition silent{.rule = "NodeSilent", .labels = {{"node", "n1"}}, .severity = Severity::kSev1};
  const Condition leak{.rule = "ContainerLeak", .labels = {{"node", "n1"}, {"container", "a"}}};
  alerting_.Update(std::vector{silent, leak}, {}, kStart);
  const auto shown = alerting_.Show(kStart);
  ASSERT_EQ(shown->alerts().size(), 2U);
  for (const auto& alert : shown->alerts()) {
    const auto known = alerting_.mutes().Inhibited(*alert);
    EXPECT_EQ(shown->InhibitedBy(*alert).has_value(), known.has_value()) << alert->rule;
    if (known) {
      EXPECT_THAT(known->by, ElementsAre(*shown->InhibitedBy(*alert)));
    }
  }
}

}  // namespace
}  // namespace loadline::collector
