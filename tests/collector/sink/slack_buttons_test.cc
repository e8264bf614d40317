#include "collector/sink/slack_buttons.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "collector/alert/repair_label.h"
#include "collector/sink/slack_message.h"
#include "collector/sink/slack_reply.h"
#include "tests/collector/sink/sample_notification.h"
#include "tests/support/slack.h"

namespace loadline::collector {
namespace {

using nlohmann::json;
using sample::Firing;
using sample::Of;
using sample::Resolved;
using test::Links;
using test::Pings;
using test::VisibleText;
using test::WhySlackRefuses;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kPage = "https://loadline.example";

// "Silence 1 h=alert:0123", "Open" for a link, of the whole message.
std::vector<std::string> ButtonsOf(const json& message) {
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt) << message;
  std::vector<std::string> buttons;
  for (const json& block : message["blocks"]) {
    if (block["type"] != "actions") continue;
    for (const json& button : block["elements"]) {
      const std::string words = button["text"]["text"];
      buttons.push_back(button.contains("value") ? words + "=" + button["value"].get<std::string>() : words);
    }
  }
  return buttons;
}

std::vector<std::string> ButtonsOf(const Notification& notification, const PressButtons& buttons,
                                   const std::string& page = kPage) {
  return ButtonsOf(SlackMessage({&notification, 1}, {.page_url = page, .buttons = buttons}));
}

Alert Asking(const std::string& node) {
  Alert alert = Firing("");
  alert.rule = kRepairAsked;
  alert.labels = {{"node", node}, {"step", "drain"}, {kRepairLabel, node + "@1764600000000000000/1/1"}};
  alert.fingerprint = Fingerprint(alert.rule, alert.labels);
  return alert;
}

TEST(SlackButtons, SilenceTheAlertOrTheGroupThatTheMessageIsAbout) {
  const std::string alert = "alert:" + Firing("a").fingerprint;
  EXPECT_THAT(ButtonsOf(Of({Firing("a")}), {.silence = true}),
              ElementsAre("Open", "Silence 1 h=" + alert, "Silence 4 h=" + alert, "Silence 24 h=" + alert));
  const Notification group = Of({Firing("a"), Firing("b")});
  EXPECT_THAT(ButtonsOf(group, {.silence = true}, ""),
              ElementsAre("Silence 1 h=" + NameOfGroup(group.group_key),
                          "Silence 4 h=" + NameOfGroup(group.group_key),
                          "Silence 24 h=" + NameOfGroup(group.group_key)));
  Notification more = Of({Firing("a")});
  more.more = 5;
  EXPECT_THAT(ButtonsOf(more, {.silence = true}, "").at(0), HasSubstr("=group:"));
}

TEST(SlackButtons, AreLinksWhereNobodyHearsThemAndGoneWhenItIsOver) {
  EXPECT_THAT(ButtonsOf(Of({Firing("a")}), {}), ElementsAre("Open", "Silence"));
  EXPECT_THAT(ButtonsOf(Of({Firing("a")}), {}, ""), IsEmpty());
  EXPECT_THAT(ButtonsOf(Of({Resolved("a")}), {.silence = true, .repair = true}), ElementsAre("Open"));
  const std::vector<Notification> digest = {Of({Firing("a")}, "1"), Of({Firing("b")}, "2")};
  EXPECT_THAT(ButtonsOf(SlackMessage(digest, {.page_url = kPage, .buttons = {.silence = true}})),
              ElementsAre("Open"))
      << "a digest is about many groups";
}

TEST(SlackButtons, StandUnderWordsOfTheReceiversOwnToo) {
  const Notification notification = Of({Firing("a")});
  const json message = SlackMessage(
      {&notification, 1},
      {.page_url = kPage, .own = {.text = TextTemplate::Parse("x").value()}, .buttons = {.silence = true}});
  EXPECT_THAT(ButtonsOf(message).size(), 4U);
}

TEST(SlackButtons, DecideAboutAStepThatAsksAndNameItByItsId) {
  const auto buttons = ButtonsOf(Of({Asking("n1")}), {.silence = false, .repair = true}, "");
  EXPECT_THAT(buttons,
              ElementsAre("Approve=n1@1764600000000000000/1/1", "Refuse=n1@1764600000000000000/1/1"));
  const auto two = ButtonsOf(Of({Asking("n1"), Firing("a"), Asking("n2")}), {.repair = true}, "");
  EXPECT_THAT(two, ElementsAre(HasSubstr("Approve: drain n1="), HasSubstr("Refuse: drain n1="),
                               HasSubstr("Approve: drain n2="), HasSubstr("Refuse: drain n2=")));
  EXPECT_THAT(ButtonsOf(Of({Asking("n1")}), {.silence = true}, ""),
              ElementsAre(HasSubstr("Silence 1 h"), HasSubstr("4 h"), HasSubstr("24 h")))
      << "nobody may approve";
  Alert posted = Asking("n1");
  posted.posted = Posted{};
  EXPECT_THAT(ButtonsOf(Of({posted}), {.repair = true}, ""), IsEmpty()) << "another collector asks";
}

TEST(SlackButtons, AnApprovalIsConfirmedInWordsOfTheStep) {
  const Notification notification = Of({Asking("n<1>")});
  const json message = SlackMessage({&notification, 1}, {.page_url = "", .buttons = {.repair = true}});
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  EXPECT_THAT(message.dump(),
              HasSubstr("drain node n&lt;1&gt;. It is carried out as soon as the limits allow."));
}

TEST(SlackButtons, AreNeverMoreOrLongerThanSlackTakes) {
  std::vector<Alert> alerts;
  for (int i = 0; i < 12; ++i) {
    alerts.push_back(Asking("node-" + std::to_string(i) + std::string(200, 'x')));
    alerts.back().summary = std::string(5'000, 'w');
    alerts.back().reason = std::string(5'000, 'w');
    alerts.back().severity = Severity::kSev0;
  }
  Notification crowd = Of(alerts);
  crowd.group_key = std::string(20'000, 'k');
  crowd.more = 900;
  EXPECT_EQ(ButtonsOf(crowd, {.silence = true, .repair = true}).size(), 6U + 4U);
  Alert endless = Asking("n");
  endless.labels[kRepairLabel] = std::string(2'001, 'i');
  EXPECT_THAT(ButtonsOf(Of({endless}), {.repair = true}, ""), IsEmpty()) << "a name is never cut";
}

Press Pressed() {
  return {.lasts = std::chrono::hours(1),
          .name = NameOfAlert("0123456789abcdef"),
          .user = "U0ALICE01",
          .user_name = "alice",
          .message_ts = "1.2"};
}

// What is a message of Slack's, and what the URL of a press wants beside it.
std::optional<std::string> WhyReplyRefused(json reply) {
  for (const char* key : {"response_type", "replace_original"}) reply.erase(key);
  return WhySlackRefuses(reply);
}

TEST(SlackReply, SaysInTheThreadWhoSilencedWhatUntilWhen) {
  const Silence silence{.matchers = ParseMatchers(R"({alertname="A",pod="<!channel>"})").value(),
                        .ends_at = sample::kNow};
  const json reply = SlackSilenced(Pressed(), silence, kPage);
  EXPECT_EQ(WhyReplyRefused(reply), std::nullopt);
  EXPECT_EQ(reply["response_type"], "in_channel");
  EXPECT_EQ(reply["thread_ts"], "1.2");
  EXPECT_EQ(reply["replace_original"], false);
  EXPECT_THAT(VisibleText(reply), HasSubstr("*Silenced* until <!date^1767225600^"));
  EXPECT_THAT(Pings(reply), testing::Each("<@U0ALICE01>"));
  EXPECT_THAT(Links(reply), ElementsAre("https://loadline.example/#/alerts/0123456789abcdef"));
}

TEST(SlackReply, WhatWasNotDoneIsSaidToWhoPressedAlone) {
  for (const json& reply :
       {SlackNotDone("<!channel> is no"), SlackSilencedAlready({.created_by = "<!here>"})}) {
    EXPECT_EQ(WhyReplyRefused(reply), std::nullopt);
    EXPECT_EQ(reply["response_type"], "ephemeral");
    EXPECT_FALSE(reply.contains("thread_ts"));
    EXPECT_THAT(Pings(reply), IsEmpty());
  }
}

TEST(SlackReply, ADecisionNamesTheStepAndItsId) {
  Press press = Pressed();
  press.what = Press::What::kRefuse;
  const json reply = SlackDecided(press, Asking("n1"));
  EXPECT_EQ(WhyReplyRefused(reply), std::nullopt);
  EXPECT_THAT(VisibleText(reply),
              HasSubstr("*Refused* by <@U0ALICE01>: drain node n1 (n1@1764600000000000000/1/1)"));
  press.what = Press::What::kApprove;
  EXPECT_THAT(VisibleText(SlackDecided(press, Asking("n1"))), HasSubstr("*Approved*"));
}

}  // namespace
}  // namespace loadline::collector
