#include "collector/sink/receivers.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>

#include "collector/alert/alerting.h"
#include "collector/sink/sink_kind.h"
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

TEST(Receivers, ABotWithoutAChannelOrATokenIsRefused) {
  const std::pair<const char*, const char*> kMistakes[] = {
      {"app_token_file: /run/token", "r/slack[0]: a bot token needs a channel"},
      {"channel: x, api_url: 'https://slack.com/api/chat.postMessage'",
       "r/slack[0]: chat.postMessage needs a token: app_token_file, or "
       "http_config.authorization.credentials_file"}};
  for (const auto& [section, message] : kMistakes) {
    SystemClock clock;
    Lanes lanes(clock);
    AzureSinks azure({}, clock);
    const auto added =
        AddLanes(Parsed(std::string("route: {receiver: r}\nreceivers: [{name: r, slack_configs: [{") +
                        section + "}]}]"),
                 "", clock, azure, lanes);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().message, message);
  }
}

TEST(Receivers, AnAddressThatIsNoneIsRefusedWithItsReceiver) {
  const AlertConfig config = Parsed(R"(
route: {receiver: r}
receivers: [{name: r, email_configs: [{to: "a@b.example, <evil>", from: c@d.example, smarthost: "m:25"}]}]
)");
  SystemClock clock;
  Lanes lanes(clock);
  AzureSinks azure({}, clock);
  const auto added = AddLanes(config, "", clock, azure, lanes);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "r/email[0]: '<evil>' is no plain address (name@domain)");
}

}  // namespace
}  // namespace loadline::collector
