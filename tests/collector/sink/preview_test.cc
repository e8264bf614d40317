#include "collector/sink/preview.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "collector/alert_file/alert_config.h"
#include "collector/sink/email.h"
#include "collector/sink/receivers.h"
#include "collector/sink/sink_kind.h"
#include "tests/collector/sink/sample_notification.h"

namespace loadline::collector {
namespace {

using sample::Firing;
using sample::kNow;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Json = nlohmann::ordered_json;

constexpr const char* kFile = R"(
route: {receiver: ops, group_by: [namespace]}
receivers:
  - name: ops
    slack_configs:
      - {api_url: 'https://hooks.slack.invalid/x', title: '{{ .Status }} {{ .CommonLabels.container }}', send_resolved: false}
    email_configs: [{to: a@b.example, from: l@b.example, smarthost: 'mail.invalid:25', min_severity: Sev1}]
    webhook_configs:
      - {url: 'http://hook.invalid/'}
      - {url: 'http://hook.invalid/', format: common_alert_schema}
    alertmanager_configs: [{url: 'http://am.invalid/'}]
    azure_logs_configs: [{}]
    log_configs: [{}]
)";

// Nothing of it is ever reached: .invalid has no address.
class PreviewTest : public testing::Test {
 protected:
  PreviewTest() {
    Result<AlertConfig> config = ParseAlertConfig(kFile, "alerts.yml", SpokenKinds());
    EXPECT_TRUE(config) << config.error().message;
    config_ = std::move(*config);
    AzureSinks azure({.authentication = "managed-identity",
                      .logs = {.endpoint = "https://azure.invalid", .rule_id = "dcr-1", .row = {"prod"}}},
                     clock_);
    const auto added = AddLanes(config_, "https://page.example", clock_, azure, lanes_);
    EXPECT_TRUE(added) << added.error().message;
  }

  Json Way(const Alert& alert, const std::string& name) {
    const auto preview = PreviewOf(config_.plan, "ops", alert, lanes_, kNow);
    EXPECT_TRUE(preview);
    for (const Json& way : preview->at("ways")) {
      if (way.at("name") == "ops/" + name) return way;
    }
    ADD_FAILURE() << "no way " << name;
    return {};
  }
  Json Body(const std::string& name) { return Way(Firing("app"), name).at("messages").at(0).at("body"); }

  ManualClock clock_;
  AlertConfig config_;
  Lanes lanes_{clock_};
};

TEST_F(PreviewTest, OfSlackIsTheMessageAndItsBlocksAsText) {
  const Json message = Way(Firing("a<b"), "slack[0]").at("messages").at(0);
  EXPECT_EQ(message.at("body").at("blocks").at(0).at("text").at("text"), "*firing a&lt;b*");
  EXPECT_THAT(message.at("text").get<std::string>(),
              AllOf(HasSubstr("*firing a<b*\n"), HasSubstr("[Open] https://page.example/#/alerts/"),
                    HasSubstr("1 new alert"), Not(HasSubstr("&lt;"))));
}

TEST_F(PreviewTest, OfMailIsSubjectTextAndHtmlAndTheHeader) {
  const Json message = Way(Firing("app"), "email[0]").at("messages").at(0);
  EXPECT_THAT(message.at("text").get<std::string>(),
              AllOf(HasSubstr("Subject: [Sev2] ContainerOomKilled shop/checkout/app on n1\n"),
                    HasSubstr("  why: memory.events oom_kill rose from 0 to 1\n")));
  EXPECT_THAT(message.at("html").get<std::string>(), HasSubstr("<b>Why</b> memory.events"));
  EXPECT_THAT(message.at("body").get<std::string>(),
              AllOf(HasSubstr("Subject: [Sev2] ContainerOomKilled shop/checkout/app on n1\r\n"),
                    HasSubstr("Message-ID: <preview@")));
}

TEST_F(PreviewTest, OfWebhooksIsTheBodyThatTheyGet) {
  EXPECT_EQ(Body("webhook[0]").at("version"), "4");
  EXPECT_EQ(Body("webhook[0]").at("groupLabels"), Json({{"namespace", "shop"}}));
  EXPECT_EQ(Body("webhook[0]").at("groupKey"), R"({}:{namespace="shop"})");
  EXPECT_EQ(Body("webhook[1]").at("schemaId"), "azureMonitorCommonAlertSchema");
  EXPECT_EQ(Body("alertmanager[0]").at(0).at("labels").at("alertname"), "ContainerOomKilled");
}

TEST_F(PreviewTest, OfAzureIsTheRowAndOfTheLogItsLine) {
  EXPECT_EQ(Body("azure_logs[0]").at("Cluster"), "prod");
  EXPECT_EQ(Body("azure_logs[0]").at("MonitorCondition"), "Fired");
  EXPECT_THAT(Way(Firing("app"), "log[0]").at("messages").at(0).at("text").get<std::string>(),
              HasSubstr("alert firing Sev2: ContainerOomKilled"));
}

TEST_F(PreviewTest, TheRunbookIsInEveryMessage) {
  Alert alert = Firing("app", Severity::kSev1);
  alert.runbook = "https://wiki.example/oom";
  const Json mail = Way(alert, "email[0]").at("messages").at(0);
  EXPECT_THAT(mail.at("text").get<std::string>(), HasSubstr("  Runbook: https://wiki.example/oom\n"));
  EXPECT_THAT(mail.at("html").get<std::string>(),
              HasSubstr("<a href=\"https://wiki.example/oom\">Runbook</a>"));
  const auto body = [&](const std::string& name) { return Way(alert, name).at("messages").at(0).at("body"); };
  EXPECT_EQ(body("webhook[0]").at("alerts").at(0).at("annotations").at("runbook_url"), alert.runbook);
  EXPECT_EQ(body("webhook[1]").at("data").at("alertContext").at("runbook"), alert.runbook);
  EXPECT_EQ(body("alertmanager[0]").at(0).at("annotations").at("runbook_url"), alert.runbook);
  EXPECT_EQ(body("azure_logs[0]").at("Runbook"), alert.runbook);
  EXPECT_EQ(Body("azure_logs[0]").at("Runbook"), nullptr);
}

TEST_F(PreviewTest, SaysWhichWayWouldNotBeUsed) {
  EXPECT_EQ(Way(Firing("app"), "email[0]").at("note"), "not told: milder than its min_severity Sev1");
  EXPECT_EQ(Way(Firing("app", Severity::kSev1), "email[0]").at("note"), "");
  const Alert over = AsResolved(Firing("app"), kNow);
  EXPECT_EQ(Way(over, "slack[0]").at("note"), "not told: send_resolved is off");
  EXPECT_EQ(Way(over, "webhook[0]").at("messages").at(0).at("body").at("status"), "resolved");
}

TEST_F(PreviewTest, OfAReceiverThatThereIsNotNamesThoseThatThereAre) {
  const auto preview = PreviewOf(config_.plan, "opps", Firing("app"), lanes_, kNow);
  ASSERT_FALSE(preview);
  EXPECT_EQ(preview.error().message, "no receiver 'opps'; there are: ops");
}

}  // namespace
}  // namespace loadline::collector
