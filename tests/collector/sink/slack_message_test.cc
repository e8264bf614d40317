#include "collector/sink/slack_message.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "collector/sink/slack_blocks.h"
#include "tests/collector/sink/sample_notification.h"
#include "tests/support/slack.h"

namespace loadline::collector {
namespace {

using sample::Firing;
using sample::Of;
using sample::Resolved;
using test::Links;
using test::Pings;
using test::VisibleText;
using test::WhySlackRefuses;
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

nlohmann::json Message(const Notification& notification) {
  return SlackMessage({&notification, 1}, {.page_url = "https://loadline.example"});
}

// As it goes over the wire: bytes that are no UTF-8 are replaced.
nlohmann::json Sent(const nlohmann::json& message) {
  return nlohmann::json::parse(message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

TEST(SlackMessage, OfOneAlertSaysWhatHowBadWhereSinceWhenAndWhy) {
  const auto message = Message(Of({Firing("app")}));
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  EXPECT_THAT(VisibleText(message),
              AllOf(HasSubstr("Sev2 ContainerOomKilled shop/checkout/app on n1"),
                    HasSubstr("app was killed at its limit of 512 MiB"), HasSubstr("*Severity*\nSev2"),
                    HasSubstr("*Where*\nshop/checkout/app on n1"),
                    HasSubstr("<!date^1767225600^{date_short_pretty} {time_secs}|2026-01-01 00:00:00 UTC>"),
                    HasSubstr("*Why* memory.events oom_kill rose from 0 to 1"), HasSubstr("Silence")));
  const std::string page = "https://loadline.example/#/alerts/" + Firing("app").fingerprint;
  EXPECT_EQ(message["blocks"].at(4)["elements"].at(0)["url"], page);
  EXPECT_EQ(message["blocks"].at(4)["elements"].at(1)["url"], page + "/silence");
}

TEST(SlackMessage, OfAResolvedAlertSaysSoAndHowLongItLasted) {
  const auto message = Message(Of({Resolved("app")}));
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  EXPECT_THAT(VisibleText(message),
              AllOf(HasSubstr("Resolved ContainerOomKilled"), HasSubstr("after 10 min")));
}

TEST(SlackMessage, OfAGroupNamesEachAndCountsWhatItDoesNotName) {
  std::vector<Alert> alerts;
  for (int i = 0; i < 100; ++i) alerts.push_back(Firing("c" + std::to_string(i)));
  alerts.push_back(Firing("worst", Severity::kSev0));
  Notification notification = Of(alerts);
  notification.more = 900;
  const auto message = Message(notification);
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  EXPECT_THAT(VisibleText(message),
              AllOf(HasSubstr("1001 firing"), HasSubstr("*Sev0* ContainerOomKilled shop/checkout/worst"),
                    HasSubstr("*and 989 more*"), HasSubstr("• Sev2 ContainerOomKilled: 100"),
                    HasSubstr("further alerts of the same groups: 900")));
}

TEST(SlackMessage, OfAStormIsOneDigestInWhichEveryAlertCounts) {
  std::vector<Notification> storm;
  for (int i = 0; i < 500; ++i) storm.push_back(Of({Firing("c" + std::to_string(i))}, std::to_string(i)));
  const auto message = SlackMessage(storm, {});
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  EXPECT_THAT(VisibleText(message), AllOf(HasSubstr("500 firing (digest)"), HasSubstr("*and 488 more*")));
}

TEST(SlackMessage, ALogLineCanPingNobody) {
  Alert alert = Firing("<!channel>");
  alert.summary = "<!here> <@U123> <!subteam^S1> <https://evil.example|click> & &lt;!everyone&gt;";
  alert.reason = alert.summary;
  alert.rule = "<!everyone>";
  const auto one = Message(Of({alert}));
  const auto many = Message(Of({alert, Firing("b")}));
  for (const auto& message : {one, many, PlainSlackMessage(std::vector{Of({alert})})}) {
    EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
    EXPECT_THAT(Pings(message), IsEmpty());
    EXPECT_THAT(VisibleText(message), Not(HasSubstr("<https://evil")));
    EXPECT_THAT(VisibleText(message), HasSubstr("&amp;lt;!everyone"));
  }
}

// A process may call itself so: fifteen bytes.
constexpr const char* kAddress = "https://t.co/x";

Alert OfAProcessCalledLikeAnAddress() {
  Alert alert = Firing(kAddress);
  alert.rule = "www.evil.example";
  alert.summary = std::string(kAddress) + " @here #general evil.example was killed";
  alert.reason = alert.summary + " mailto:a@evil.example";
  alert.graph = alert.summary;
  return alert;
}

TEST(SlackMessage, WhatAProcessCallsItselfIsNoLinkInAnyBlock) {
  const Alert alert = OfAProcessCalledLikeAnAddress();
  Alert worse = alert;
  worse.fingerprint += "b";
  Alert gone = alert;
  gone.state = AlertState::kResolved;
  gone.resolved = gone.since;
  Notification storm = Of(std::vector<Alert>(20, alert));
  for (std::size_t i = 0; i < storm.alerts.size(); ++i) storm.alerts[i].fingerprint += std::to_string(i);
  storm.reason = alert.summary;
  storm.group_labels = {{"container", kAddress}};
  const std::pair<const char*, nlohmann::json> kMessages[] = {
      {"one", Message(Of({alert}))},
      {"group", Message(Of({alert, worse}))},
      {"resolved", Message(Of({gone}))},
      {"storm", Message(storm)},
      {"digest", SlackMessage(std::vector{storm, Of({alert}, "2")}, {})},
      {"plain", PlainSlackMessage(std::vector{storm})},
      {"history", SlackHistoryMessage(storm)},
  };
  for (const auto& [what, message] : kMessages) {
    EXPECT_EQ(WhySlackRefuses(message), std::nullopt) << what;
    EXPECT_THAT(Links(message), IsEmpty()) << what << message;
  }
}

TEST(SlackMessage, InOwnWordsLinksWhatAPersonWroteAndNothingElse) {
  Alert alert = OfAProcessCalledLikeAnAddress();
  alert.runbook = "https://wiki.example/oom?a=b&c";
  alert.posted = Posted{.annotations = {{"summary", alert.summary},
                                        {"runbook_url", alert.runbook},
                                        {"dashboard_url", "https://graphs.example/d/1"}},
                        .generator_url = "https://prom.example/graph?g0=1"};
  const Notification notification = Of({alert});
  const std::pair<const char*, std::vector<std::string>> kCases[] = {
      {"{{ range .Alerts }}{{ .Annotations.summary }} {{ .Labels.container }}{{ end }}", {}},
      {"See https://wiki.example/start.", {"https://wiki.example/start"}},
      {"{{ range .Alerts }}{{ .Annotations.runbook_url }}, {{ .Annotations.dashboard_url }}{{ end }}",
       {"https://wiki.example/oom?a=b&amp;c", "https://graphs.example/d/1"}},
      {"{{ range .Alerts }}{{ .GeneratorURL }}{{ end }}", {"https://prom.example/graph?g0=1"}},
      {"{{ .ExternalURL }}/#/alerts", {"https://loadline.example/#/alerts"}},
      {"{{ .ExternalURL }}", {"https://loadline.example"}},
      {"{{ .ExternalURL }}.{{ .CommonLabels.node }}", {}},
      {"https://graphs.example/d?n={{ .CommonLabels.node }}", {"https://graphs.example/d?n=n1"}},
      {"https://{{ .CommonLabels.node }}", {}},
      {"https://graphs.{{ .CommonLabels.node }}", {}},
      {"<https://wiki.example|a page> of https://t.co/{{ .CommonLabels.node }}",
       {"https://wiki.example", "https://t.co/n1"}},
  };
  for (const auto& [text, links] : kCases) {
    const auto message = SlackMessage({&notification, 1}, {.page_url = "https://loadline.example",
                                                           .own = {.text = *TextTemplate::Parse(text)}});
    EXPECT_EQ(WhySlackRefuses(message), std::nullopt) << text;
    EXPECT_EQ(Links(message), links) << text;
  }
}

TEST(SlackMessage, OwnWordsThatAreTooMuchWorkGiveWayToOurs) {
  std::vector<Alert> alerts;
  for (int i = 0; i < 200; ++i) alerts.push_back(Firing("c" + std::to_string(i)));
  const Notification notification = Of(alerts);
  const auto message =
      SlackMessage({&notification, 1},
                   {.page_url = "",
                    .own = {.text = *TextTemplate::Parse("{{ range .Alerts }}{{ range $.Alerts }}{{ range "
                                                         "$.Alerts }}{{ end }}{{ end }}{{ end }}")}});
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  EXPECT_THAT(VisibleText(message), AllOf(HasSubstr("200 firing"), HasSubstr("it takes too much work")));
}

TEST(SlackHistoryMessage, SaysAllOfALongHistory) {
  std::vector<Alert> alerts;
  for (int i = 0; i < 15; ++i) {
    alerts.push_back(Firing("c" + std::to_string(i) + std::string(300, 'x')));
    alerts.back().summary = std::string(300, 'y');
  }
  const auto message = SlackHistoryMessage(Of(alerts));
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  EXPECT_GT(message["blocks"].size(), 1U);
  EXPECT_THAT(message["blocks"].back()["text"]["text"].get<std::string>(), HasSubstr("and 5 more"));
}

TEST(SlackMessage, HasTheRunbookAsAButtonAlsoWithoutAPage) {
  Alert alert = Firing("app");
  alert.runbook = "https://wiki.example/a?b=c&d";
  const Notification one = Of({alert});
  const auto message = SlackMessage({&one, 1}, {});
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  const auto& buttons = message["blocks"].at(message["blocks"].size() - 2)["elements"];
  ASSERT_EQ(buttons.size(), 1U);
  EXPECT_EQ(buttons[0]["url"], alert.runbook);
  // A group whose alerts have different ones names each beside its alert.
  Alert other = Firing("web");
  other.runbook = "https://wiki.example/x|y";
  const auto group = Message(Of({alert, other}));
  EXPECT_EQ(WhySlackRefuses(group), std::nullopt);
  EXPECT_THAT(VisibleText(group), AllOf(HasSubstr("<https://wiki.example/a?b=c&amp;d|Runbook>"),
                                        HasSubstr("<https://wiki.example/x%7Cy|Runbook>")));
}

TEST(SlackMessage, InOwnWordsCanPingNobodyEither) {
  Alert alert = Firing("<!channel>");
  alert.summary = "<!here>";
  const Notification notification = Of({alert});
  const auto message = SlackMessage(
      {&notification, 1},
      {.page_url = "https://loadline.example",
       .own = {.title =
                   *TextTemplate::Parse("{{ .Status }} <https://wiki.example|{{ .CommonLabels.container }}>"),
               .text = *TextTemplate::Parse("{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}")}});
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  EXPECT_THAT(Pings(message), IsEmpty());
  EXPECT_THAT(VisibleText(message), AllOf(HasSubstr("*firing <https://wiki.example|&lt;!channel&gt;>*"),
                                          HasSubstr("&lt;!here&gt;")));
}

TEST(SlackMessage, NothingIsEverTooLongForSlack) {
  Alert alert = Firing(std::string(5'000, '<'));
  alert.rule = std::string(5'000, '&');
  alert.summary = std::string(100'000, '>');
  for (int i = 0; i < 20'000; ++i) alert.reason += "\xf0\x9f\x92\xa5";
  EXPECT_EQ(WhySlackRefuses(Sent(Message(Of({alert})))), std::nullopt);
  std::vector<Alert> many;
  for (int i = 0; i < 200; ++i) {
    many.push_back(alert);
    many.back().fingerprint += std::to_string(i);
    many.back().rule += std::to_string(i);
  }
  EXPECT_EQ(WhySlackRefuses(Sent(Message(Of(many)))), std::nullopt);
}

TEST(SlackMessage, BytesThatAreNoTextAndForgedLinesDoNoHarm) {
  Alert alert = Firing("app\n\x01\x02");
  alert.summary = "comm \xff\xfe\n*Severity*\nSev4";
  const auto message = Sent(Message(Of({alert})));
  EXPECT_EQ(WhySlackRefuses(message), std::nullopt);
  EXPECT_THAT(VisibleText(message), Not(HasSubstr("\n*Severity*\nSev4")));
}

TEST(SlackMessage, AnEmptySummaryOrReasonLeavesNoEmptyBlock) {
  Alert alert = Firing("app");
  alert.summary.clear();
  alert.reason.clear();
  alert.labels.clear();
  EXPECT_EQ(WhySlackRefuses(Message(Of({alert}))), std::nullopt);
}

TEST(SlackCut, NeverCutsInsideACharacterOrAnEntity) {
  EXPECT_EQ(SlackCut("abc&amp;def", 20), "abc&amp;def");
  EXPECT_EQ(SlackCut("abc&amp;defghij", 9), "abc...");
  EXPECT_EQ(SlackCut("abcd\xc3\xa9xyz", 8), "abcd...");
}

}  // namespace
}  // namespace loadline::collector
