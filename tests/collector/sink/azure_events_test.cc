#include "collector/sink/azure_events.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/collector/sink/sample_notification.h"
#include "tests/support/azure.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using sample::Firing;
using sample::Of;
using test::Azure;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(ConnectionString, IsReadWithKeysInAnyCase) {
  const auto read = ParseConnectionString(
      "instrumentationkey=k ; "
      "IngestionEndpoint=https://southcentralus.in.applicationinsights.azure.com/;Foo=1");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->instrumentation_key, "k");
  EXPECT_EQ(read->ingestion_endpoint, "https://southcentralus.in.applicationinsights.azure.com");
  EXPECT_EQ(ParseConnectionString("InstrumentationKey=k")->ingestion_endpoint,
            "https://dc.applicationinsights.azure.com");
  EXPECT_EQ(ParseConnectionString("InstrumentationKey=k;EndpointSuffix=x.us")->ingestion_endpoint,
            "https://dc.x.us");
}

TEST(ConnectionString, WithoutAKeyIsRefusedWithoutRepeatingIt) {
  for (const char* text : {"", "secret", ";;;", "=", "IngestionEndpoint=https://secret"}) {
    const auto read = ParseConnectionString(text);
    ASSERT_FALSE(read) << text;
    EXPECT_THAT(read.error().message, testing::Not(HasSubstr("secret")));
  }
}

class AzureEventsTest : public testing::Test {
 protected:
  AzureEventsTest() { Write(azure_.ConnectionString()); }
  void Write(const std::string& text) { std::ofstream(folder_.path() + "/connection") << text << "\n"; }
  Outcome Send(const std::vector<Notification>& batch) { return sink_.Send(batch, {}); }

  Azure azure_;
  ManualClock clock_;
  TemporaryFolder folder_;
  AzureEvents sink_{{.connection_string_file = folder_.path() + "/connection",
                     .row = {.cluster = "aks-1"},
                     .timeout = 300ms},
                    nullptr,
                    clock_};
};

TEST_F(AzureEventsTest, SendsEachAlertAsAnEventThatApplicationInsightsAccepts) {
  EXPECT_EQ(Send({Of({Firing("a"), Firing("b")})}).verdict, Verdict::kDelivered);
  EXPECT_THAT(azure_.faults(), IsEmpty());
  ASSERT_EQ(azure_.events().size(), 2);
  const json event = azure_.events().at(0);
  EXPECT_EQ(event["data"]["baseData"]["name"], "Loadline.ContainerOomKilled");
  EXPECT_EQ(event["data"]["baseData"]["properties"]["Container"], "a");
  EXPECT_EQ(event["time"], "2026-01-01T00:00:00.000Z");
}

TEST_F(AzureEventsTest, WhatTheResourceIsSetToSampleOutIsNeitherRefusedNorSentAgain) {
  azure_.server().Queue({.status = 206, .body = R"({"itemsReceived": 1, "itemsAccepted": 0,
                   "errors": [{"index": 0, "statusCode": 206, "message": "Telemetry sampled out."}]})"});
  const Outcome outcome = Send({Of({Firing("a")})});
  EXPECT_EQ(outcome.verdict, Verdict::kDelivered);
  EXPECT_EQ(outcome.refused_items, 0);
}

TEST_F(AzureEventsTest, AfterPartialSuccessOnlyWhatIsAskedForAgainIsSentAgain) {
  azure_.Stumble("checkout/b", 1);
  azure_.Poison("checkout/c");
  const std::vector<Notification> batch = {Of({Firing("a"), Firing("b"), Firing("c")})};
  const Outcome partly = Send(batch);
  EXPECT_EQ(partly.verdict, Verdict::kRetry);
  EXPECT_EQ(partly.refused_items, 1);
  EXPECT_THAT(partly.detail, HasSubstr("HTTP 206: 2 of 3 events"));
  EXPECT_EQ(Send(batch).verdict, Verdict::kDelivered);
  ASSERT_EQ(azure_.events().size(), 2);
  EXPECT_EQ(azure_.events().at(1)["data"]["baseData"]["properties"]["Container"], "b");
}

TEST_F(AzureEventsTest, AUsedUpQuotaPausesForLong) {
  for (const int status : {402, 439}) {
    azure_.server().Queue({.status = status});
    const Outcome outcome = Send({Of({Firing("a")})});
    EXPECT_EQ(outcome.verdict, Verdict::kRetry);
    EXPECT_EQ(outcome.retry_after, 1h);
    EXPECT_THAT(outcome.detail, HasSubstr("daily quota"));
  }
}

TEST_F(AzureEventsTest, FollowsARedirectAndRemembersIt) {
  azure_.server().Queue({.status = 308, .headers = {{"Location", azure_.Url() + "/v2.1/track"}}});
  EXPECT_EQ(Send({Of({Firing("a")})}).verdict, Verdict::kDelivered);
  EXPECT_EQ(azure_.events().size(), 1);
}

TEST_F(AzureEventsTest, AnotherConnectionStringIsReadWhenTheFileChanges) {
  Write("InstrumentationKey=wrong;IngestionEndpoint=" + azure_.Url());
  EXPECT_EQ(Send({Of({Firing("a")})}).verdict, Verdict::kRefused) << "Application Insights knows no such key";
  Write(azure_.ConnectionString());
  EXPECT_EQ(Send({Of({Firing("b")}, "id-2")}).verdict, Verdict::kDelivered);
}

TEST_F(AzureEventsTest, ABrokenFileIsWaitedFor) {
  std::ofstream(folder_.path() + "/other") << "nonsense";
  AzureEvents sink({.connection_string_file = folder_.path() + "/other"}, nullptr, clock_);
  const std::vector<Notification> batch = {Of({Firing("a")})};
  const Outcome outcome = sink.Send(batch, {});
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_THAT(outcome.detail, HasSubstr("/other: the connection string holds no InstrumentationKey"));
}

}  // namespace
}  // namespace loadline::collector
