#include "collector/sink/receivers.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <tuple>

#include "collector/alert/alerting.h"
#include "collector/sink/sink_kind.h"
#include "tests/collector/sink/sample_notification.h"
#include "tests/support/http_server.h"
#include "tests/support/memory_journal.h"
#include "tests/support/slack.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/wait.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

AlertConfig Parsed(const std::string& text) {
  Result<AlertConfig> config = ParseAlertConfig(text, "alerts.yml", SpokenKinds());
  EXPECT_TRUE(config) << config.error().message;
  return *config;
}

// From the file to the wire: a Sev0 goes to the pager's webhook, everything to Slack.
TEST(Receivers, AFileInAlertmanagersLanguageTellsWhomItNames) {
  test::Slack slack;
  test::HttpServer pager;
  const AlertConfig config = Parsed(R"(
route:
  receiver: everybody
  routes:
    - {matchers: [severity=Sev0], receiver: pager}
receivers:
  - name: everybody
    slack_configs: [{api_url: ')" + slack.WebhookUrl() +
                                    R"(', channel: x}]
  - name: pager
    webhook_configs: [{url: ')" + pager.Url("/page") +
                                    R"('}]
)");
  SystemClock clock;
  Lanes lanes(clock);
  AzureSinks azure({}, clock);
  ASSERT_TRUE(AddLanes(config, "", clock, azure, lanes));
  test::MemoryJournal journal;
  Alerting alerting({}, config.plan, journal, lanes);
  ASSERT_TRUE(alerting.Restore(clock.WallNow()));
  const std::vector<Happening> happenings = {
      {{.rule = "ContainerOomKilled", .labels = {{"container", "mild"}}, .keep = 60s, .urgent = true},
       clock.WallNow()},
      {{.rule = "ContainerOomLoop",
        .labels = {{"container", "grave"}},
        .severity = Severity::kSev0,
        .keep = 60s,
        .urgent = true},
       clock.WallNow()}};
  alerting.Happened(happenings, clock.WallNow());
  ASSERT_TRUE(slack.server().WaitFor(1));
  ASSERT_TRUE(pager.WaitFor(1));
  EXPECT_THAT(slack.server().seen().at(0).body, testing::HasSubstr("mild"));
  EXPECT_THAT(pager.seen().at(0).body, testing::HasSubstr("grave"));
  EXPECT_EQ(pager.seen().at(0).path, "/page");
}

// Both of Alertmanager's ways to name a bot token, and what a restart of the whole keeps.
TEST(Receivers, ABotEditsItsMessageAlsoAfterARestart) {
  for (const bool by_app : {true, false}) {
    test::Slack slack;
    TemporaryFolder folder;
    const std::string token = folder.path() + "/token";
    std::ofstream(token) << "xoxb-test";
    const std::string url = slack.ApiUrl() + "/chat.postMessage";
    const std::string bot =
        by_app ? "app_token_file: " + token + ", app_url: '" + url + "'"
               : "api_url: '" + url + "', http_config: {authorization: {credentials_file: " + token + "}}";
    const AlertConfig config = Parsed(
        "route: {receiver: r}\nreceivers: [{name: r, slack_configs: [{channel: '#ops', "
        "send_resolved: true, " +
        bot + "}]}]");
    test::MemoryJournal journal;
    ManualClock clock;
    const std::vector<Condition> fault = {{.rule = "StoreNotWritable", .urgent = true}};
    const auto run = [&](const std::vector<Condition>& conditions, std::size_t requests) {
      SystemClock real;
      Lanes lanes(real);
      AzureSinks azure({}, real);
      ASSERT_TRUE(AddLanes(config, "", real, azure, lanes));
      Alerting alerting({.restart_grace = 0s}, config.plan, journal, lanes);
      ASSERT_TRUE(alerting.Restore(clock.WallNow()));
      for (int i = 0; i < 10; ++i) {
        alerting.Update(conditions, {}, clock.WallNow());
        clock.Advance(1min);
      }
      ASSERT_TRUE(slack.server().WaitFor(requests));
      // The message is known as long as it can change, and no longer.
      ASSERT_TRUE(test::Eventually([&] {
        alerting.Settle(lanes.TakeReports(), clock.WallNow());
        const bool kept = std::ranges::any_of(
            journal.entries, [](const auto& entry) { return entry.first.starts_with("kept/"); });
        return alerting.waiting() == 0 && kept == !conditions.empty();
      }));
    };
    run(fault, 1);
    run({}, 3);
    const auto posted = slack.posted();
    ASSERT_EQ(posted.size(), 2);
    EXPECT_EQ(posted[0].updates, 1);
    EXPECT_THAT(test::VisibleText(posted[0].message), testing::HasSubstr("Resolved StoreNotWritable"));
    EXPECT_EQ(posted[1].thread_ts, posted[0].ts);
  }
}

// As Alertmanager does: one receiver that cannot be told keeps nobody else from being told.
TEST(Receivers, OneThatNobodyCanTellIsNamedInAWarningAndRefusesEverything) {
  const std::tuple<const char*, const char*, const char*> kMistakes[] = {
      {"slack_configs: [{app_token: x}]", "channel: a bot token needs a channel", "'channel' gives none"},
      {"slack_configs: [{channel: x, api_url: 'https://slack.com/api/chat.postMessage'}]",
       "api_url: chat.postMessage needs a token", "no token is given"},
      {"slack_configs: [{app_token: x, channel: '{{ nonsense }}'}]", "channel: line 1",
       "'channel' gives none"},
      {"email_configs: [{to: 'a@b.example, <evil>', from: c@d.example, smarthost: 'm:25'}]",
       "to: 'a@b.example, <evil>': expected name@domain", "'to' gives no address"},
      {"email_configs: [{to: a@b.example, from: ops, smarthost: 'm:25'}]",
       "from: 'ops': expected name@domain", "'from' is no address"}};
  for (const auto& [section, warning, detail] : kMistakes) {
    const AlertConfig config =
        Parsed(std::string("route: {receiver: r}\nreceivers:\n- name: r\n  ") + section + "\n");
    ASSERT_EQ(config.warnings.size(), 1U) << section;
    EXPECT_THAT(config.warnings[0],
                testing::AllOf(testing::StartsWith("line 4: "), testing::HasSubstr(warning)));
    const IntegrationConfig& integration = config.integrations.at(0);
    const auto kind = std::ranges::find(SinkKinds(), integration.kind,
                                        [](const SinkKind& known) { return known.section.name; });
    SystemClock clock;
    AzureSinks azure({}, clock);
    const std::string page;
    auto sink = kind->make(integration, {page, clock, azure});
    ASSERT_TRUE(sink);
    const Notification notification = sample::Of({sample::Firing("a")});
    const Outcome outcome = (*sink)->Send({&notification, 1}, {});
    EXPECT_EQ(outcome.verdict, Verdict::kRefused) << section;
    EXPECT_EQ(outcome.detail, detail);
  }
}

}  // namespace
}  // namespace loadline::collector
