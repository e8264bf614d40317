#include "collector/sink/azure_logs.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "tests/collector/sink/sample_notification.h"
#include "tests/support/azure.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using sample::Firing;
using sample::Of;
using sample::Resolved;
using test::Azure;
using test::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class AzureLogsTest : public testing::Test {
 protected:
  void Make(std::size_t most_bytes = 900'000, const std::string& rule = Azure::kRule) {
    auto tokens = std::make_shared<AzureTokens>(
        AzureCredential{.client_id = Azure::kClient, .metadata_url = azure_.Url()}, clock_);
    sink_ =
        std::make_unique<AzureLogs>(AzureLogsOptions{.endpoint = azure_.Url(),
                                                     .rule_id = rule,
                                                     .row = {.cluster = "aks-1", .page_url = "https://page"},
                                                     .most_bytes = most_bytes,
                                                     .timeout = 300ms},
                                    std::move(tokens), clock_);
  }
  Outcome Send(const std::vector<Notification>& batch) {
    if (!sink_) Make();
    Outcome outcome = sink_->Send(batch, {});
    for (const std::string& token : azure_.tokens()) {
      EXPECT_THAT(outcome.detail, Not(HasSubstr(token))) << "no secret is ever said";
    }
    return outcome;
  }
  // "a", "b" ...: which containers' rows arrived, each as often as it did.
  std::multiset<std::string> Arrived() {
    std::multiset<std::string> names;
    for (const json& row : azure_.rows()) names.insert(row["Container"].get<std::string>());
    return names;
  }

  Azure azure_;
  ManualClock clock_;
  std::unique_ptr<AzureLogs> sink_;
};

TEST(AzureRow, NamesTheClusterOfTheAlertAndOursWhereItNamesNone) {
  Notification notification = Of({Firing("a")});
  Alert& alert = notification.alerts[0];
  EXPECT_EQ(AzureRow(notification, alert, {.cluster = "hub"})["Cluster"], "hub");
  alert.labels["cluster"] = "aks-1";
  EXPECT_EQ(AzureRow(notification, alert, {.cluster = "hub"})["Cluster"], "aks-1");
}

TEST(AzureRow, HoldsEveryColumnInItsTypeAndNothingElse) {
  Notification notification = Of({Firing("a"), Resolved("b")});
  notification.alerts[0].occurrences = 3;
  for (const Alert& alert : notification.alerts) {
    const json row = AzureRow(notification, alert, {.cluster = "aks-1", .page_url = "https://page"});
    EXPECT_EQ(row.size(), AzureColumns().size());
    for (const AzureColumn& column : AzureColumns()) {
      ASSERT_TRUE(row.contains(column.name)) << column.name;
      const json& value = row[column.name];
      const std::string type = column.type;
      const bool right = value.is_null() || (type == "dynamic" && value.is_object()) ||
                         (type == "boolean" && value.is_boolean()) ||
                         ((type == "int" || type == "long") && value.is_number_integer()) ||
                         ((type == "string" || type == "datetime") && value.is_string());
      EXPECT_TRUE(right) << column.name << " " << value;
    }
  }
  const json row = AzureRow(notification, notification.alerts[0], {});
  EXPECT_EQ(row["MonitorCondition"], "Fired");
  EXPECT_EQ(row["Severity"], "Sev2");
  EXPECT_EQ(row["Headline"], "ContainerOomKilled shop/checkout/a on n1");
  EXPECT_EQ(row["TimeGenerated"], "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(row["Labels"]["alertname"], "ContainerOomKilled");
}

TEST(AzureRow, NoColumnHasANameThatAzureReserves) {
  const std::set<std::string> reserved = {"_ResourceId", "id",   "_SubscriptionId", "TenantId", "Type",
                                          "UniqueId",    "Title"};
  for (const AzureColumn& column : AzureColumns()) {
    const std::string name = column.name;
    EXPECT_FALSE(reserved.contains(name)) << name;
    EXPECT_LE(name.size(), 45);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"),
              std::string::npos);
  }
}

TEST(AzureRow, HasTheColumnsThatTheTemplateDeclares) {
  std::ifstream file("helm/azure/monitor.json");
  const json columns = json::parse(file)["variables"]["streamColumns"];
  ASSERT_EQ(columns.size(), AzureColumns().size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    EXPECT_EQ(columns[i]["name"], AzureColumns()[i].name);
    EXPECT_EQ(columns[i]["type"], AzureColumns()[i].type);
  }
}

TEST_F(AzureLogsTest, SendsEachAlertAsARowThatAzureAccepts) {
  EXPECT_EQ(Send({Of({Firing("a"), Resolved("b")})}).verdict, Verdict::kDelivered);
  EXPECT_THAT(azure_.faults(), IsEmpty());
  EXPECT_THAT(Arrived(), ElementsAre("a", "b"));
  EXPECT_EQ(azure_.server().seen().back().headers.at("content-encoding"), "gzip");
}

TEST_F(AzureLogsTest, WaitsForARoleThatIsNotKnownYet) {
  azure_.Deny(2);
  const Outcome denied = Send({Of({Firing("a")})});
  EXPECT_EQ(denied.verdict, Verdict::kRetry);
  EXPECT_EQ(denied.retry_after, 1min);
  EXPECT_THAT(denied.detail, HasSubstr("HTTP 403 OperationFailed"));
  EXPECT_THAT(denied.detail, HasSubstr("Monitoring Metrics Publisher"));
  EXPECT_EQ(Send({Of({Firing("a")})}).verdict, Verdict::kRetry);
  EXPECT_EQ(Send({Of({Firing("a")})}).verdict, Verdict::kDelivered);
  EXPECT_THAT(Arrived(), ElementsAre("a"));
}

// 300 alerts, more than one request may hold.
std::vector<Alert> TwoMegabytes() {
  std::vector<Alert> alerts;
  for (int i = 0; i < 300; ++i) {
    alerts.push_back(Firing("c" + std::to_string(i)));
    alerts.back().reason = std::string(7'000, 'x');
  }
  return alerts;
}

TEST_F(AzureLogsTest, HalvesWhatIsTooLarge) {
  Make(10'000'000);
  EXPECT_EQ(Send({Of(TwoMegabytes())}).verdict, Verdict::kDelivered);
  EXPECT_EQ(azure_.rows().size(), 300);
  EXPECT_GT(azure_.server().seen().size(), 4) << "the whole was refused with 413 first";
}

TEST_F(AzureLogsTest, KeepsEveryRequestBelowTheLimitByItself) {
  EXPECT_EQ(Send({Of(TwoMegabytes())}).verdict, Verdict::kDelivered);
  EXPECT_EQ(azure_.rows().size(), 300);
  EXPECT_EQ(azure_.server().seen().size(), 4) << "one token, three requests";
}

TEST_F(AzureLogsTest, HonoursRetryAfter) {
  ASSERT_EQ(Send({Of({Firing("a")})}).verdict, Verdict::kDelivered);
  azure_.server().Queue({.status = 429, .headers = {{"Retry-After", "17"}}});
  const Outcome limited = Send({Of({Firing("b")}, "id-2")});
  EXPECT_EQ(limited.verdict, Verdict::kRetry);
  EXPECT_EQ(limited.retry_after, 17s);
}

TEST_F(AzureLogsTest, TriesAgainAfterFailuresHangsAndHalfAnswers) {
  ASSERT_EQ(Send({Of({Firing("a")})}).verdict, Verdict::kDelivered);
  for (const Reply& reply :
       {Reply{.status = 500}, Reply{.status = 503}, Reply{.status = 408},
        Reply{.manner = Reply::Manner::kHang}, Reply{.body = "{", .manner = Reply::Manner::kHalf},
        Reply{.manner = Reply::Manner::kSlam}}) {
    azure_.server().Queue(reply);
    EXPECT_EQ(Send({Of({Firing("b")}, "id-2")}).verdict, Verdict::kRetry);
  }
  EXPECT_EQ(Send({Of({Firing("b")}, "id-2")}).verdict, Verdict::kDelivered);
  EXPECT_THAT(Arrived(), ElementsAre("a", "b"));
}

TEST_F(AzureLogsTest, ABadRowIsRefusedAloneAndCounted) {
  azure_.Poison("shop/checkout/c3 ");
  std::vector<Alert> alerts;
  for (int i = 0; i < 10; ++i) alerts.push_back(Firing("c" + std::to_string(i)));
  const Outcome outcome = Send({Of(alerts)});
  EXPECT_EQ(outcome.verdict, Verdict::kDelivered);
  EXPECT_EQ(outcome.refused_items, 1);
  EXPECT_THAT(outcome.detail, HasSubstr("HTTP 400 InvalidRow"));
  EXPECT_EQ(azure_.rows().size(), 9);
}

TEST_F(AzureLogsTest, WhenEveryRowIsRefusedItIsSaidAfterAFewTries) {
  azure_.Poison("shop");
  std::vector<Alert> alerts;
  for (int i = 0; i < 200; ++i) alerts.push_back(Firing("c" + std::to_string(i)));
  const Outcome outcome = Send({Of(alerts)});
  EXPECT_EQ(outcome.verdict, Verdict::kRefused);
  EXPECT_EQ(outcome.refused_items, 200);
  EXPECT_LT(azure_.server().seen().size(), 40);
}

TEST_F(AzureLogsTest, WhatWasTakenIsNotSentAgainWhenTheRestFails) {
  Make(2'000);
  const std::vector<Notification> batch = {Of({Firing("a"), Firing("b")}, "id-1"),
                                           Of({Firing("c"), Firing("d")}, "id-2")};
  ASSERT_EQ(Send({Of({Firing("first")}, "id-0")}).verdict, Verdict::kDelivered);
  azure_.server().Queue({.status = 204});  // a and b: taken as far as anybody can know
  azure_.server().Queue({.status = 502});
  EXPECT_EQ(Send(batch).verdict, Verdict::kRetry);
  EXPECT_EQ(Send(batch).verdict, Verdict::kDelivered);
  EXPECT_THAT(Arrived(), ElementsAre("c", "d", "first"));
}

TEST_F(AzureLogsTest, ARevokedTokenIsReplacedOnceAndTheRowArrives) {
  ASSERT_EQ(Send({Of({Firing("a")})}).verdict, Verdict::kDelivered);
  azure_.RevokeTokens();
  EXPECT_EQ(Send({Of({Firing("b")}, "id-2")}).verdict, Verdict::kDelivered);
  EXPECT_EQ(azure_.tokens().size(), 2);
}

TEST_F(AzureLogsTest, AWrongRuleIsSaidAndTriedAgainSlowly) {
  Make(900'000, "dcr-wrong");
  const Outcome outcome = Send({Of({Firing("a")})});
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_EQ(outcome.retry_after, 1min);
  EXPECT_THAT(outcome.detail, HasSubstr("HTTP 404"));
  EXPECT_THAT(outcome.detail, HasSubstr("check the setting"));
}

// Something that Azure does instead of taking a request; most are quick.
void Misbehave(Azure& azure, std::mt19937& random) {
  static const Reply kForms[] = {{.status = 403},
                                 {.status = 413},
                                 {.status = 429, .headers = {{"Retry-After", "1"}}},
                                 {.status = 439},
                                 {.status = 400},
                                 {.status = 500},
                                 {.status = 503},
                                 {.manner = Reply::Manner::kSlam},
                                 {.body = "{", .manner = Reply::Manner::kHalf}};
  if (random() % 60 == 0) {
    azure.server().Queue({.manner = Reply::Manner::kHang});
  } else if (random() % 10 == 0) {
    azure.RevokeTokens();
  } else {
    azure.server().Queue(kForms[random() % std::size(kForms)]);
  }
}

// Seeds are printed where one fails.
TEST_F(AzureLogsTest, WhateverAzureDoesMeanwhileEachRowArrivesOnceOrIsCountedAsRefused) {
  std::size_t rows = 0;
  std::size_t refused = 0;
  for (unsigned seed = 0; seed < 200; ++seed) {
    std::mt19937 random(seed);
    std::vector<Notification> batch;
    for (unsigned n = 0; n <= random() % 3; ++n) {
      std::vector<Alert> alerts;
      for (unsigned i = 0; i <= random() % 5; ++i)
        alerts.push_back(Firing(fmt::format("{}-{}-{}", seed, n, i)));
      rows += alerts.size();
      batch.push_back(Of(std::move(alerts), fmt::format("{}-{}", seed, n)));
    }
    Outcome outcome;
    for (int attempt = 0; attempt < 50 && outcome.verdict == Verdict::kRetry; ++attempt) {
      for (unsigned i = 0; i < random() % 3; ++i) Misbehave(azure_, random);
      outcome = Send(batch);
      refused += outcome.refused_items;
      clock_.Advance(1min);
    }
    ASSERT_NE(outcome.verdict, Verdict::kRetry) << "seed " << seed << ": " << outcome.detail;
    const std::multiset<std::string> arrived = Arrived();
    const std::set<std::string> once(arrived.begin(), arrived.end());
    ASSERT_EQ(once.size(), arrived.size()) << "seed " << seed << ": a row came twice";
    ASSERT_EQ(arrived.size() + refused, rows) << "seed " << seed;
  }
  EXPECT_THAT(azure_.faults(), IsEmpty()) << "every request was one that Azure's OpenAPI files allow";
}

}  // namespace
}  // namespace loadline::collector
