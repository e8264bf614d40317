#include "collector/sink/slack_webhook.h"

#include <gmock/gmock.h>

#include <fstream>

#include "tests/collector/sink/sample_notification.h"
#include "tests/support/slack.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using sample::Firing;
using sample::Of;
using test::Reply;
using testing::HasSubstr;
using testing::Not;

class SlackWebhookTest : public testing::Test {
 protected:
  SlackWebhookTest() { Write(slack_.WebhookUrl()); }
  void Write(const std::string& url) { std::ofstream(folder_.path() + "/webhook") << url << "\n"; }
  Outcome Send(const Notification& notification = Of({Firing("app")})) {
    return sink_.Send({&notification, 1}, {});
  }

  TemporaryFolder folder_;
  test::Slack slack_;
  SystemClock clock_;
  SlackWebhook sink_{{.url_file = folder_.path() + "/webhook", .timeout = 200ms}, clock_};
};

TEST_F(SlackWebhookTest, DeliversWhatSlackTakesOverOneConnection) {
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Send().verdict, Verdict::kDelivered);
  EXPECT_EQ(slack_.posted().size(), 3);
  EXPECT_EQ(slack_.refused(), 0);
  EXPECT_EQ(slack_.server().seen().back().connection, 1);
}

TEST_F(SlackWebhookTest, SaysWhereItGoesToProgramsThatAskTheMessage) {
  SlackWebhook sink({.url = slack_.WebhookUrl(),
                     .place = {{"channel", *TextTemplate::Parse("#{{ .GroupLabels.namespace }}")},
                               {"username", *TextTemplate::Parse("Loadline")},
                               {"icon_emoji", *TextTemplate::Parse("{{ .CommonLabels.nothing }}")}},
                     .place_by_labels = true},
                    clock_);
  const Notification notification = Of({Firing("app")});
  EXPECT_EQ(sink.Send({&notification, 1}, {}).verdict, Verdict::kDelivered);
  const auto body = nlohmann::json::parse(slack_.server().seen().back().body);
  EXPECT_EQ(body["channel"], "#shop");
  EXPECT_EQ(body["username"], "Loadline");
  EXPECT_FALSE(body.contains("icon_emoji"));
  EXPECT_EQ(sink.traits().digest, 1U) << "two need not go to the same channel";
}

TEST_F(SlackWebhookTest, TooManyRequestsIsARetryAfterTheTimeSlackSays) {
  slack_.server().Queue({.status = 429, .headers = {{"Retry-After", "7"}}, .body = "rate_limited"});
  const Outcome outcome = Send();
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_EQ(outcome.retry_after, 7s);
}

TEST_F(SlackWebhookTest, EveryFormOfSilenceIsARetry) {
  const Reply kForms[] = {{.status = 500, .body = "rollup_error"},
                          {.status = 503},
                          {.manner = Reply::Manner::kHang},
                          {.body = "o", .manner = Reply::Manner::kHalf},
                          {.manner = Reply::Manner::kSlam}};
  for (const Reply& form : kForms) {
    slack_.server().Queue(form);
    const Outcome outcome = Send();
    EXPECT_EQ(outcome.verdict, Verdict::kRetry) << form.status;
    EXPECT_EQ(outcome.retry_after, std::nullopt);
  }
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
}

TEST_F(SlackWebhookTest, AMessageSlackDoesNotTakeIsSentOnceMoreAsPlainText) {
  slack_.server().Queue({.status = 400, .body = "invalid_blocks"});
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
  ASSERT_EQ(slack_.posted().size(), 1);
  EXPECT_FALSE(slack_.posted()[0].message.contains("blocks"));
  EXPECT_THAT(slack_.posted()[0].message["text"], HasSubstr("ContainerOomKilled"));
}

TEST_F(SlackWebhookTest, WhatSlackTakesInNoFormIsRefused) {
  slack_.server().Queue({.status = 400, .body = "invalid_payload"});
  slack_.server().Queue({.status = 400, .body = "user_not_found"});
  const Outcome outcome = Send();
  EXPECT_EQ(outcome.verdict, Verdict::kRefused);
  EXPECT_THAT(outcome.detail, HasSubstr("HTTP 400 from 127.0.0.1"));
  EXPECT_THAT(outcome.detail, HasSubstr("user_not_found"));
}

TEST_F(SlackWebhookTest, AFaultOfTheSettingIsTriedAgainSlowlyAndNamesNoSecret) {
  for (const auto& [status, words] :
       {std::pair(404, "no_service"), {410, "channel_is_archived"}, {403, "action_prohibited"}}) {
    slack_.server().Queue({.status = status, .body = words});
    const Outcome outcome = Send();
    EXPECT_EQ(outcome.verdict, Verdict::kRetry);
    EXPECT_EQ(outcome.retry_after, 1min);
    EXPECT_THAT(outcome.detail, HasSubstr(words));
    EXPECT_THAT(outcome.detail, Not(HasSubstr("secret")));
  }
}

TEST_F(SlackWebhookTest, AUrlThatIsReplacedInItsFileIsUsedFromThenOn) {
  Write(slack_.server().Url("/services/T0/B0/removed"));
  EXPECT_EQ(Send().verdict, Verdict::kRetry);
  Write(slack_.WebhookUrl());
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
}

TEST_F(SlackWebhookTest, AMissingFileIsSaidAndTriedAgain) {
  SlackWebhook sink({.url_file = "/nowhere/webhook"}, clock_);
  const Notification notification = Of({Firing("app")});
  const Outcome outcome = sink.Send({&notification, 1}, {});
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_THAT(outcome.detail, HasSubstr("/nowhere/webhook"));
}

}  // namespace
}  // namespace loadline::collector
