#include "collector/sink/opsgenie.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "collector/sink/sha256.h"
#include "tests/collector/sink/incident_sample.h"
#include "tests/collector/sink/sample_notification.h"
#include "tests/support/opsgenie.h"
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
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class OpsgenieTest : public testing::Test {
 protected:
  std::unique_ptr<Sink> Make(const std::string& more = "") {
    return SinkOf(FileWith("opsgenie", "api_key: k3y, api_url: '" + opsgenie_.Url() + "'" + more), page_,
                  clock_);
  }
  test::Opsgenie::Alert Only() {
    const auto alerts = opsgenie_.alerts();
    EXPECT_EQ(alerts.size(), 1);
    return alerts.empty() ? test::Opsgenie::Alert{} : alerts.begin()->second;
  }
  test::Opsgenie opsgenie_;
  SystemClock clock_;
  const std::string page_ = "https://page";
};

TEST_F(OpsgenieTest, AGroupIsOneAlertUntilAllOfItIsOver) {
  auto sink = Make();
  ASSERT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kDelivered);
  ASSERT_EQ(Tell(*sink, Of({Firing("a"), Firing("b")})).verdict, Verdict::kDelivered);
  EXPECT_EQ(opsgenie_.alerts().begin()->first, Sha256("{}:{id-1}"));
  EXPECT_EQ(Only().count, 2);
  EXPECT_THAT(Only().message, HasSubstr("[FIRING:1]")) << "Opsgenie keeps the first";
  ASSERT_EQ(Tell(*sink, Of({Resolved("a"), Resolved("b")})).verdict, Verdict::kDelivered);
  EXPECT_FALSE(Only().open);
  EXPECT_THAT(opsgenie_.complaints(), IsEmpty());
}

TEST_F(OpsgenieTest, WhereItIsToldToItChangesMessageAndDescription) {
  auto sink = Make(", update_alerts: true");
  ASSERT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kDelivered);
  ASSERT_EQ(Tell(*sink, Of({Firing("a"), Firing("b")})).verdict, Verdict::kDelivered);
  EXPECT_THAT(Only().message, HasSubstr("[FIRING:2]"));
  EXPECT_THAT(Only().description, HasSubstr("container = b"));
  EXPECT_EQ(opsgenie_.server().seen().size(), 6);
}

TEST_F(OpsgenieTest, SaysWhatAlertmanagerSaysWithoutTextsOfItsOwn) {
  ASSERT_EQ(Tell(*Make(), Of({Firing("a"), Resolved("b")})).verdict, Verdict::kDelivered);
  const json created = Only().created;
  EXPECT_EQ(created["message"], "[FIRING:1] shop (ContainerOomKilled n1 Sev2 checkout)");
  EXPECT_EQ(created["source"], "https://page/#/alerts");
  EXPECT_EQ(created["details"]["node"], "n1");
  EXPECT_FALSE(created["details"].contains("container")) << "not all have it";
  EXPECT_THAT(
      created["description"].get<std::string>(),
      AllOf(HasSubstr("\nAlerts Firing:\nLabels:\n - alertname = ContainerOomKilled\n - container = a\n"),
            HasSubstr("\nAlerts Resolved:\nLabels:\n - alertname = ContainerOomKilled\n - container = b\n")));
  for (const char* key : {"priority", "responders", "tags", "note", "entity", "actions"})
    EXPECT_FALSE(created.contains(key)) << key;
}

TEST_F(OpsgenieTest, SaysWhatTheSectionSays) {
  auto sink =
      Make(R"yaml(, message: '{{ .CommonLabels.workload }} is ill', description: d, source: s, note: n,
      entity: '{{ .CommonLabels.node }}', priority: '{{ .CommonLabels.severity }}', tags: 'a, {{ .CommonLabels.node }},,b',
      actions: 'restart,', details: {node: other, team: '{{ .CommonLabels.namespace }}'},
      responders: [{name: '{{ .CommonLabels.workload }}', type: team}, {username: me@example.org, type: USER},
                   {name: 'x, y', type: teams}, {id: '{{ .CommonLabels.none }}', type: schedule}])yaml");
  ASSERT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kDelivered);
  const json created = Only().created;
  EXPECT_EQ(created["message"], "checkout is ill");
  EXPECT_EQ(created["description"], "d");
  EXPECT_EQ(created["source"], "s");
  EXPECT_EQ(created["note"], "n");
  EXPECT_EQ(created["entity"], "n1");
  EXPECT_EQ(created["priority"], "P3") << "Sev2, in Opsgenie's words";
  EXPECT_EQ(created["tags"], (json{"a", "n1", "b"}));
  EXPECT_EQ(created["actions"], (json::array({"restart"})));
  EXPECT_EQ(created["details"]["node"], "other") << "the section's goes first";
  EXPECT_EQ(created["details"]["team"], "shop");
  EXPECT_EQ(created["responders"], (json::array({{{"name", "checkout"}, {"type", "team"}},
                                                 {{"username", "me@example.org"}, {"type", "user"}},
                                                 {{"name", "x"}, {"type", "team"}},
                                                 {{"name", "y"}, {"type", "team"}}})));
  EXPECT_THAT(opsgenie_.complaints(), IsEmpty());
}

TEST(OpsgeniePriority, IsOneThatIsTakenOrNone) {
  EXPECT_EQ(OpsgeniePriority("P1"), "P1");
  EXPECT_EQ(OpsgeniePriority("p5"), "P5");
  EXPECT_EQ(OpsgeniePriority("Sev0"), "P1");
  EXPECT_EQ(OpsgeniePriority("Sev4"), "P5");
  for (const char* odd : {"", "P0", "P6", "critical", "Sev5"}) EXPECT_EQ(OpsgeniePriority(odd), "") << odd;
}

TEST_F(OpsgenieTest, WhateverAlertsAreCalledTheAlertIsTaken) {
  std::vector<Alert> alerts;
  for (int i = 0; i < 200; ++i) {
    Alert alert = Firing("c" + std::to_string(i));
    alert.labels["namespace"] = std::string(4'000, 'n') + "\xff\x01\n\"";
    alert.summary = std::string(2'000, 'x');
    alerts.push_back(alert);
  }
  Notification notification = Of(alerts);
  notification.group_labels = {{"namespace", std::string(4'000, 'n') + "\xff"}};
  auto sink = Make(
      ", source: '{{ .CommonLabels.namespace }}', tags: '{{ .CommonLabels.namespace }}', "
      "details: {a: '{{ .CommonLabels.namespace }}', b: '{{ .CommonLabels.namespace }}'}");
  ASSERT_EQ(Tell(*sink, notification).verdict, Verdict::kDelivered);
  EXPECT_THAT(opsgenie_.complaints(), IsEmpty());
  EXPECT_THAT(Only().description, HasSubstr("more\n")) << "those that had no room are counted";
}

TEST_F(OpsgenieTest, TheKeyAndTheAddressMayBeGlobal) {
  TemporaryFolder folder;
  std::ofstream(folder.path() + "/key") << "k3y\n";
  std::string url = opsgenie_.Url();
  url.pop_back();  // Alertmanager adds what is missing at the end
  auto sink = SinkOf(FileWith("opsgenie", "tags: x",
                              "global: {opsgenie_api_key_file: " + folder.path() +
                                  "/key, opsgenie_api_url: '" + url + "'}\n"),
                     page_, clock_);
  ASSERT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kDelivered);
}

TEST_F(OpsgenieTest, TellsRetryFromRefusal) {
  auto sink = Make(", update_alerts: true");
  for (const int status : {429, 500, 503, 401, 403}) {
    opsgenie_.server().Queue({.status = status});
    EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kRetry) << status;
  }
  for (const Reply::Manner manner : {Reply::Manner::kHalf, Reply::Manner::kSlam}) {
    opsgenie_.server().Queue({.status = 202, .manner = manner});
    EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kRetry);
  }
  EXPECT_THAT(opsgenie_.alerts(), IsEmpty());
  opsgenie_.server().Queue({.status = 202});
  opsgenie_.server().Queue({.status = 500});
  EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kRetry) << "the message was not changed";
  opsgenie_.server().Queue(
      {.status = 422, .body = R"({"message": "not processable", "errors": {"tags": "odd"}})"});
  const Outcome refused = Tell(*sink, Of({Firing("a")}));
  EXPECT_EQ(refused.verdict, Verdict::kRefused);
  EXPECT_THAT(refused.detail, AllOf(HasSubstr("HTTP 422"), HasSubstr("not processable"), HasSubstr("odd")));
  EXPECT_THAT(refused.detail, Not(HasSubstr("k3y")));
  opsgenie_.server().Queue({.status = 404});
  EXPECT_EQ(Tell(*sink, Of({Resolved("a")})).verdict, Verdict::kDelivered) << "there is nothing to close";
}

TEST_F(OpsgenieTest, AServerThatHangsCostsTheTimeout) {
  Opsgenie sink({.key = {.text = "k3y"}, .url = opsgenie_.Url(), .timeout = 200ms}, clock_);
  opsgenie_.server().Queue({.manner = Reply::Manner::kHang});
  EXPECT_EQ(Tell(sink, Of({Firing("a")})).verdict, Verdict::kRetry);
}

TEST_F(OpsgenieTest, ShowsWhatItWouldSendWithoutTheKey) {
  const Notification notification = Of({Resolved("a")});
  const auto shown = Make()->Show({&notification, 1}, sample::kNow);
  ASSERT_EQ(shown.size(), 1);
  EXPECT_THAT(shown[0].text,
              HasSubstr("POST /v2/alerts/" + Sha256("{}:{id-1}") + "/close?identifierType=alias"));
}

}  // namespace
}  // namespace loadline::collector
