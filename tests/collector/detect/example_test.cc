#include "collector/detect/example.h"

#include <gmock/gmock.h>

#include "collector/detect/rule.h"

namespace loadline::collector {
namespace {

constexpr Wall kNow{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

TEST(ExampleAlert, ThereIsOneOfEveryRuleAndItSaysThatItIsOne) {
  for (const Rule& rule : AllRules()) {
    const auto alert = ExampleAlert(rule.name, {}, {}, kNow);
    ASSERT_TRUE(alert) << rule.name;
    EXPECT_EQ(alert->severity, rule.severity) << rule.name;
    EXPECT_EQ(alert->fingerprint, Fingerprint(rule.name, alert->labels));
    EXPECT_EQ(alert->summary, std::string("An example: ") + rule.meaning);
  }
}

TEST(ExampleAlert, HasTheSeverityOfTheConfigurationAlsoWhenItsRuleIsOff) {
  DetectConfig config;
  config.rules["NodeSilent"].severity = "Sev4";
  config.rules["StoreFull"].severity = "off";
  EXPECT_EQ(ExampleAlert("NodeSilent", config, {}, kNow)->severity, Severity::kSev4);
  EXPECT_EQ(ExampleAlert("StoreFull", config, {}, kNow)->severity, Severity::kSev1);
}

TEST(ExampleAlert, OfARuleThatThereIsNotNamesThoseThatThereAre) {
  EXPECT_THAT(ExampleAlert("NodeSilnt", {}, {}, kNow).error().message,
              testing::HasSubstr("no rule 'NodeSilnt'; there are: ContainerThrottled, "));
}

}  // namespace
}  // namespace loadline::collector
