#include "collector/app/presses.h"

#include <gmock/gmock.h>

#include <atomic>
#include <mutex>
#include <nlohmann/json.hpp>

#include "collector/alert/repair_label.h"
#include "tests/support/memory_journal.h"
#include "tests/support/slack.h"
#include "tests/support/wait.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Eventually;
using test::VisibleText;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Everything final : public Outbox {
 public:
  bool Offer(const Notification&) override { return true; }
};

// Alerting as the core has it, on whatever thread asks.
class Desk final : public AlertDesk {
 public:
  explicit Desk(Alerting& alerting) : alerting_(alerting) {}
  bool With(const std::function<void(Alerting&, Wall)>& work) override {
    const std::lock_guard lock(mutex_);
    if (away) return false;
    work(alerting_, clock_.WallNow());
    return true;
  }
  [[nodiscard]] std::shared_ptr<const AlertsShown> Shown() const override {
    const std::lock_guard lock(mutex_);
    return alerting_.Show(clock_.WallNow());
  }
  std::atomic<bool> away = false;

 private:
  Alerting& alerting_;
  const SystemClock clock_;
  mutable std::mutex mutex_;
};

class Decisions final : public RepairDesk {
 public:
  Result<void> Decide(const std::string& id, bool approve, const std::string& who) override {
    if (!failure.message.empty()) return Failure(failure);
    made.push_back((approve ? "approve " : "refuse ") + id + " by " + who);
    return {};
  }
  std::vector<std::string> made;
  Error failure{};
};

const std::string kStep = "n1@1764600000000000000/1/1";

class PressesTest : public testing::Test {
 protected:
  PressesTest() {
    plan_.root.group_wait = 0s;
    plan_.settle = 0s;
    SetKeys(plan_.root);
    alerting_ = std::make_unique<Alerting>(AlertBookOptions{}, plan_, journal_, outbox_);
    const Wall now = SystemClock().WallNow();
    EXPECT_TRUE(alerting_->Restore(now - 10s));
    alerting_->Update({{.rule = kRepairAsked,
                        .labels = {{"node", "n1"}, {"step", "drain"}, {kRepairLabel, kStep}},
                        .severity = Severity::kSev2,
                        .urgent = true}},
                      {}, now - 10s);
    desk_ = std::make_unique<Desk>(*alerting_);
  }
  PressChoice Choice() {
    return {.buttons = {.silence = true, .repair = true},
            .rights = {.silencers = {}, .approvers = {"U0ALICE01"}},
            .answers_below = slack_.ResponseBase()};
  }
  void Start() { presses_ = std::make_unique<Presses>(Choice(), "", *desk_, &decisions_); }
  Press Of(Press::What what, const std::string& name, const std::string& user = "U0ALICE01") {
    return {.what = what,
            .lasts = 1h,
            .name = name,
            .user = user,
            .user_name = "alice",
            .message_ts = "",
            .response_url = slack_.ResponseUrl()};
  }
  // What a press is answered.
  json Answer(Press press) {
    const std::size_t before = slack_.replies().size();
    EXPECT_TRUE(presses_->Take(std::move(press)));
    EXPECT_TRUE(Eventually([&] { return slack_.replies().size() > before; }));
    const auto replies = slack_.replies();
    return replies.size() > before ? replies[before] : json::object();
  }

  test::Slack slack_;
  RoutingPlan plan_ = PlanFor({.name = "ops", .integrations = {{.name = "ops/slack[0]"}}});
  test::MemoryJournal journal_;
  Everything outbox_;
  std::unique_ptr<Alerting> alerting_;
  std::unique_ptr<Desk> desk_;
  Decisions decisions_;
  std::unique_ptr<Presses> presses_;
};

TEST_F(PressesTest, AnApproverApprovesOrRefusesAStepThatAsks) {
  Start();
  const json approved = Answer(Of(Press::What::kApprove, kStep));
  EXPECT_EQ(approved["response_type"], "in_channel");
  EXPECT_THAT(VisibleText(approved), HasSubstr("*Approved* by <@U0ALICE01>: drain node n1 (" + kStep + ")"));
  EXPECT_THAT(VisibleText(Answer(Of(Press::What::kRefuse, kStep))), HasSubstr("*Refused*"));
  EXPECT_THAT(decisions_.made, ElementsAre("approve " + kStep + " by alice (Slack U0ALICE01)",
                                           "refuse " + kStep + " by alice (Slack U0ALICE01)"));
}

TEST_F(PressesTest, NobodyElseDecidesAndNothingThatDoesNotAsk) {
  Start();
  const json refused = Answer(Of(Press::What::kApprove, kStep, "U0BOB0001"));
  EXPECT_EQ(refused["response_type"], "ephemeral");
  EXPECT_THAT(VisibleText(refused), HasSubstr("slack.approvers"));
  for (const char* other : {"n2@1764600000000000000/1/1", "", "alert:1"}) {
    EXPECT_THAT(VisibleText(Answer(Of(Press::What::kApprove, other))),
                HasSubstr("asks for no approval any more"));
  }
  EXPECT_THAT(decisions_.made, IsEmpty());
}

TEST_F(PressesTest, WhatCannotBeDoneIsSaidAndWhatCanBeDoneLaterToBePressedAgain) {
  Start();
  decisions_.failure = {ErrorKind::kNotFound, "somebody was faster"};
  EXPECT_THAT(VisibleText(Answer(Of(Press::What::kApprove, kStep))), HasSubstr("somebody was faster"));
  decisions_.failure = {ErrorKind::kUnavailable, "the disk is full"};
  EXPECT_THAT(VisibleText(Answer(Of(Press::What::kApprove, kStep))), HasSubstr("press it again"));
  desk_->away = true;
  EXPECT_THAT(VisibleText(Answer(Of(Press::What::kSilence, "alert:1"))), HasSubstr("press it again"));
}

TEST_F(PressesTest, OfWhatIsNotDoneTheReasonIsTold) {
  Start();
  std::mutex mutex;
  std::vector<std::string> reasons;
  presses_->TellRefusals([&](const char* reason) {
    const std::lock_guard lock(mutex);
    reasons.emplace_back(reason);
  });
  Answer(Of(Press::What::kApprove, kStep));
  Answer(Of(Press::What::kApprove, kStep, "U0BOB0001"));
  Answer(Of(Press::What::kApprove, "n2@1764600000000000000/1/1"));
  Answer(Of(Press::What::kSilence, "alert:nobody"));
  desk_->away = true;
  Answer(Of(Press::What::kSilence, "alert:1"));
  presses_->Close();
  EXPECT_THAT(reasons, ElementsAre("rights", "nothing", "nothing", "busy"));
}

TEST_F(PressesTest, AtTheEndWhatWasTakenIsDoneAndNothingMoreIsTaken) {
  Start();
  Press silence = Of(Press::What::kSilence, "alert:" + alerting_->book().alerts().begin()->first);
  EXPECT_TRUE(presses_->Take(silence));
  presses_->Close();
  EXPECT_EQ(alerting_->mutes().silences().all().size(), 1U);
  EXPECT_FALSE(presses_->Take(silence));
}

TEST(ChoosePresses, NeedsTheSecretWhereSomebodyIsNamed) {
  EXPECT_FALSE(ChoosePresses({})->heard());
  const auto heard =
      ChoosePresses({.signing_secret_file = "/secret", .response_url = "https://hooks.slack-gov.com"});
  ASSERT_TRUE(heard);
  EXPECT_TRUE(heard->heard());
  EXPECT_FALSE(heard->buttons.repair) << "nobody may approve";
  EXPECT_EQ(heard->answers_below, "https://hooks.slack-gov.com/");
  EXPECT_TRUE(ChoosePresses({.signing_secret_file = "/secret", .approvers = "U024BE7LH"})->buttons.repair);
  const auto none = ChoosePresses({.approvers = "U024BE7LH"});
  ASSERT_FALSE(none);
  EXPECT_THAT(none.error().message, HasSubstr("slack.signing_secret_file"));
  EXPECT_THAT(ChoosePresses({.signing_secret_file = "/s", .silencers = "alice"}).error().message,
              HasSubstr("slack.silencers: 'alice' is no id"));
}

}  // namespace
}  // namespace loadline::collector
