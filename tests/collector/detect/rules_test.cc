#include "collector/detect/rules.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "collector/detect/rule.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

Condition Of(const char* rule) {
  return {.rule = rule, .severity = Severity::kSev1, .hold = 7s};
}

TEST(ByRules, GivesEachConditionItsConfiguredSeverityAndHold) {
  DetectConfig config;
  config.rules["NodeSilent"] = {.severity = "Sev4", .hold = 5min};
  const auto found = ByRules(std::vector{Of("NodeSilent")}, config);
  EXPECT_EQ(found.at(0).severity, Severity::kSev4);
  EXPECT_EQ(found.at(0).hold, 5min);
}

TEST(ByRules, TakesAwayWhatIsOffAndLeavesWhatItDoesNotKnow) {
  DetectConfig config;
  config.rules["NodeSilent"].severity = "off";
  const auto found = ByRules(std::vector{Of("NodeSilent"), Of("SomebodysOwn")}, config);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].rule, "SomebodysOwn");
  EXPECT_EQ(found[0].severity, Severity::kSev1);
  EXPECT_EQ(found[0].hold, 7s);
  config.rules["ContainerOomKilled"].severity = "off";
  EXPECT_TRUE(ByRules(std::vector{Of("ContainerOomKilled")}, config).empty());
}

TEST(ByRules, GivesEachConditionTheRunbookOfItsRule) {
  DetectConfig config;
  config.runbook_base = "https://wiki.example/alerts#";
  config.rules["NodeStale"].runbook = "https://wiki.example/stale";
  const auto found = ByRules(std::vector{Of("NodeSilent"), Of("NodeStale"), Of("SomebodysOwn")}, config);
  EXPECT_EQ(found.at(0).runbook, "https://wiki.example/alerts#nodesilent");
  EXPECT_EQ(found.at(1).runbook, "https://wiki.example/stale");
  EXPECT_EQ(found.at(2).runbook, "");
  config.runbook_base.clear();
  EXPECT_EQ(ByRules(std::vector{Of("NodeSilent")}, config).at(0).runbook, "");
}

TEST(AllRules, ASilentNodeInhibitsWhatIsThereAndABlindCollectorWhatItSaysOfNodes) {
  const std::vector<InhibitRule> rules = InhibitedByRules();
  ASSERT_EQ(rules.size(), 7U);
  EXPECT_EQ(MatchersText(rules[0].source), R"({alertname="NodeSilent"})");
  EXPECT_EQ(MatchersText(rules[0].target), R"({alertname!~"Node.*",node=~".+"})");
  EXPECT_EQ(rules[0].equal, (std::set<std::string>{"cluster", "node"}));
  EXPECT_EQ(MatchersText(rules[1].source), R"({alertname="NodeKernelCondition"})");
  EXPECT_EQ(MatchersText(rules[1].target), R"({alertname=~"NodeProblem|NodeCheckFailed"})");
  EXPECT_EQ(rules[1].equal, (std::set<std::string>{"cluster", "condition", "node"}));
  EXPECT_EQ(MatchersText(rules[2].source), R"({alertname="NodeCheckFailed"})");
  EXPECT_EQ(MatchersText(rules[3].source), R"({alertname="NodeDegraded"})");
  for (const std::size_t check : {2, 3}) {
    EXPECT_EQ(MatchersText(rules[check].target), R"({alertname="NodeProblem"})");
    EXPECT_EQ(rules[check].equal, (std::set<std::string>{"cluster", "condition", "node"}));
  }
  EXPECT_EQ(MatchersText(rules[4].source), R"({alertname="NodeMaintenanceScheduled"})");
  EXPECT_EQ(MatchersText(rules[5].source), R"({alertname="NodeFreezeScheduled"})");
  EXPECT_EQ(MatchersText(rules[5].target), R"({alertname="NodeProblem"})");
  EXPECT_EQ(MatchersText(rules[6].source), R"({alertname="CollectorIsolated"})");
  EXPECT_EQ(MatchersText(rules[6].target), R"({alertname=~"Node.*"})");
  EXPECT_EQ(rules[6].equal, std::set<std::string>{"cluster"});
}

TEST(AllRules, HaveNamesOfTheirOwnAndThresholdsWithinTheirRanges) {
  std::set<std::string> names;
  for (const Rule& rule : AllRules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    for (const AnyThreshold& threshold : rule.thresholds) {
      std::visit([&](const auto& kind) { EXPECT_TRUE(kind.least <= kind.usual && kind.usual <= kind.most); },
                 threshold);
    }
  }
}

TEST(AllRules, ObeyTheThresholdOfTheConfigurationAndElseTheirOwn) {
  constexpr Threshold<double> kShare{"threshold", "", 0.5, 0, 1};
  constexpr Threshold<Duration> kWithin{"within", "", 1min, 0s, 1h};
  const DetectConfig shared;
  const RuleConfig rule{.thresholds = {{"threshold", 0.75}}};
  const RuleSettings settings(rule, shared);
  EXPECT_EQ(settings.Of(kShare), 0.75);
  EXPECT_EQ(settings.Of(kWithin), 1min);
}

// What somebody finds in a message must stand in the page that a message points to.
TEST(AllRules, AreEachDocumentedInASectionWithSeverityAndRemedy) {
  std::ifstream file("docs/alerting.md");
  ASSERT_TRUE(file);
  const std::string docs{std::istreambuf_iterator<char>(file), {}};
  for (const Rule& rule : AllRules()) {
    const std::size_t at = docs.find(std::string("### ") + rule.name + "\n");
    ASSERT_NE(at, std::string::npos) << rule.name;
    const std::string section = docs.substr(at, docs.find("\n### ", at + 1) - at);
    EXPECT_NE(section.find(Name(rule.severity)), std::string::npos) << rule.name;
    EXPECT_NE(section.find("What to do"), std::string::npos) << rule.name;
  }
}

}  // namespace
}  // namespace loadline::collector
