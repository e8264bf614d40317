// Conditions that come and go: who is told of them, and how often.
#include "collector/alert/flapping.h"

#include <gmock/gmock.h>

#include "collector/alert/alerting.h"
#include "tests/support/memory_journal.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;

constexpr Wall kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

Condition Pressure(Duration hold = 0s) {
  return {.rule = "NodePressure",
          .labels = {{"node", "n1"}},
          .severity = Severity::kSev2,
          .summary = "Node n1 has DiskPressure",
          .reason = "The kubelet says so.",
          .hold = hold,
          .keep = 10s};
}
Condition Other() {
  return {.rule = "ContainerThrottled", .labels = {{"node", "n1"}}, .summary = "throttled"};
}

// What people hear of one condition, minute by minute.
class Flapping : public ::testing::Test, public Outbox {
 protected:
  Flapping() { Restart(0s); }

  void Restart(Duration at) {
    alerting_.emplace(AlertBookOptions{.restart_grace = 0s}, plan_, journal_, *this);
    ASSERT_TRUE(alerting_->Restore(kStart + at));
  }
  // The condition holds, or not, from the instant reached so far until `until`.
  void Live(Duration until, bool holds, const Condition& what = Pressure()) {
    for (; now_ < until; now_ += 1s) {
      alerting_->Update(holds ? std::vector{what} : std::vector<Condition>{}, {}, kStart + now_);
      alerting_->Settle(std::exchange(reports_, {}), kStart + now_);
    }
  }
  const Alert& Book(const Condition& what = Pressure()) {
    return alerting_->book().alerts().at(Fingerprint(what.rule, what.labels));
  }

  test::MemoryJournal journal_;
  RoutingPlan plan_ = [] {
    RoutingPlan plan =
        PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}},
                {{.source = {Matcher::Make("alertname", Matcher::Op::kEqual, "NodePressure").value()},
                  .target = {Matcher::Make("alertname", Matcher::Op::kEqual, "ContainerThrottled").value()},
                  .equal = {"node"}}});
    plan.root.group_wait = plan.root.group_interval = 1s;
    plan.settle = 0s;
    return plan;
  }();
  std::optional<Alerting> alerting_;
  Duration now_{};
  std::vector<std::string> told_;  // "firing Node n1 has DiskPressure"

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

TEST_F(Flapping, IsToldOnceAndEndsWhenItIsCalm) {
  for (Duration minute = 0min; minute < 40min; minute += 2min) {
    Live(minute + 1min, true);
    Live(minute + 2min, false);
  }
  EXPECT_THAT(told_, ElementsAre("firing Node n1 has DiskPressure", "resolved Node n1 has DiskPressure",
                                 "firing Node n1 has DiskPressure", "resolved Node n1 has DiskPressure",
                                 "firing Node n1 has DiskPressure; flapping: began 3 times within 1 h"));
  EXPECT_EQ(Book().summary, "Node n1 has DiskPressure; flapping: began 20 times within 1 h");
  EXPECT_THAT(Book().reason,
              EndsWith(" Gone since 2026-01-01 00:39:00 UTC; it ends when it stays away for 30 min."));
  Live(39min + 30min, false);
  EXPECT_THAT(told_, SizeIs(5));
  Live(40min + 30min, false);
  ASSERT_THAT(told_, SizeIs(6));
  EXPECT_THAT(told_.back(), HasSubstr("resolved Node n1 has DiskPressure"));
}

TEST_F(Flapping, SlowlyIsNotFlapping) {
  for (Duration minute = 0min; minute < 6h; minute += 35min) {
    Live(minute + 5min, true);
    Live(minute + 35min, false);
  }
  EXPECT_THAT(told_, SizeIs(22));
}

TEST_F(Flapping, LivesOnOverARestart) {
  for (Duration minute = 0min; minute < 10min; minute += 2min) {
    Live(minute + 1min, true);
    Restart(minute + 1min);
    Live(minute + 2min, false);
    Restart(minute + 2min);
  }
  EXPECT_THAT(told_, SizeIs(5));
  EXPECT_TRUE(Book().calm);
  EXPECT_THAT(Book().began, SizeIs(5));
  Restart(39min);
  Live(40min, false);
  EXPECT_THAT(told_, SizeIs(6));
}

TEST_F(Flapping, InhibitsNothingWhileItIsCalm) {
  for (Duration minute = 0min; minute < 8min; minute += 2min) {
    Live(minute + 1min, true);
    Live(minute + 2min, false);
  }
  ASSERT_TRUE(Book().calm);
  told_.clear();
  alerting_->Update({Other()}, {}, kStart + now_);
  alerting_->Update({Other()}, {}, kStart + now_ + 5s);
  EXPECT_THAT(told_, ElementsAre("firing throttled"));
  alerting_->Update({Other(), Pressure()}, {}, kStart + now_ + 6s);
  EXPECT_TRUE(alerting_->mutes().Inhibited(Book(Other()))) << "it is back";
}

TEST_F(Flapping, CountsWhatFiredAndNotWhatWasOnlyPending) {
  const Condition slow = Pressure(10s);
  for (Duration minute = 0min; minute < 10min; minute += 2min) {
    Live(minute + 5s, true, slow);
    Live(minute + 2min, false, slow);
  }
  EXPECT_THAT(told_, testing::IsEmpty());
  EXPECT_THAT(alerting_->book().alerts(), testing::IsEmpty());
}

TEST_F(Flapping, IsSeenAlsoWhereItIsPendingInBetween) {
  const Condition slow = Pressure(10s);
  for (Duration minute = 0min; minute < 12min; minute += 4min) {
    Live(minute + 1min, true, slow);
    Live(minute + 2min, false, slow);
    Live(minute + 2min + 5s, true, slow);
    Live(minute + 4min, false, slow);
  }
  EXPECT_THAT(told_, SizeIs(5));
  EXPECT_THAT(told_.back(), EndsWith("flapping: began 3 times within 1 h"));
}

// It was told as firing, ended, and was pending again before anybody had heard of the end.
TEST_F(Flapping, TheEndOfWhatIsPendingAgainIsNotLost) {
  plan_.root.group_interval = 5min;
  const Condition slow = Pressure(1min);
  Live(2min, true, slow);
  ASSERT_THAT(told_, SizeIs(1));
  Live(3min, false, slow);
  Live(3min + 10s, true, slow);
  Live(10min, false, slow);
  EXPECT_THAT(told_, ElementsAre("firing Node n1 has DiskPressure", "resolved Node n1 has DiskPressure"));
}

TEST_F(Flapping, IsNothingThatOthersPost) {
  for (int i = 0; i < 8; ++i) {
    const Wall at = kStart + i * 2min;
    Posting posting{.labels = {{"alertname", "a"}},
                    .annotations = {{"summary", "s"}},
                    .generator_url = {},
                    .starts_at = at,
                    .ends_at = at + 1min};
    ASSERT_TRUE(alerting_->Post(std::span(&posting, 1), at));
    now_ = i * 2min;
    Live((i + 1) * 2min, false);
  }
  EXPECT_THAT(told_, SizeIs(16));
}

}  // namespace
}  // namespace loadline::collector
