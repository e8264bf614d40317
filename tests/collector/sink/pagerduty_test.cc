#include "collector/sink/pagerduty.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "collector/sink/sha256.h"
#include "tests/collector/sink/incident_sample.h"
#include "tests/collector/sink/sample_notification.h"
#include "tests/support/json_schema.h"
#include "tests/support/pagerduty.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using sample::FileWith;
using sample::Firing;
using sample::Of;
using sample::Resolved;
using sample::SinkOf;
using sample::Tell;
using test::Reply;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// The examples of FIPS 180-4.
TEST(Sha256, IsThatOfTheStandard) {
  EXPECT_EQ(Sha256("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(Sha256(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

class PagerdutyTest : public testing::Test {
 protected:
  std::unique_ptr<Sink> Make(const std::string& more = "") {
    return SinkOf(FileWith("pagerduty", "routing_key: k3y, url: '" + pagerduty_.Url() + "'" + more), page_,
                  clock_);
  }
  json Last() {
    const auto incidents = pagerduty_.incidents();
    return incidents.empty() ? json() : incidents.begin()->second.last;
  }
  test::Pagerduty pagerduty_;
  SystemClock clock_;
  const std::string page_ = "https://page";
};

TEST_F(PagerdutyTest, AGroupIsOneIncidentUntilAllOfItIsOver) {
  auto sink = Make();
  ASSERT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kDelivered);
  ASSERT_EQ(Tell(*sink, Of({Firing("a"), Resolved("b")})).verdict, Verdict::kDelivered);
  ASSERT_EQ(pagerduty_.incidents().size(), 1);
  const auto [key, incident] = *pagerduty_.incidents().begin();
  EXPECT_EQ(key, Sha256("{}:{id-1}"));
  EXPECT_TRUE(incident.open);
  EXPECT_EQ(incident.triggers, 2);
  Notification piece = Of({Resolved("a")});
  piece.others_fire = true;
  ASSERT_EQ(Tell(*sink, piece).verdict, Verdict::kDelivered);
  EXPECT_TRUE(pagerduty_.incidents().begin()->second.open) << "what is not in this piece fires on";
  ASSERT_EQ(Tell(*sink, Of({Resolved("a"), Resolved("b")})).verdict, Verdict::kDelivered);
  EXPECT_FALSE(pagerduty_.incidents().begin()->second.open);
  EXPECT_THAT(pagerduty_.complaints(), IsEmpty());
}

TEST_F(PagerdutyTest, SaysWhatAlertmanagerSaysWithoutTextsOfItsOwn) {
  ASSERT_EQ(Tell(*Make(), Of({Firing("a"), Resolved("b")})).verdict, Verdict::kDelivered);
  const json event = Last();
  EXPECT_EQ(event["routing_key"], "k3y");
  EXPECT_EQ(event["client"], "Loadline");
  EXPECT_EQ(event["client_url"], "https://page/#/alerts");
  const json payload = event["payload"];
  EXPECT_EQ(payload["summary"], "[FIRING:1] shop (ContainerOomKilled n1 Sev2 checkout)");
  EXPECT_EQ(payload["source"], "Loadline");
  EXPECT_EQ(payload["severity"], "error");
  const json details = payload["custom_details"];
  EXPECT_EQ(details["num_firing"], 1);
  EXPECT_EQ(details["num_resolved"], 1);
  EXPECT_EQ(details["firing"][0]["labels"]["container"], "a");
  EXPECT_EQ(details["resolved"][0]["labels"]["container"], "b");
  EXPECT_FALSE(event.contains("images"));
}

TEST_F(PagerdutyTest, SaysWhatTheSectionSays) {
  auto sink = Make(R"yaml(, client: me, client_url: 'https://wiki/', source: '{{ .CommonLabels.node }}',
      description: '{{ .CommonLabels.workload }} is ill', severity: '{{ .CommonLabels.severity }}',
      class: '{{ .CommonLabels.alertname }}', component: app, group: '{{ .CommonLabels.namespace }}',
      details: {runbook: 'https://r/{{ .CommonLabels.alertname }}', count: '{{ len .Alerts }}', firing: 'see page',
                outer: {inner: x}},
      images: [{src: 'https://i/{{ .CommonLabels.node }}.png', alt: a, href: 'https://h/'}, {src: '{{ .CommonLabels.none }}'}],
      links: [{href: 'https://l/', text: '{{ .Status }}'}, {href: '', text: gone}])yaml");
  ASSERT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kDelivered);
  const json event = Last();
  EXPECT_EQ(event["client"], "me");
  EXPECT_EQ(event["client_url"], "https://wiki/");
  EXPECT_EQ(event["images"],
            (json::array({{{"src", "https://i/n1.png"}, {"alt", "a"}, {"href", "https://h/"}}})));
  EXPECT_EQ(event["links"], (json::array({{{"href", "https://l/"}, {"text", "firing"}}})));
  const json payload = event["payload"];
  EXPECT_EQ(payload["summary"], "checkout is ill");
  EXPECT_EQ(payload["source"], "n1");
  EXPECT_EQ(payload["severity"], "warning") << "Sev2, in PagerDuty's words";
  EXPECT_EQ(payload["class"], "ContainerOomKilled");
  EXPECT_EQ(payload["component"], "app");
  EXPECT_EQ(payload["group"], "shop");
  const json details = payload["custom_details"];
  EXPECT_EQ(details["runbook"], "https://r/ContainerOomKilled");
  EXPECT_EQ(details["count"], 1) << "what is JSON is no text";
  EXPECT_EQ(details["firing"], "see page");
  EXPECT_EQ(details["outer.inner"], "x");
  EXPECT_EQ(details["num_firing"], 1);
  EXPECT_THAT(pagerduty_.complaints(), IsEmpty());
}

TEST(PagerdutySeverity, IsAlwaysOneThatIsTaken) {
  EXPECT_EQ(PagerdutySeverity("critical"), "critical");
  EXPECT_EQ(PagerdutySeverity("Warning"), "warning");
  EXPECT_EQ(PagerdutySeverity("Sev0"), "critical");
  EXPECT_EQ(PagerdutySeverity("Sev4"), "info");
  EXPECT_EQ(PagerdutySeverity("page"), "error");
  EXPECT_EQ(PagerdutySeverity(""), "error");
}

TEST_F(PagerdutyTest, WhateverAlertsAreCalledTheEventIsTaken) {
  std::vector<Alert> alerts;
  for (int i = 0; i < 200; ++i) {
    Alert alert = Firing("c" + std::to_string(i));
    alert.labels["namespace"] = std::string(4'000, 'n') + "\xff\x01\n\"";
    alert.summary = std::string(2'000, '\x02');
    alerts.push_back(alert);
  }
  Notification notification = Of(alerts);
  notification.group_labels = {{"namespace", std::string(4'000, 'n') + "\xff"}};
  notification.more = 3;
  ASSERT_EQ(Tell(*Make(), notification).verdict, Verdict::kDelivered);
  EXPECT_THAT(pagerduty_.complaints(), IsEmpty());
  const json details = Last()["payload"]["custom_details"];
  EXPECT_THAT(details["firing"].get<std::string>(), HasSubstr("512 KB")) << "the alerts are left out";
  EXPECT_EQ(details["num_firing"], 200);
  EXPECT_EQ(details["num_more"], 3);
}

TEST_F(PagerdutyTest, TheKeyIsThatOfTheFileOrOfTheAlerts) {
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/key") << "filed\n";
  const std::string url = ", url: '" + pagerduty_.Url() + "'";
  auto filed =
      SinkOf(FileWith("pagerduty", "routing_key_file: " + folder.path() + "/key" + url), page_, clock_);
  ASSERT_EQ(Tell(*filed, Of({Firing("a")})).verdict, Verdict::kDelivered);
  EXPECT_EQ(Last()["routing_key"], "filed");
  auto labelled =
      SinkOf(FileWith("pagerduty", "routing_key: 'k-{{ .CommonLabels.node }}'" + url), page_, clock_);
  ASSERT_EQ(Tell(*labelled, Of({Firing("a")})).verdict, Verdict::kDelivered);
  EXPECT_EQ(Last()["routing_key"], "k-n1");
  auto none = SinkOf(FileWith("pagerduty", "routing_key: '{{ .CommonLabels.key }}'" + url), page_, clock_);
  EXPECT_EQ(Tell(*none, Of({Firing("a")})).verdict, Verdict::kRefused);
  auto missing = SinkOf(FileWith("pagerduty", "routing_key_file: /nothing" + url), page_, clock_);
  EXPECT_EQ(Tell(*missing, Of({Firing("a")})).verdict, Verdict::kRetry);
}

TEST_F(PagerdutyTest, AServiceKeySpeaksVersionOne) {
  for (const bool over : {false, true}) {
    Pagerduty sink({.version = PagerdutyOptions::Version::kOne,
                    .key = {.text = "s3rvice"},
                    .url = pagerduty_.VersionOneUrl(),
                    .page_url = page_},
                   clock_);
    ASSERT_EQ(Tell(sink, Of({over ? Resolved("a") : Firing("a")})).verdict, Verdict::kDelivered);
    EXPECT_EQ(Last()["service_key"], "s3rvice");
    EXPECT_EQ(Last()["event_type"], over ? "resolve" : "trigger");
    EXPECT_EQ(Last()["details"]["num_firing"], over ? 0 : 1);
    EXPECT_EQ(pagerduty_.incidents().begin()->second.open, !over);
  }
  EXPECT_THAT(pagerduty_.complaints(), IsEmpty());
}

TEST_F(PagerdutyTest, TellsRetryFromRefusal) {
  auto sink = Make(", timeout: 300ms");
  for (const int status : {429, 500, 503, 401, 403, 404}) {
    pagerduty_.server().Queue({.status = status});
    EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kRetry) << status;
  }
  pagerduty_.server().Queue({.status = 429, .headers = {{"Retry-After", "7"}}});
  EXPECT_EQ(Tell(*sink, Of({Firing("a")})).retry_after, 7s);
  for (const Reply::Manner manner : {Reply::Manner::kHang, Reply::Manner::kHalf, Reply::Manner::kSlam}) {
    pagerduty_.server().Queue({.status = 202, .manner = manner});
    EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kRetry);
  }
  EXPECT_THAT(pagerduty_.incidents(), IsEmpty());
  pagerduty_.server().Queue(
      {.status = 400,
       .body = R"({"status":"invalid event","message":"Event object is invalid","errors":["no key"]})"});
  const Outcome refused = Tell(*sink, Of({Firing("a")}));
  EXPECT_EQ(refused.verdict, Verdict::kRefused);
  EXPECT_THAT(refused.detail, AllOf(HasSubstr("HTTP 400"), HasSubstr("Event object is invalid: no key")));
  EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kDelivered);
}

TEST_F(PagerdutyTest, ShowsWhatItWouldSendWithoutTheKey) {
  const Notification notification = Of({Firing("a")});
  const auto shown = Make()->Show({&notification, 1}, sample::kNow);
  ASSERT_EQ(shown.size(), 1);
  EXPECT_THAT(shown[0].body, AllOf(HasSubstr("\"trigger\""), Not(HasSubstr("k3y"))));
}

}  // namespace
}  // namespace loadline::collector
