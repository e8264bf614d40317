// Action groups: who is told from which severity on, and in which hours.
#include <gmock/gmock.h>

#include "collector/alert/alerting.h"
#include "collector/alert_file/alert_config.h"
#include "collector/alert_file/explain_route.h"
#include "collector/sink/sink_kind.h"
#include "tests/support/memory_journal.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Wall kMidnight{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

// "oncall" is told of Sev1 and graver at any time, "office" of everything from nine to five.
constexpr const char* kConfig = R"(
global: {smtp_smarthost: 'mail:25', smtp_from: loadline@example.org}
route: {receiver: shop, group_by: [alertname]}
time_intervals:
  - {name: business, time_intervals: [{times: [{start_time: '09:00', end_time: '17:00'}]}]}
receivers:
  - name: shop
    email_configs:
      - {to: oncall@example.org, min_severity: Sev1, send_resolved: true}
      - {to: office@example.org, hours: [business], send_resolved: true}
)";

class Postbox final : public Outbox {
 public:
  bool Offer(const Notification& notification) override {
    const std::string who = notification.integration == "shop/email[0]" ? "oncall" : "office";
    told.push_back(who + ": " + notification.reason);
    return true;
  }
  std::vector<std::string> told;
};

class ActionGroup : public testing::Test {
 protected:
  ActionGroup() { EXPECT_TRUE(alerting_.Restore(kMidnight)); }
  // What was told by `at`, looking every minute since the last call.
  std::vector<std::string> Until(Duration at, const std::vector<Condition>& holding) {
    for (; now_ <= at; now_ += 1min) alerting_.Update(holding, {}, kMidnight + now_);
    return std::exchange(postbox_.told, {});
  }

  AlertConfig config_ = *ParseAlertConfig(kConfig, "alerts.yml", SpokenKinds());
  test::MemoryJournal journal_;
  Postbox postbox_;
  Alerting alerting_{{}, config_.plan, journal_, postbox_};
  Duration now_{};
};

Condition Of(Severity severity, bool urgent = false) {
  return {.rule = "NodeSilent", .labels = {{"node", "n1"}}, .severity = severity, .urgent = urgent};
}

TEST_F(ActionGroup, IsToldInItsHoursOfWhatBeganBeforeThem) {
  EXPECT_THAT(Until(8h + 50min, {Of(Severity::kSev1)}),
              ElementsAre("oncall: 1 new", "oncall: repeated after 4 h", "oncall: repeated after 4 h"));
  EXPECT_THAT(Until(9h + 10min, {Of(Severity::kSev1)}), ElementsAre("office: 1 new"));
}

TEST_F(ActionGroup, IsNotToldOfMilderAlertsButHearsTheEndOfWhatBecameMilder) {
  EXPECT_THAT(Until(1h, {Of(Severity::kSev2)}), IsEmpty());
  EXPECT_THAT(Until(2h, {Of(Severity::kSev1)}), ElementsAre("oncall: 1 new"));
  EXPECT_THAT(Until(3h, {Of(Severity::kSev3)}), IsEmpty());
  EXPECT_THAT(Until(4h, {}), ElementsAre("oncall: all resolved"));
}

TEST_F(ActionGroup, AnUrgentAlertObeysBothToo) {
  EXPECT_THAT(Until(1h, {Of(Severity::kSev2, true)}), IsEmpty());
  EXPECT_THAT(Until(1h + 1min, {Of(Severity::kSev2, true)}), IsEmpty());
  EXPECT_THAT(Until(9h + 10min, {Of(Severity::kSev2, true)}), ElementsAre("office: 1 new"));
}

TEST_F(ActionGroup, IsExplainedWithItsSeverityAndHours) {
  const std::string words = ExplainRoute(config_, {{"alertname", "NodeSilent"}}, kMidnight);
  EXPECT_THAT(words, testing::HasSubstr("by shop/email[0], of Sev1 and graver\n"));
  EXPECT_THAT(words, testing::HasSubstr("by shop/email[1], in the hours of business\n"));
}

TEST(ActionGroupConfig, RefusesASeverityOrHoursThatAreNone) {
  const auto fault = [](const std::string& more) {
    return ParseAlertConfig(
               "global: {smtp_smarthost: 'm:25', smtp_from: a@b}\nroute: {receiver: r}\nreceivers:\n"
               "  - name: r\n    email_configs: [{to: c@d, " +
                   more + "}]\n",
               "alerts.yml", SpokenKinds())
        .error()
        .message;
  };
  EXPECT_EQ(fault("min_severity: high"),
            "alerts.yml:5: receiver 'r': email_configs[0]: min_severity: 'high' is none of Sev0 to Sev4");
  EXPECT_EQ(fault("hours: [night]"),
            "alerts.yml:5: receiver 'r': email_configs[0]: hours: undefined time interval 'night'");
  EXPECT_EQ(fault("hours: night"), "alerts.yml:5: receiver 'r': email_configs[0]: hours: expected a list");
}

}  // namespace
}  // namespace loadline::collector
