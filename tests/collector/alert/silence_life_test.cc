#include "collector/alert/silence_life.h"

#include <gmock/gmock.h>

#include "collector/alert/alerting.h"
#include "tests/support/memory_journal.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

Condition Full(const std::string& node) {
  return {.rule = "NodeDiskFull", .labels = {{"node", node}}, .severity = Severity::kSev2, .summary = node};
}

Silence Of(const std::string& matchers, Duration until, bool until_resolved = false) {
  return {.id = {},
          .matchers = *ParseMatchers(matchers),
          .starts_at = kNow,
          .ends_at = kNow + until,
          .created_by = "ann",
          .comment = "new disks",
          .until_resolved = until_resolved};
}

class SilenceLife : public ::testing::Test, public Outbox {
 protected:
  SilenceLife() { Restart(); }
  void Restart() {
    alerting_.emplace(AlertBookOptions{.restart_grace = 0s}, plan_, journal_, *this);
    ASSERT_TRUE(alerting_->Restore(kNow));
  }
  void At(Duration at, std::vector<Condition> conditions) {
    alerting_->Update(std::move(conditions), {}, kNow + at);
    alerting_->Settle(std::exchange(reports_, {}), kNow + at);
  }
  SilenceState StateAt(const std::string& id, Duration at) {
    return alerting_->mutes().silences().Find(id)->StateAt(kNow + at);
  }

  test::MemoryJournal journal_;
  RoutingPlan plan_ = [] {
    RoutingPlan plan = PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}});
    plan.root.group_wait = plan.root.group_interval = 1s;
    plan.settle = 0s;
    return plan;
  }();
  std::optional<Alerting> alerting_;
  std::vector<std::string> told_;

 private:
  bool Offer(const Notification& notification) override {
    reports_.push_back({.id = notification.id,
                        .integration = notification.integration,
                        .outcome = {.verdict = Verdict::kDelivered}});
    for (const Alert& alert : notification.alerts)
      told_.push_back((alert.state == AlertState::kFiring ? "firing " : "resolved ") + alert.summary);
    return true;
  }
  std::vector<DeliveryReport> reports_;
};

TEST_F(SilenceLife, OneThatEndsWithItsAlertsEndsWithTheLast) {
  At(0s, {Full("n1"), Full("n2")});
  ASSERT_TRUE(alerting_->SetSilence(Of("alertname=NodeDiskFull", 4h, true), kNow, "s"));
  ASSERT_TRUE(alerting_->SetSilence(Of("alertname=NodeDiskFull,x=", 4h), kNow, "plain"));
  At(10min, {Full("n1")});
  Restart();
  At(20min, {Full("n1")});
  EXPECT_EQ(StateAt("s", 20min), SilenceState::kActive);
  At(30min, {});
  EXPECT_EQ(StateAt("s", 30min), SilenceState::kExpired);
  EXPECT_EQ(StateAt("plain", 30min), SilenceState::kActive);
}

TEST_F(SilenceLife, OneThatEndsWithItsAlertWaitsForItToBegin) {
  ASSERT_TRUE(alerting_->SetSilence(Of("node=n1", 4h, true), kNow, "s"));
  At(1min, {Full("n2")});
  At(2min, {});
  EXPECT_EQ(StateAt("s", 2min), SilenceState::kActive);
  At(3min, {Full("n1")});
  At(4min, {});
  EXPECT_EQ(StateAt("s", 4min), SilenceState::kExpired);
  At(5min, {Full("n1")});
  At(5min + 5s, {Full("n1")});
  EXPECT_THAT(told_, testing::Contains("firing n1")) << "what comes back is news";
}

TEST_F(SilenceLife, OneThatStillMutesSomethingSaysThatItEnds) {
  Condition worse = Full("n2");
  worse.severity = Severity::kSev0;
  worse.rule = "NodeSilent";
  ASSERT_TRUE(alerting_->SetSilence(Of("node=~n.,team=", 4h), kNow, "four-hours"));
  ASSERT_TRUE(alerting_->SetSilence(Of("node=n1", 20min), kNow, "twenty-minutes"));
  ASSERT_TRUE(alerting_->SetSilence(Of("node=n9", 4h), kNow, "of-nothing"));
  const auto ending = [&](Duration at) {
    std::vector<std::string> found;
    for (const EndingSilence& one : alerting_->EndingSilences(15min, kNow + at))
      found.push_back(one.id + " " + one.first + " " + std::to_string(one.muted) + " " +
                      LabelValue(one.labels, "node"));
    return found;
  };
  At(0s, {Full("n1"), worse});
  EXPECT_THAT(ending(14min), IsEmpty());
  EXPECT_THAT(ending(15min), ElementsAre("twenty-minutes NodeDiskFull 1 n1"));
  EXPECT_THAT(ending(20min), IsEmpty());
  EXPECT_THAT(ending(3h + 44min), IsEmpty());
  EXPECT_THAT(ending(3h + 45min), ElementsAre("four-hours NodeSilent 2 "));
  At(3h + 46min, {});
  EXPECT_THAT(ending(3h + 47min), IsEmpty()) << "what it muted is over";
}

TEST_F(SilenceLife, NobodyKeepsTheEndOfASilenceQuietBySilencingWhatItIsAbout) {
  ASSERT_TRUE(alerting_->SetSilence(Of("node=n1", 4h), kNow, "s"));
  const Condition ending{
      .rule = kSilenceEnding, .labels = {{"node", "n1"}, {kSilenceLabel, "s"}}, .summary = "it ends"};
  At(0s, {Full("n1"), ending});
  At(5s, {Full("n1"), ending});
  EXPECT_THAT(told_, ElementsAre("firing it ends"));
}

}  // namespace
}  // namespace loadline::collector
