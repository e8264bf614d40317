#include "collector/web/azure_alert.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "collector/web/azure_hook.h"
#include "schemas/base/text.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;

// 2025-04-15T18:30:00Z
constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2025} / 4 / 15} + 18h + 30min};

json Sample(const std::string& name) {
  std::ifstream file("../shared/data/azure/common_alert_schema/" + name + ".json");
  return json::parse(file);
}

// A whole payload around a context that the samples show alone.
json Around(const json& sample) {
  return {{"schemaId", "azureMonitorCommonAlertSchema"},
          {"data",
           {{"essentials",
             {{"alertId", "/subscriptions/s/providers/Microsoft.AlertsManagement/alerts/id-1"},
              {"alertRule", "rule"},
              {"severity", "Sev1"},
              {"signalType", "Log"},
              {"monitorCondition", "Fired"}}},
            {"alertContext", sample["alertContext"]}}}};
}

Posting Read(const json& payload) {
  const auto posting = PostingOfAzure(payload, kNow);
  EXPECT_TRUE(posting) << posting.error().message;
  EXPECT_TRUE(posting->has_value());
  return **posting;
}

TEST(AzureAlert, AResolvedMetricAlertIsOverWhenAzureSaysSo) {
  const Posting posting = Read(Sample("01_metric_static_resolved_full"));
  EXPECT_EQ(posting.labels.at("alertname"), "WCUS-R2-Gen2");
  EXPECT_EQ(posting.labels.at("severity"), "Sev3");
  EXPECT_EQ(posting.labels.at("source"), "azure");
  EXPECT_EQ(posting.labels.at("signal"), "Metric");
  EXPECT_EQ(posting.labels.at("azure_alert"), "aaaa0a0a-bb1b-cc2c-dd3d-eeeeee4e4e4e");
  EXPECT_EQ(posting.labels.at("resource"), "wcus-r2-gen2");
  EXPECT_EQ(posting.labels.at("resource_group"), "pipelinealertrg");
  EXPECT_EQ(posting.labels.at("resource_type"), "microsoft.compute/virtualmachines");
  EXPECT_EQ(posting.labels.at("ResourceId"), "a0a0a0a0-bbbb-cccc-dddd-e1e1e1e1e1e1") << "a dimension";
  EXPECT_EQ(posting.annotations.at("description"), "Percentage CPU Average GreaterThan 25 over PT5M: 7.727");
  EXPECT_EQ(Rfc3339(posting.starts_at), "2019-03-22T13:58:24.371Z");
  EXPECT_EQ(Rfc3339(posting.ends_at), "2019-03-22T14:03:16.224Z");
}

TEST(AzureAlert, ALongTextIsCutBetweenTwoCharacters) {
  const auto kept = [](const std::string& service) {
    json payload = Sample("02_test_metric_static_fired_full");
    payload["data"]["essentials"]["monitoringService"] = service;
    return Read(payload).labels.at("service").size();
  };
  EXPECT_EQ(kept(std::string(1999, 'a') + "\u00e9b"), 1999U);
  EXPECT_EQ(kept(std::string(1998, 'a') + "\u00e9b"), 2000U);
}

TEST(AzureAlert, AFiredOneLastsUntilItIsResolvedOrForgotten) {
  for (const char* name : {"02_test_metric_static_fired_full", "03_test_metric_dynamic_fired_full",
                           "04_test_log_alert_v2_fired_full"}) {
    const Posting posting = Read(Sample(name));
    EXPECT_EQ(posting.ends_at, kNow + 24h) << name;
    EXPECT_FALSE(posting.annotations.at("description").empty());
  }
  EXPECT_EQ(Read(Sample("07_test_resource_health_fired_full")).ends_at, kNow + 24h);
  json activity = Sample("07_test_resource_health_fired_full");
  activity["data"]["alertContext"]["eventSource"] = "Administrative";
  EXPECT_EQ(Read(activity).ends_at, kNow + 1h) << "other activities are never resolved";
}

// Each event has an id of its own, and is "Fired" to Azure.
TEST(AzureAlert, HealthThatIsWellAgainEndsWhatItBegan) {
  const auto event = [](const std::string& id, const std::string& status, const std::string& health) {
    json payload = Sample("07_test_resource_health_fired_full");
    json& data = payload["data"];
    data["essentials"]["alertId"] = "/alerts/" + id;
    data["alertContext"]["status"] = status;
    data["alertContext"]["properties"]["currentHealthStatus"] = health;
    return payload;
  };
  for (const auto& [status, health] : {std::pair("Resolved", "Unavailable"), {"Active", "Available"}}) {
    AlertBook book;
    const Posting first = Read(event("1", "Active", "Unavailable"));
    book.Post({&first, 1}, kNow);
    json elsewhere = event("2", status, health);
    elsewhere["data"]["essentials"]["alertTargetIDs"][0] = "/another";
    EXPECT_EQ(book.Post(WithAllOfItsId(Read(elsewhere), book, kNow), kNow).size(), 0U);
    json over = event("3", status, health);
    json& target = over["data"]["essentials"]["alertTargetIDs"][0];
    target = InLowerCase(target.get<std::string>());
    over["data"]["essentials"]["alertRule"] = "the same by another name";
    const auto transitions = book.Post(WithAllOfItsId(Read(over), book, kNow), kNow);
    ASSERT_EQ(transitions.size(), 1U) << status;
    EXPECT_EQ(transitions[0].what, Transition::What::kResolved);
  }
  const Posting again = Read(event("4", "Updated", "Degraded"));
  EXPECT_EQ(again.labels, Read(event("5", "Active", "Unavailable")).labels) << "an update is no new trouble";
}

TEST(AzureAlert, AnIncidentOfAServiceEndsWithTheStageThatSaysSo) {
  const auto event = [](const char* id, const char* incident, const char* stage) {
    return Read({{"schemaId", "azureMonitorCommonAlertSchema"},
                 {"data",
                  {{"essentials",
                    {{"alertId", std::string("/alerts/") + id},
                     {"alertRule", "health"},
                     {"severity", "Sev4"},
                     {"signalType", "Activity Log"},
                     {"monitorCondition", "Fired"},
                     {"monitoringService", "ServiceHealth"},
                     {"alertTargetIDs", {"/subscriptions/s"}}}},
                   {"alertContext",
                    {{"eventSource", "ServiceHealth"},
                     {"status", "Active"},
                     {"properties", {{"trackingId", incident}, {"stage", stage}, {"title", "t"}}}}}}}});
  };
  AlertBook book;
  const auto post = [&](const Posting& posting) {
    return book.Post(WithAllOfItsId(posting, book, kNow), kNow).size();
  };
  EXPECT_EQ(post(event("1", "ABC-1", "Active")), 1U);
  EXPECT_EQ(post(event("2", "ABC-1", "InProgress")), 0U) << "it is known";
  EXPECT_EQ(post(event("3", "XYZ-9", "Resolved")), 0U) << "another incident";
  EXPECT_EQ(post(event("4", "abc-1", "Resolved")), 1U);
  EXPECT_EQ(post(event("5", "ABC-1", "RCA")), 0U) << "what was the cause is no new trouble";
}

TEST(AzureAlert, FiredAndResolvedAreTheSameAlert) {
  json payload = Sample("02_test_metric_static_fired_full");
  const Labels fired = Read(payload).labels;
  payload["data"]["essentials"]["monitorCondition"] = "Resolved";
  payload["data"]["essentials"]["resolvedDateTime"] = "2025-04-15T18:20:00Z";
  payload["data"]["alertContext"]["condition"]["allOf"][0]["metricValue"] = nullptr;
  const Posting resolved = Read(payload);
  EXPECT_EQ(fired, resolved.labels);
  EXPECT_LT(resolved.ends_at, kNow);
}

TEST(AzureAlert, WhatAzureResolvesIsFoundByItsIdWhateverElseItSaysOfIt) {
  AlertBook book;
  json fired = Sample("01_metric_static_resolved_full");
  fired["data"]["essentials"]["monitorCondition"] = "Fired";
  const Posting first = Read(fired);
  book.Post({&first, 1}, kNow);
  json other = fired;
  other["data"]["essentials"]["alertId"] = "/alerts/another";
  const Posting second = Read(other);
  book.Post({&second, 1}, kNow);
  json over = fired;
  json& essentials = over["data"]["essentials"];
  essentials["monitorCondition"] = "resolved";
  essentials["severity"] = "Sev0";
  essentials["alertTargetIDs"] = json::array();
  essentials["alertId"] = "/x/AAAA0A0A-BB1B-CC2C-DD3D-EEEEEE4E4E4E";
  over["data"]["alertContext"] = nullptr;
  const std::vector<Posting> ends = WithAllOfItsId(Read(over), book, kNow);
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(ends[0].labels, first.labels);
  const auto transitions = book.Post(ends, kNow);
  ASSERT_EQ(transitions.size(), 1U);
  EXPECT_EQ(transitions[0].what, Transition::What::kResolved);
  EXPECT_EQ(WithAllOfItsId(Read(over), book, kNow)[0].labels, Read(over).labels) << "nothing of it is open";
  EXPECT_EQ(WithAllOfItsId(second, book, kNow)[0].labels, second.labels) << "it fires on";
}

TEST(AzureAlert, AnActivitySaysWhatHappenedToWhat) {
  const Posting posting = Read(Sample("07_test_resource_health_fired_full"));
  EXPECT_EQ(posting.labels.at("signal"), "Activity Log");
  EXPECT_EQ(posting.labels.at("resource"), "test-VM");
  EXPECT_THAT(posting.annotations.at("description"), HasSubstr("title: Rebooted by user"));
  EXPECT_THAT(posting.annotations.at("description"), HasSubstr("currentHealthStatus: Unavailable"));
}

TEST(AzureAlert, ARowsColumnsAreTheReason) {
  const Posting posting = Read(Around(Sample("05_context_simple_log_alert")));
  EXPECT_THAT(posting.annotations.at("description"), HasSubstr("operation_Name: GET /api/orders"));
  EXPECT_EQ(posting.ends_at, kNow + 1h);
}

TEST(AzureAlert, PrometheusLabelsAndAnnotationsAreKept) {
  const Posting posting = Read(Around(Sample("06_context_prometheus_alert")));
  EXPECT_EQ(posting.labels.at("Environment"), "Prod");
  EXPECT_EQ(posting.labels.at("cluster"), "myCluster1");
  EXPECT_EQ(posting.annotations.at("summary"), "alert on SQL availability");
  EXPECT_EQ(posting.annotations.at("description"), "sql_up > 0: 0 for PT2M");
}

TEST(AzureAlert, OneOnOurOwnRowsIsNotTakenBackIn) {
  json payload = Sample("04_test_log_alert_v2_fired_full");
  payload["data"]["customProperties"] = {{"source", "loadline"}};
  const auto posting = PostingOfAzure(payload, kNow);
  ASSERT_TRUE(posting);
  EXPECT_FALSE(posting->has_value());
}

TEST(AzureAlert, WhatIsNoSuchPayloadIsRefusedAndNothingElseBreaksIt) {
  for (const char* text : {"null", "[]", "7", "{}", R"({"schemaId":"AzureMonitorMetricAlert"})",
                           R"({"schemaId":"azureMonitorCommonAlertSchema"})",
                           R"({"schemaId":"azureMonitorCommonAlertSchema","data":[]})"}) {
    EXPECT_FALSE(PostingOfAzure(json::parse(text), kNow)) << text;
  }
  // Whatever one field is replaced by, the rest is read.
  const json sample = Sample("02_test_metric_static_fired_full");
  const json fields = sample.flatten();
  for (const json& odd : {json(nullptr), json(7), json::array(), json::object(), json("x"), json(true)}) {
    for (const auto& [pointer, value] : fields.items()) {
      json payload = sample;
      payload[json::json_pointer(pointer)] = odd;
      (void)PostingOfAzure(payload, kNow);  // it returns
    }
  }
}

class AzureHookTest : public testing::Test {
 protected:
  int Status(const std::string& path, const std::string& authorization = "",
             const std::string& method = "POST") {
    const AzureHookOptions options{.may_tell = [](const std::string& token) -> Result<void> {
      if (token == "right") return {};
      return Failure(ErrorKind::kDenied, "the token is wrong");
    }};
    const auto refusal = RefuseAzureHook(
        {.method = method, .path = path, .authorization = authorization, .body = ""}, options);
    if (!refusal) return 200;
    EXPECT_THAT(refusal->body, testing::Not(HasSubstr("secret"))) << "no token is repeated";
    return refusal->status;
  }
};

TEST_F(AzureHookTest, HearsWhoShowsTheTokenInThePathOrAsBearer) {
  EXPECT_EQ(Status("/api/azure/alerts/right"), 200);
  EXPECT_EQ(Status("/api/azure/alerts", "Bearer right"), 200);
  EXPECT_EQ(Status("/api/azure/alerts/secret-guess"), 401);
  EXPECT_EQ(Status("/api/azure/alerts", "Bearer secret-guess"), 401);
  EXPECT_EQ(Status("/api/azure/alerts"), 401);
  EXPECT_EQ(Status("/api/azure/alerts/right", "", "GET"), 405);
  EXPECT_EQ(RefuseAzureHook({.method = "POST", .path = "/api/azure/alerts/x"}, {})->status, 404)
      << "nothing is heard until a token is set";
}

}  // namespace
}  // namespace loadline::collector
