#include "agent/health/rule_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using ::testing::HasSubstr;

TEST(RuleFile, IsReadAsNodeProblemDetectorReadsIt) {
  const auto file = ParseRuleFile("a.json", R"({
    "plugin": "kmsg", "logPath": "/dev/kmsg", "lookback": "5m", "bufferSize": 20, "source": "kernel-monitor",
    "metricsReporting": true,
    "conditions": [{"type": "Broken", "reason": "IsWhole", "message": "whole"}],
    "rules": [
      {"type": "temporary", "reason": "Event", "pattern": "a .*", "patternGeneratedMessageSuffix": "see b"},
      {"type": "permanent", "condition": "Broken", "reason": "IsBroken", "pattern": "c", "taintEnabled": true}]})");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->without_rules, "");
  ASSERT_EQ(file->rules.size(), 2u);
  EXPECT_EQ(file->rules[0].file, "a.json");
  EXPECT_FALSE(file->rules[0].permanent());
  EXPECT_EQ(file->rules[0].reason, "Event");
  EXPECT_EQ(file->rules[0].pattern, "a .*");
  EXPECT_EQ(file->rules[0].suffix, "see b");
  EXPECT_EQ(file->rules[0].buffer_lines, 20);
  EXPECT_TRUE(file->rules[1].permanent());
  EXPECT_EQ(file->rules[1].condition, "Broken");
}

TEST(RuleFile, KeepsTenLinesUnlessItSaysOtherwise) {
  const auto file = ParseRuleFile(
      "a",
      R"({"plugin": "filelog", "bufferSize": 0, "rules": [{"type": "temporary", "reason": "R", "pattern": "p"}]})");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->rules[0].buffer_lines, 10);
}

TEST(RuleFile, OfAMonitorThatReadsNoLogHasNoRules) {
  const auto custom = ParseRuleFile(
      "c", R"({"plugin": "custom", "rules": [{"type": "temporary", "reason": "R", "path": "./check.sh"}]})");
  ASSERT_TRUE(custom);
  EXPECT_TRUE(custom->rules.empty());
  EXPECT_THAT(custom->without_rules, HasSubstr("'custom' reads no log"));
  const auto stats = ParseRuleFile("s", R"({"disk": {"metricsConfigs": {}}, "invokeInterval": "60s"})");
  ASSERT_TRUE(stats);
  EXPECT_THAT(stats->without_rules, HasSubstr("names no plugin"));
}

TEST(RuleFile, MayBeOfTheTimeBeforePlugins) {
  const auto file = ParseRuleFile(
      "f",
      R"({"logPath": "/log/kern.log", "rules": [{"type": "temporary", "reason": "R", "pattern": "p"}]})");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->rules.size(), 1u);
}

TEST(RuleFile, SaysWhatIsWrongWithFileAndRule) {
  const auto error = [](const char* json) {
    const auto file = ParseRuleFile("f.json", json);
    return file ? "" : file.error().message;
  };
  EXPECT_EQ(error("{"), "f.json: is no JSON");
  EXPECT_EQ(error("[]"), "f.json: is no object with rules");
  EXPECT_EQ(error(R"({"plugin": 1})"), "f.json: 'plugin' is no text");
  EXPECT_EQ(error(R"({"plugin": "kmsg", "rules": {}})"), "f.json: 'rules' is no list");
  EXPECT_EQ(error(R"({"plugin": "kmsg", "rules": [1]})"),
            "f.json: 'rules' holds something that is no object");
  EXPECT_EQ(error(R"({"plugin": "kmsg", "bufferSize": -1})"),
            "f.json: bufferSize is no number from 1 to 1000");
  EXPECT_EQ(error(R"({"plugin": "kmsg", "bufferSize": "9"})"),
            "f.json: bufferSize is no number from 1 to 1000");
  EXPECT_EQ(error(R"({"plugin": "kmsg", "rules": [{"type": "temporary", "pattern": "p"}]})"),
            "f.json: rule 1: has no reason");
  EXPECT_EQ(error(R"({"plugin": "kmsg", "rules": [{"type": "temporary", "reason": "R", "pattern": 5}]})"),
            "f.json: rule 1: 'pattern' is no text");
  EXPECT_EQ(error(R"({"plugin": "kmsg", "rules": [{"type": "temporary", "reason": "R"}]})"),
            "f.json: rule 1 (R): has no pattern");
  EXPECT_EQ(error(R"({"plugin": "kmsg", "rules": [{"type": "x", "reason": "R", "pattern": "p"}]})"),
            "f.json: rule 1 (R): type 'x' is neither temporary nor permanent");
  EXPECT_EQ(
      error(
          R"({"plugin": "kmsg", "rules": [{"type": "permanent", "condition": "C", "reason": "R", "pattern": "p"}]})"),
      "f.json: rule 1 (R): condition 'C' is not declared");
}

}  // namespace
}  // namespace loadline::agent
