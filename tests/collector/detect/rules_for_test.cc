#include "collector/detect/rules_for.h"

#include <gmock/gmock.h>

#include "collector/detect/detect.h"
#include "collector/detect/rules.h"
#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

TEST(ChangedRules, SaySeverityTimeAndThresholds) {
  const auto changed =
      ChangedRules(DefaultRules(),
                   " ContainerThrottled=off, ContainerOomLoop=Sev3 ,ContainerOomLoop.threshold=5,"
                   "ContainerOomLoop.within = 30m, ContainerMemoryPressure.for=90s");
  ASSERT_TRUE(changed) << changed.error().message;
  ASSERT_THAT(*changed, SizeIs(3));
  EXPECT_EQ(changed->at("ContainerThrottled").severity, "off");
  EXPECT_EQ(changed->at("ContainerOomLoop").severity, "Sev3");
  EXPECT_EQ(changed->at("ContainerOomLoop").thresholds.at("threshold"), ThresholdValue(std::int64_t{5}));
  EXPECT_EQ(changed->at("ContainerOomLoop").thresholds.at("within"), ThresholdValue(Duration(30min)));
  EXPECT_EQ(changed->at("ContainerMemoryPressure").hold, 90s);
  EXPECT_EQ(changed->at("ContainerMemoryPressure").severity, "Sev2") << "the rest is as it was";
  EXPECT_EQ(ChangedRules(DefaultRules(), "off, ContainerOomKilled=Sev1")->at("ContainerOomKilled").severity,
            "Sev1");
}

TEST(ChangedRules, NameWhatMeansNothing) {
  const std::pair<const char*, const char*> kCases[] = {
      {"NoSuch=off", "'NoSuch=off': there is no rule NoSuch"},
      {"ContainerThrottled=loud", "loud is none of Sev0 to Sev4 and off"},
      {"ContainerThrottled.for=soon", "soon is no time"},
      {"ContainerThrottled.threshold=2", "2 is no value of threshold, or out of its range"},
      {"ContainerThrottled.threshold=nan", "nan is no value of threshold"},
      {"ContainerThrottled.limit=1", "ContainerThrottled has no limit"},
      {"ContainerOomLoop.threshold=1e9", "1e9 is no value"},
      {"ContainerThrottled", "none of Sev0"}};
  for (const auto& [text, words] : kCases) {
    const auto changed = ChangedRules(DefaultRules(), text);
    ASSERT_FALSE(changed) << text;
    EXPECT_THAT(changed.error().message, HasSubstr(words));
  }
  EXPECT_TRUE(CheckRulesFor("dev: off; ; shop/Deployment/*: ContainerThrottled.for=1h"));
  EXPECT_FALSE(CheckRulesFor("off"));
  EXPECT_FALSE(CheckRulesFor("dev: NoSuch=off"));
}

class RulesForTest : public testing::Test {
 protected:
  RulesForTest() {
    wire::ContainerWindow window = Busy(1, 1'000'000, kMiB);
    window.throttle = wire::ThrottleWindow{.periods = 100, .throttled_periods = 50};
    window.limits = wire::CgroupLimits{.cpu_limit = 100};
    agent_.Report(10s, {window}, {UnitIdentity(1, "web.service")});
  }
  // Severity and hold of ContainerThrottled; "none" where it is not found.
  std::string Throttled() {
    judge_.Look(model_, liveness_, Mono(11s), At(11s));
    for (const Condition& condition : Detect({model_, judge_, own_, Mono(11s), At(11s)}, config_)) {
      if (condition.rule == "ContainerThrottled")
        return std::string(Name(condition.severity)) + " " + FormatSeconds(Seconds(condition.hold));
    }
    return "none";
  }
  void Annotate(const std::string& alerts) {
    model_.Specify(
        {{.workload_id = "unit/web.service", .container = "", .pod = "", .spec = {.alerts = alerts}}});
  }

  CgroupNames names_;
  Model model_{{}, names_};
  Liveness liveness_{{}, Mono{}};
  Judge judge_{{}};
  OwnHealth own_;
  DetectConfig config_;
  AgentFeed agent_{model_, "node-1"};
};

TEST_F(RulesForTest, ASettingIsForWhomItNames) {
  EXPECT_EQ(Throttled(), "Sev3 15 min");
  config_.rules_for = "unit/other.service: off; dev: off; unit/we: off";
  EXPECT_EQ(Throttled(), "Sev3 15 min");
  config_.rules_for = "unit/*: ContainerThrottled=Sev1; unit/web.service: ContainerThrottled.for=1h";
  EXPECT_EQ(Throttled(), "Sev1 1 h");
  config_.rules_for += "; unit/web.service: ContainerThrottled.threshold=0.6";
  EXPECT_EQ(Throttled(), "none");
  config_.rules_for = "unit/web.service: off";
  EXPECT_EQ(Throttled(), "none");
}

TEST_F(RulesForTest, AnAnnotationGoesBeforeTheSettingAndItsFaultsAreLeftOut) {
  config_.rules_for = "unit/*: off";
  Annotate("NoSuch=off, ContainerThrottled=Sev4");
  EXPECT_EQ(Throttled(), "Sev4 15 min");
  config_.rules_for.clear();
  Annotate("off");
  EXPECT_EQ(Throttled(), "none");
}

TEST_F(RulesForTest, ANamespaceGoesBeforeTheSettingAndAPodBeforeItsNamespace) {
  const Labels labels = {{"namespace", "dev"}, {"workload", "unit/web.service"}, {"container", ""}};
  ChangesByNamespace namespaces = {{"dev", "NoSuch=off, ContainerThrottled=Sev4"}, {"other", "off"}};
  const auto severity = [&] {
    return RulesFor(config_, model_, &namespaces).Of("ContainerThrottled", labels)->severity;
  };
  EXPECT_EQ(severity(), "Sev4");
  config_.rules_for = "dev: off";
  EXPECT_EQ(severity(), "Sev4");
  Annotate("ContainerThrottled=Sev0");
  EXPECT_EQ(severity(), "Sev0");
  namespaces.clear();
  Annotate("");
  EXPECT_EQ(severity(), "off");
}

TEST_F(RulesForTest, AHappeningIsForWhomItHitToo) {
  Annotate("ContainerOomKilled=off");
  const Happening kill{{.rule = "ContainerOomKilled", .labels = {{"workload", "unit/web.service"}}}, At(10s)};
  const Happening other{{.rule = "ContainerOomKilled", .labels = {{"workload", "unit/other.service"}}},
                        At(10s)};
  RulesFor rules_for(config_, model_);
  EXPECT_THAT(ByRules(std::vector{kill, other}, config_, rules_for), SizeIs(1));
}

}  // namespace
}  // namespace loadline::collector
