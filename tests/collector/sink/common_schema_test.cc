#include "collector/sink/common_schema.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/collector/sink/sample_notification.h"
#include "tests/support/http_server.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using sample::Firing;
using sample::Of;
using sample::Resolved;

TEST(CommonSchema, HasTheFieldsThatAzuresOwnPayloadsHave) {
  std::ifstream file("../shared/data/azure/common_alert_schema/01_metric_static_resolved_full.json");
  const json theirs = json::parse(file);
  const Notification notification = Of({Resolved("a")});
  const json ours = CommonSchemaBody(notification, notification.alerts[0], "https://page");
  EXPECT_EQ(ours["schemaId"], theirs["schemaId"]);
  for (const auto& [name, value] : theirs["data"]["essentials"].items()) {
    if (name == "alertRuleId") continue;  // a rule of ARM, which ours is not
    ASSERT_TRUE(ours["data"]["essentials"].contains(name)) << name;
    EXPECT_EQ(ours["data"]["essentials"][name].type(), value.type()) << name;
  }
  for (const auto& [name, value] : ours["data"]["customProperties"].items()) EXPECT_TRUE(value.is_string());
}

TEST(CommonSchema, FiredAndResolvedAreOfTheSameAlert) {
  const Notification notification = Of({Firing("a"), Resolved("a")});
  const json fired = CommonSchemaBody(notification, notification.alerts[0], "")["data"]["essentials"];
  const json resolved = CommonSchemaBody(notification, notification.alerts[1], "")["data"]["essentials"];
  EXPECT_EQ(fired["monitorCondition"], "Fired");
  EXPECT_EQ(fired["severity"], "Sev2");
  EXPECT_FALSE(fired.contains("resolvedDateTime"));
  EXPECT_EQ(resolved["monitorCondition"], "Resolved");
  EXPECT_EQ(resolved["resolvedDateTime"], "2026-01-01T00:10:00.000Z");
  EXPECT_EQ(fired["alertId"], resolved["alertId"]);
}

TEST(CommonSchema, EachAlertIsARequestAndOnlyThoseThatFailedAreSentAgain) {
  test::HttpServer server;
  SystemClock clock;
  CommonSchemaWebhook sink({.url = {.text = server.Url()}, .timeout = 300ms}, clock);
  const std::vector<Notification> batch = {Of({Firing("a"), Firing("b"), Firing("c")})};
  server.Queue({.status = 200});
  server.Queue({.status = 503});
  EXPECT_EQ(sink.Send(batch, {}).verdict, Verdict::kRetry);
  EXPECT_EQ(sink.Send(batch, {}).verdict, Verdict::kDelivered);
  std::vector<std::string> containers;
  std::vector<std::string> keys;
  for (const test::SeenRequest& request : server.seen()) {
    containers.push_back(json::parse(request.body)["data"]["customProperties"]["container"]);
    keys.push_back(request.headers.at("idempotency-key"));
  }
  EXPECT_THAT(containers, testing::ElementsAre("a", "b", "b", "c"));
  EXPECT_EQ(keys[1], keys[2]);
  EXPECT_NE(keys[0], keys[1]);
}

}  // namespace
}  // namespace loadline::collector
