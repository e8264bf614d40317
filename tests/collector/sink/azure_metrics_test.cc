#include "collector/sink/azure_metrics.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/support/azure.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Azure;
using testing::HasSubstr;
using testing::IsEmpty;

std::shared_ptr<const Snapshot> Showing(int firing) {
  auto snapshot = std::make_shared<Snapshot>();
  for (int i = 0; i < firing; ++i) {
    snapshot->alerts.push_back(std::make_shared<const AlertView>(
        AlertView{.rule = "ContainerOomKilled", .severity = Severity::kSev1, .state = AlertState::kFiring}));
  }
  snapshot->alerts.push_back(std::make_shared<const AlertView>(
      AlertView{.rule = "NodeSilent", .severity = Severity::kSev0, .state = AlertState::kPending}));
  snapshot->nodes.push_back({.name = "n1", .state = NodeState::kReporting});
  return snapshot;
}

// The gauge of these dimension values, of the last document of that metric.
double Gauge(const std::vector<json>& documents, const std::string& metric, const json& values) {
  double gauge = -1;
  for (const json& document : documents) {
    const json& base = document["data"]["baseData"];
    for (const json& series : base["series"]) {
      if (base["metric"] == metric && series["dimValues"] == values) gauge = series["sum"];
    }
  }
  return gauge;
}

class AzureMetricsTest : public testing::Test {
 protected:
  AzureMetricsTest()
      : metrics_(
            {.endpoint = azure_.Url(), .resource_id = Azure::kCluster, .timeout = 300ms},
            std::make_shared<AzureTokens>(AzureCredential{.metadata_url = azure_.Url()}, clock_),
            [this] { return shown_; }, clock_) {}
  void Pass(Duration time) {
    clock_.Advance(time);
    metrics_.Step({});
  }

  Azure azure_;
  ManualClock clock_;
  std::shared_ptr<const Snapshot> shown_ = Showing(2);
  AzureMetrics metrics_;
};

TEST_F(AzureMetricsTest, EachMinuteTheGaugesOfTheClusterAreWrittenAsAzureAcceptsThem) {
  metrics_.Step({});
  EXPECT_THAT(azure_.faults(), IsEmpty());
  EXPECT_EQ(Gauge(azure_.metrics(), "alerts_firing", {"Sev1"}), 2);
  EXPECT_EQ(Gauge(azure_.metrics(), "alerts_firing", {"Sev0"}), 0) << "pending is not firing";
  EXPECT_EQ(Gauge(azure_.metrics(), "rule_firing", {"ContainerOomKilled", "Sev1"}), 2);
  EXPECT_EQ(Gauge(azure_.metrics(), "nodes", {"reporting"}), 1);
  EXPECT_EQ(azure_.metrics().size(), 3);
  Pass(30s);
  EXPECT_EQ(azure_.metrics().size(), 3);
  Pass(30s);
  EXPECT_EQ(azure_.metrics().size(), 6);
  EXPECT_EQ(metrics_.counters().messages, 2);
}

TEST_F(AzureMetricsTest, ARuleThatFiresNoMoreIsSaidToBeZero) {
  metrics_.Step({});
  shown_ = Showing(0);
  Pass(1min);
  EXPECT_EQ(Gauge(azure_.metrics(), "rule_firing", {"ContainerOomKilled", "Sev1"}), 0);
}

TEST_F(AzureMetricsTest, MinutesWaitWhileAzureFailsAndNoneIsLost) {
  azure_.Deny(1);
  metrics_.Step({});
  EXPECT_THAT(metrics_.counters().last_failure, HasSubstr("HTTP 403"));
  azure_.server().Queue({.status = 503});
  Pass(1min);
  EXPECT_EQ(metrics_.counters().waiting, 2);
  Pass(1min);
  EXPECT_EQ(metrics_.counters().waiting, 0);
  EXPECT_EQ(azure_.metrics().size(), 9);
  EXPECT_EQ(metrics_.counters().refused, 0);
}

TEST_F(AzureMetricsTest, WhatIsTooOldForAzureIsDroppedAndCounted) {
  azure_.Deny(1);
  metrics_.Step({});
  Pass(25min);
  EXPECT_EQ(metrics_.counters().refused, 1);
  EXPECT_EQ(azure_.metrics().size(), 3) << "only the new minute";
}

TEST_F(AzureMetricsTest, WhatIsRefusedIsCountedAndNotRepeated) {
  metrics_.Step({});
  azure_.server().Queue({.status = 400});
  Pass(1min);
  EXPECT_EQ(metrics_.counters().refused, 1);
  EXPECT_EQ(metrics_.counters().waiting, 0);
}

TEST(AzureGauges, ManyRulesStayWithinAHundredValues) {
  Snapshot snapshot;
  for (int i = 0; i < 500; ++i) {
    snapshot.alerts.push_back(std::make_shared<const AlertView>(
        AlertView{.rule = "Rule" + std::to_string(i), .state = AlertState::kFiring}));
  }
  AzureGauges gauges;
  const auto documents = gauges.Documents(snapshot, {});
  EXPECT_LE(documents.back()["data"]["baseData"]["series"].size(), 100);
  EXPECT_EQ(Gauge(documents, "rule_firing", {"other", "Sev0"}), 410);
}

}  // namespace
}  // namespace loadline::collector
