#include "collector/app/trials.h"

#include <gmock/gmock.h>

#include <future>

#include "collector/sink/webhook.h"
#include "tests/support/http_server.h"
#include "tests/support/wait.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

const std::string kWay = "ops/webhook[0]";

class TrialsTest : public testing::Test {
 protected:
  TrialsTest() {
    lanes_.Add(kWay, std::make_unique<Webhook>(WebhookOptions{.url = {.text = server_.Url("/hook")}},
                                               Webhook::Form::kWebhook, clock_));
  }
  TrialOutcome Try(Trials& trials) {
    const auto outcomes = trials.Try("ops", "alice");
    EXPECT_TRUE(outcomes);
    if (!outcomes || outcomes->size() != 1) return {};
    EXPECT_EQ(outcomes->front().way, kWay);
    return outcomes->front();
  }
  test::HttpServer server_;
  const SystemClock clock_;
  Lanes lanes_{clock_};
  const RoutingPlan plan_ = PlanFor({.name = "ops", .integrations = {{.name = kWay}}});
};

TEST_F(TrialsTest, AReceiverThatWantsToBeLeftAloneFailsTheTestAndMakesTheNextOneWait) {
  server_.Queue({.status = 429, .headers = {{"Retry-After", "600"}}});
  Trials trials(plan_, lanes_, clock_, 10s);
  const TrialOutcome first = Try(trials);
  EXPECT_EQ(first.outcome, "failed");
  EXPECT_THAT(first.detail, HasSubstr("429"));

  Trials impatient(plan_, lanes_, clock_, 50ms);
  const TrialOutcome second = Try(impatient);
  EXPECT_EQ(second.outcome, "waiting");
  EXPECT_THAT(second.detail, HasSubstr("not known in time; the receiver fails: HTTP 429"));
  EXPECT_EQ(server_.seen().size(), 1U) << "it asked for ten minutes";
}

TEST_F(TrialsTest, AReceiverSlowerThanThePatienceLeavesTheOutcomeOpenAndGetsOneMessage) {
  server_.Queue({.manner = test::Reply::Manner::kHang});
  Trials trials(plan_, lanes_, clock_, 50ms);
  const TrialOutcome outcome = Try(trials);
  EXPECT_EQ(outcome.outcome, "waiting");
  EXPECT_EQ(outcome.detail, "not known in time");
  EXPECT_TRUE(server_.WaitFor(1));
  EXPECT_EQ(server_.seen().size(), 1U);
}

TEST_F(TrialsTest, WhoWaitsIsAnsweredAtOnceWhenTheCollectorStops) {
  server_.Queue({.manner = test::Reply::Manner::kHang});
  Trials trials(plan_, lanes_, clock_, 10min);
  auto waiting = std::async(std::launch::async, [&] { return Try(trials); });
  ASSERT_TRUE(server_.WaitFor(1));
  trials.Close();
  ASSERT_EQ(waiting.wait_for(10s), std::future_status::ready);
  const TrialOutcome outcome = waiting.get();
  EXPECT_EQ(outcome.outcome, "waiting");
  EXPECT_EQ(outcome.detail, "not known before the collector stopped");
  const auto after = trials.Try("ops", "alice");
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().message, "the collector is stopping");
}

TEST_F(TrialsTest, MoreThanAFewAtOnceAreSentAway) {
  for (int i = 0; i < Trials::kMost; ++i) server_.Queue({.manner = test::Reply::Manner::kHang});
  Trials trials(plan_, lanes_, clock_, 10min);
  std::vector<std::future<Result<std::vector<TrialOutcome>>>> waiting;
  for (int i = 0; i < Trials::kMost; ++i)
    waiting.push_back(std::async(std::launch::async, [&] { return trials.Try("ops", "alice"); }));
  // One is with the receiver, the others in the lane behind it.
  ASSERT_TRUE(server_.WaitFor(1));
  ASSERT_TRUE(test::Eventually([&] { return lanes_.counters().at(kWay).waiting + 1 == Trials::kMost; }));
  const auto refused = trials.Try("ops", "bob");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::kExhausted);
  trials.Close();
  for (auto& one : waiting) EXPECT_TRUE(one.get());
}

}  // namespace
}  // namespace loadline::collector
