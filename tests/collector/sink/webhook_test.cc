#include "collector/sink/webhook.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "collector/sink/lanes.h"
#include "collector/sink/webhook_body.h"
#include "tests/collector/sink/sample_notification.h"
#include "tests/support/http_server.h"
#include "tests/support/real_alertmanager.h"
#include "tests/support/wait.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using sample::Firing;
using sample::kNow;
using sample::Of;
using sample::Resolved;

TEST(WebhookBody, IsAlertmanagersVersionFour) {
  const json body = WebhookBody(Of({Firing("a"), Resolved("b")}), "https://page", 0);
  EXPECT_EQ(body["version"], "4");
  EXPECT_EQ(body["receiver"], "ops");
  EXPECT_EQ(body["status"], "firing");
  EXPECT_EQ(body["groupKey"], "{}:{id-1}");
  EXPECT_EQ(body["groupLabels"], (json{{"namespace", "shop"}}));
  EXPECT_EQ(body["truncatedAlerts"], 0);
  EXPECT_EQ(body["commonLabels"]["workload"], "checkout");
  EXPECT_FALSE(body["commonLabels"].contains("container")) << "it differs";
  const json& alert = body["alerts"][0];
  EXPECT_EQ(alert["status"], "firing");
  EXPECT_EQ(alert["labels"]["alertname"], "ContainerOomKilled");
  EXPECT_EQ(alert["labels"]["severity"], "Sev2");
  EXPECT_EQ(alert["startsAt"], "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(alert["endsAt"], "0001-01-01T00:00:00Z");
  EXPECT_EQ(alert["fingerprint"], Firing("a").fingerprint);
  EXPECT_EQ(body["alerts"][1]["endsAt"], "2026-01-01T00:10:00.000Z");
}

TEST(WebhookBody, SaysHowManyAlertsItLeavesOut) {
  Notification many = Of({Firing("a"), Firing("b"), Firing("c")});
  many.more = 7;
  const json body = WebhookBody(many, "", 1);
  EXPECT_EQ(body["alerts"].size(), 1);
  EXPECT_EQ(body["truncatedAlerts"], 9);
}

TEST(WebhookBody, APieceOfEndsAloneIsNoEndOfTheGroup) {
  Notification piece = Of({Resolved("a")});
  EXPECT_EQ(WebhookBody(piece, "", 0)["status"], "resolved");
  piece.others_fire = true;
  EXPECT_EQ(WebhookBody(piece, "", 0)["status"], "firing");
}

TEST(JudgeHttp, BelievesNobodyWhoWantsToBeLeftAloneForADay) {
  const HttpResponse answer{.status = 503, .headers = {{"retry-after", "86400"}}, .body = {}};
  const Outcome outcome = JudgeHttp(answer, "host", sample::kNow, "");
  EXPECT_EQ(outcome.retry_after, 5min);
}

class WebhookTest : public testing::Test {
 protected:
  Outcome Send(Webhook::Form form = Webhook::Form::kWebhook) {
    Webhook sink({.url = {.text = server_.Url()}, .page_url = "https://page", .timeout = 200ms}, form,
                 clock_);
    const Notification notification = Of({Firing("a")}, "key-1");
    return sink.Send({&notification, 1}, {});
  }
  test::HttpServer server_;
  SystemClock clock_;
};

TEST_F(WebhookTest, CarriesTheNotificationsIdAsIdempotencyKey) {
  EXPECT_EQ(Send().verdict, Verdict::kDelivered);
  EXPECT_EQ(server_.seen().at(0).headers.at("idempotency-key"), "key-1");
}

TEST_F(WebhookTest, PostsToAnotherAlertmanagerInTheFormItTakes) {
  EXPECT_EQ(Send(Webhook::Form::kAlertmanager).verdict, Verdict::kDelivered);
  EXPECT_EQ(server_.seen().at(0).path, "/api/v2/alerts");
  const json body = json::parse(server_.seen().at(0).body);
  ASSERT_TRUE(body.is_array());
  EXPECT_EQ(body[0]["labels"]["alertname"], "ContainerOomKilled");
  EXPECT_TRUE(body[0].contains("endsAt"));
}

TEST_F(WebhookTest, TellsRetryFromRefusal) {
  for (const int status : {408, 429, 500, 503, 401, 403, 404}) {
    server_.Queue({.status = status});
    EXPECT_EQ(Send().verdict, Verdict::kRetry) << status;
  }
  for (const int status : {302, 400, 413, 422}) {
    server_.Queue({.status = status});
    EXPECT_EQ(Send().verdict, Verdict::kRefused) << status;
  }
  server_.Queue({.manner = test::Reply::Manner::kHang});
  EXPECT_EQ(Send().verdict, Verdict::kRetry);
  server_.Queue({.status = 503, .headers = {{"Retry-After", "3"}}});
  EXPECT_EQ(Send().retry_after, 3s);
}

// Alertmanager takes what the other page answers for a sign that the alert has arrived there.
TEST_F(WebhookTest, WhatHasMovedHasHeardNothingAndSaysWhereTo) {
  test::HttpServer there;
  server_.Queue({.status = 302, .headers = {{"Location", there.Url("/secret")}}});
  const Outcome outcome = Send();
  EXPECT_EQ(there.seen().at(0).method, "GET");
  EXPECT_EQ(outcome.verdict, Verdict::kRefused);
  EXPECT_THAT(outcome.detail,
              testing::EndsWith(fmt::format(", which has moved to 127.0.0.1:{}", there.port())));
}

// A storm of groups, and a receiver that needs its time for each.
TEST_F(WebhookTest, ASlowReceiverHearsOfManyGroupsAtOnce) {
  test::HttpServer slow([](const test::SeenRequest&) {
    std::this_thread::sleep_for(500ms);
    return test::Reply{};
  });
  Lanes lanes(clock_);
  lanes.Add("ops", std::make_unique<Webhook>(WebhookOptions{.url = {.text = slow.Url()}},
                                             Webhook::Form::kWebhook, clock_));
  const Mono began = clock_.Now();
  constexpr std::size_t kGroups = 24;
  for (std::size_t i = 0; i < kGroups; ++i) {
    Notification notification = Of({Firing("a")}, "n" + std::to_string(i));
    notification.integration = "ops";
    ASSERT_TRUE(lanes.Offer(notification));
  }
  ASSERT_TRUE(test::Eventually([&] { return lanes.counters().at("ops").messages == kGroups; }));
  EXPECT_LT(clock_.Now() - began, kGroups * 500ms / 3) << "one by one it is twelve seconds";
}

TEST_F(WebhookTest, ARealAlertmanagerTakesAnAlertAndItsEnd) {
  if (!test::RealAlertmanager::IsInstalled()) GTEST_SKIP() << "prometheus-alertmanager is not installed";
  test::RealAlertmanager alertmanager("route: {receiver: r}\nreceivers: [{name: r}]\n");
  ASSERT_TRUE(alertmanager.WaitUntilReady());
  Webhook sink({.url = {.text = alertmanager.url()}}, Webhook::Form::kAlertmanager, clock_);
  Notification notification = Of({Firing("a")});
  ASSERT_EQ(sink.Send({&notification, 1}, {}).verdict, Verdict::kDelivered);
  const json alerts = alertmanager.Alerts();
  ASSERT_EQ(alerts.size(), 1) << alerts;
  EXPECT_EQ(alerts[0]["labels"]["container"], "a");
  notification = Of({Resolved("a")});
  ASSERT_EQ(sink.Send({&notification, 1}, {}).verdict, Verdict::kDelivered);
  EXPECT_TRUE(alertmanager.Alerts().empty());
}

}  // namespace
}  // namespace loadline::collector
