// The same section, the same alerts: what the real Alertmanager sends to an incident system, and what we send.
//
// The differences that there may be are those of docs/alerting.md: who the client is, where links lead, and
// details that Alertmanager 0.25 writes as text and its newer versions, as we do, as what they are.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "collector/alert/route.h"
#include "collector/sink/webhook_body.h"
#include "tests/collector/sink/incident_sample.h"
#include "tests/support/opsgenie.h"
#include "tests/support/pagerduty.h"
#include "tests/support/real_alertmanager.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using sample::FileWith;
using sample::SinkOf;
using sample::Tell;

const Wall kBegan = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()) - 1min;
const Labels kGroup = {{"alertname", "Ill"}, {"namespace", "shop"}};
// What `group_by` of FileWith makes of it at the root.
constexpr const char* kGroupKey = R"({}:{alertname="Ill", namespace="shop"})";

std::vector<Alert> Alerts(bool over) {
  std::vector<Alert> alerts;
  for (const char* pod : {"one", "two"}) {
    Alert alert{.rule = "Ill",
                .labels = {{"namespace", "shop"}, {"pod", pod}, {"severity", "critical"}, {"team", "a b"}},
                .state = over ? AlertState::kResolved : AlertState::kFiring};
    alert.posted = Posted{.annotations = {{"summary", std::string(pod) + " is ill"}, {"where", "here"}},
                          .generator_url = std::string("http://prometheus/") + pod};
    alert.since = kBegan;
    if (over) alert.resolved = kBegan + 30s;
    alert.fingerprint = Fingerprint(alert.rule, alert.labels);
    alerts.push_back(alert);
  }
  return alerts;
}

Notification NotificationOf(bool over) {
  Notification notification{.id = "1", .receiver = "ops", .group_key = kGroupKey, .group_labels = kGroup};
  notification.alerts = Alerts(over);
  return notification;
}

// Posts all of it, and its end, which is told with one request.
template <typename StandIn>
testing::AssertionResult TellByAlertmanager(const std::string& file, StandIn& stand_in,
                                            std::size_t requests) {
  test::RealAlertmanager alertmanager(file);
  if (!alertmanager.WaitUntilReady())
    return testing::AssertionFailure() << "Alertmanager does not start:\n" << alertmanager.Log();
  for (const bool over : {false, true}) {
    json posted = json::array();
    for (const Alert& alert : Alerts(over)) posted.push_back(PostableAlert(alert, "", kBegan, 1h));
    if (!alertmanager.Post(posted))
      return testing::AssertionFailure() << "Alertmanager refuses " << posted << '\n' << alertmanager.Log();
    if (!stand_in.server().WaitFor(requests + (over ? 1 : 0), 30s)) {
      return testing::AssertionFailure()
             << "Alertmanager sent " << stand_in.server().seen().size() << " requests until now\n"
             << alertmanager.Log();
    }
  }
  return testing::AssertionSuccess();
}

json Parsed(const test::SeenRequest& request) {
  return json::parse(request.body, nullptr, false);
}

// Alertmanager's texts have a space where nothing follows.
void Trim(json& object, const char* key) {
  std::string text = object.value(key, "");
  text.erase(text.find_last_not_of(" \n") + 1);
  object[key] = text;
}

json WithoutStatedDifferences(json event) {
  for (const char* key : {"client", "client_url"}) event.erase(key);
  event["payload"].erase("source");
  Trim(event["payload"], "summary");
  json& details = event["payload"]["custom_details"];
  for (const char* key : {"firing", "resolved"}) details.erase(key);
  for (const char* key : {"num_firing", "num_resolved"})
    details[key] = details[key].is_string() ? json::parse(details[key].get<std::string>()) : details[key];
  return event;
}

class BesideAlertmanager : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::RealAlertmanager::IsInstalled()) GTEST_SKIP() << "prometheus-alertmanager is not installed";
  }
  SystemClock clock_;
};

TEST_F(BesideAlertmanager, PagerdutyIsSentTheSame) {
  for (const char* more :
       {"",
        ", severity: '{{ .CommonLabels.severity }}', class: c, component: '{{ .GroupLabels.namespace }}', "
        "group: g, description: '{{ .CommonLabels.alertname }} in {{ .CommonLabels.namespace }}', "
        "details: {team: '{{ .CommonLabels.team }}'}, links: [{href: 'http://l/', text: '{{ .Status }}'}], "
        "images: [{src: 'http://i/', alt: a, href: 'http://h/'}]"}) {
    test::Pagerduty pagerduty;
    const std::string file =
        FileWith("pagerduty", "routing_key: k3y, url: '" + pagerduty.Url() + "'" + std::string(more));
    ASSERT_TRUE(TellByAlertmanager(file, pagerduty, 1));
    auto sink = SinkOf(file, "", clock_);
    for (const bool over : {false, true})
      ASSERT_EQ(Tell(*sink, NotificationOf(over)).verdict, Verdict::kDelivered);
    const auto seen = pagerduty.server().seen();
    ASSERT_EQ(seen.size(), 4);
    for (const std::size_t i : {0, 1}) {
      EXPECT_EQ(WithoutStatedDifferences(Parsed(seen[i + 2])), WithoutStatedDifferences(Parsed(seen[i])))
          << more;
    }
    EXPECT_EQ(pagerduty.incidents().size(), 1) << "theirs and ours are one incident";
  }
}

TEST_F(BesideAlertmanager, OpsgenieIsSentTheSame) {
  for (const char* more :
       {", source: s",
        ", source: s, update_alerts: true, message: '{{ .CommonLabels.alertname }}', "
        "description: '{{ .CommonAnnotations.where }}', note: n, entity: e, priority: P2, tags: 'a,{{ "
        ".Status }}', "
        "actions: 'x,y', details: {team: '{{ .CommonLabels.team }}', pod: p}, "
        "responders: [{name: t, type: team}, {username: '{{ .CommonLabels.team }}', type: user}, "
        "{name: 'x,y', type: teams}]"}) {
    const bool updates = std::string(more).find("update") != std::string::npos;
    test::Opsgenie opsgenie;
    const std::string file = FileWith("opsgenie", "api_key: k3y, api_url: '" + opsgenie.Url() + "'" + more);
    ASSERT_TRUE(TellByAlertmanager(file, opsgenie, updates ? 3 : 1));
    auto sink = SinkOf(file, "", clock_);
    for (const bool over : {false, true})
      ASSERT_EQ(Tell(*sink, NotificationOf(over)).verdict, Verdict::kDelivered);
    const auto seen = opsgenie.server().seen();
    const std::size_t half = updates ? 4 : 2;
    ASSERT_EQ(seen.size(), 2 * half);
    for (std::size_t i = 0; i < half; ++i) {
      const test::SeenRequest& theirs = seen[i];
      const test::SeenRequest& ours = seen[i + half];
      EXPECT_EQ(ours.method + " " + ours.path, theirs.method + " " + theirs.path);
      EXPECT_EQ(ours.headers.at("authorization"), theirs.headers.at("authorization"));
      json their_body = Parsed(theirs);
      json our_body = Parsed(ours);
      for (const char* key : {"message", "description"}) {
        if (!their_body.contains(key)) continue;
        Trim(their_body, key);
        Trim(our_body, key);
      }
      EXPECT_EQ(our_body, their_body) << i;
    }
    EXPECT_EQ(opsgenie.alerts().size(), 1) << "theirs and ours are one alert";
    EXPECT_THAT(opsgenie.complaints(), testing::IsEmpty());
  }
}

}  // namespace
}  // namespace loadline::collector
