#include "collector/sink/ms_teams.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/collector/sink/incident_sample.h"
#include "tests/collector/sink/sample_notification.h"
#include "tests/support/ms_teams.h"
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

json Body(const json& message) {
  return message.at("attachments").at(0).at("content").at("body");
}

class MsTeamsTest : public testing::Test {
 protected:
  std::unique_ptr<Sink> Make(const std::string& more = "") {
    return SinkOf(FileWith("msteamsv2", "webhook_url: '" + teams_.Url() + "'" + more), "https://page",
                  clock_);
  }
  json Last() {
    const auto posted = teams_.posted();
    return posted.empty() ? json() : posted.back();
  }
  test::MsTeams teams_;
  SystemClock clock_;
};

TEST_F(MsTeamsTest, SaysWhatAlertmanagerSaysWithoutTextsOfItsOwn) {
  ASSERT_EQ(Tell(*Make(), Of({Firing("a"), Resolved("b")})).verdict, Verdict::kDelivered);
  const json body = Body(Last());
  EXPECT_EQ(body[0]["text"], "[FIRING:1] shop (ContainerOomKilled n1 Sev2 checkout)");
  EXPECT_EQ(body[0]["color"], "Attention");
  EXPECT_THAT(
      body[1]["text"].get<std::string>(),
      AllOf(HasSubstr("# Alerts Firing:\n\nLabels:\n  - alertname = ContainerOomKilled\n  - container = a\n"),
            HasSubstr("\nAnnotations:\n  - description = memory.events"), HasSubstr("# Alerts Resolved:\n")));
  ASSERT_EQ(Tell(*Make(), Of({Resolved("b")})).verdict, Verdict::kDelivered);
  EXPECT_EQ(Body(Last())[0]["color"], "Good");
  EXPECT_THAT(Body(Last())[0]["text"].get<std::string>(), HasSubstr("[RESOLVED] shop"));
  EXPECT_THAT(teams_.complaints(), IsEmpty());
}

// What the source of Alertmanager 0.35 makes of these texts: the card in its order and words.
TEST_F(MsTeamsTest, TheCardIsAlertmanagers) {
  ASSERT_EQ(Tell(*Make(", title: T, text: X"), Of({Firing("a")})).verdict, Verdict::kDelivered);
  EXPECT_EQ(Last(), json::parse(R"json(
{"type": "message", "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null,
 "content": {"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.2",
  "body": [{"type": "TextBlock", "text": "T", "weight": "Bolder", "size": "Medium", "wrap": true, "style": "heading",
            "color": "Attention"},
           {"type": "TextBlock", "text": "X", "wrap": true}],
  "msteams": {"width": "full"}}}]})json"));
}

TEST_F(MsTeamsTest, WhatSomethingIsCalledIsNoLink) {
  Alert alert = Firing("[press](http://evil.example/)");
  alert.summary = "see [here](http://evil.example/)";
  auto sink = Make(
      ", title: '{{ .CommonLabels.container }}', text: '[wiki](https://wiki/) {{ .CommonAnnotations.summary "
      "}}'");
  ASSERT_EQ(Tell(*sink, Of({alert})).verdict, Verdict::kDelivered);
  EXPECT_THAT(test::TeamsLinks(Last()), testing::ElementsAre("https://wiki/"))
      << "what the template says is one";
  ASSERT_EQ(Tell(*Make(), Of({alert})).verdict, Verdict::kDelivered);
  EXPECT_THAT(test::TeamsLinks(Last()), IsEmpty());
  const std::vector<Notification> many = {Of({alert}, "1"), Of({Firing("b")}, "2")};
  EXPECT_THAT(test::TeamsLinks(MsTeamsMessage(many, {})), IsEmpty());
}

TEST_F(MsTeamsTest, ACardIsNeverLargerThanTeamsTakes) {
  std::vector<Alert> alerts;
  for (int i = 0; i < 200; ++i) {
    Alert alert = Firing("c" + std::to_string(i));
    alert.summary = std::string(300, i % 2 == 0 ? '"' : '\x03') + "\xff";
    alerts.push_back(alert);
  }
  Notification notification = Of(alerts);
  notification.more = 5;
  ASSERT_EQ(Tell(*Make(), notification).verdict, Verdict::kDelivered)
      << teams_.server().seen().back().body.size();
  EXPECT_THAT(Body(Last())[1]["text"].get<std::string>(), HasSubstr(" more\n"))
      << "those without room are counted";
  ASSERT_EQ(
      Tell(*Make(", text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}'"), notification).verdict,
      Verdict::kDelivered);
  EXPECT_THAT(teams_.complaints(), IsEmpty());
}

TEST_F(MsTeamsTest, InAStormOneCardTellsOfManyGroupsTheMostSevereFirst) {
  std::vector<Notification> many;
  for (int i = 0; i < 100; ++i) many.push_back(Of({Firing("mild")}, "m" + std::to_string(i)));
  many.push_back(Of({Firing("grave", Severity::kSev0)}, "g"));
  auto sink = Make();
  EXPECT_GE(sink->traits().digest, many.size());
  ASSERT_EQ(sink->Send(many, {}).verdict, Verdict::kDelivered);
  const json body = Body(Last());
  EXPECT_THAT(body[0]["text"].get<std::string>(), HasSubstr("firing"));
  EXPECT_THAT(body[1]["text"].get<std::string>(), testing::StartsWith("- Sev0 ContainerOomKilled"));
  EXPECT_THAT(teams_.complaints(), IsEmpty());
}

TEST_F(MsTeamsTest, TheAddressMayStandInAFile) {
  TemporaryFolder folder;
  const std::string file = folder.path() + "/url";
  auto sink = SinkOf(FileWith("msteamsv2", "webhook_url_file: " + file), "", clock_);
  EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kRetry);
  std::ofstream(file) << teams_.Url() << "\n";
  EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kDelivered);
}

TEST_F(MsTeamsTest, TellsRetryFromRefusal) {
  auto sink = Make();
  for (const int status : {429, 500, 502, 401, 403, 404}) {
    teams_.server().Queue({.status = status, .body = "no"});
    const Outcome outcome = Tell(*sink, Of({Firing("a")}));
    EXPECT_EQ(outcome.verdict, Verdict::kRetry) << status;
    EXPECT_THAT(outcome.detail, AllOf(HasSubstr(std::to_string(status)), Not(HasSubstr("s3cret"))));
  }
  teams_.server().Queue(
      {.body =
           "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429"});
  EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kRetry) << "an old connector, which says 200";
  for (const Reply::Manner manner : {Reply::Manner::kHalf, Reply::Manner::kSlam}) {
    teams_.server().Queue({.status = 202, .manner = manner});
    EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kRetry);
  }
  MsTeams hasty({.url = {.text = teams_.Url()}, .timeout = 200ms}, clock_);
  teams_.server().Queue({.manner = Reply::Manner::kHang});
  EXPECT_EQ(Tell(hasty, Of({Firing("a")})).verdict, Verdict::kRetry);
  teams_.server().Queue({.status = 400});
  EXPECT_EQ(Tell(*sink, Of({Firing("a")})).verdict, Verdict::kRefused);
  teams_.server().Queue({.status = 429, .headers = {{"Retry-After", "9"}}});
  EXPECT_EQ(Tell(*sink, Of({Firing("a")})).retry_after, 9s);
}

}  // namespace
}  // namespace loadline::collector
