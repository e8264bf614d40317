#include "collector/sink/receivers.h"

#include <gmock/gmock.h>

#include "collector/alert/alerting.h"
#include "tests/support/http_server.h"
#include "tests/support/memory_journal.h"
#include "tests/support/slack.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

AlertConfig Parsed(const std::string& text) {
  Result<AlertConfig> config = ParseAlertConfig(text, "alerts.yml");
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
  ASSERT_TRUE(AddLanes(config, "", clock, lanes));
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

TEST(Receivers, AnAddressThatIsNoneIsRefusedWithItsReceiver) {
  const AlertConfig config = Parsed(R"(
route: {receiver: r}
receivers: [{name: r, email_configs: [{to: "a@b.example, <evil>", from: c@d.example, smarthost: "m:25"}]}]
)");
  SystemClock clock;
  Lanes lanes(clock);
  const auto added = AddLanes(config, "", clock, lanes);
  ASSERT_FALSE(added);
  EXPECT_EQ(added.error().message, "r/email[0]: '<evil>' is no plain address (name@domain)");
}

}  // namespace
}  // namespace loadline::collector
