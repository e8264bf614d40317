#include "agent/health/built_in_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "agent/health/kmsg_rules.h"
#include "agent/health/log_scan.h"
#include "agent/health/pattern.h"

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<LogRule> Rules() {
  std::vector<std::string> notes;
  auto rules = LoadLogRules({kBuiltInRules}, notes);
  EXPECT_TRUE(rules) << rules.error().message;
  EXPECT_THAT(notes, IsEmpty());
  return *std::move(rules);
}

RuleEngine Engine() {
  auto engine = RuleEngine::Make(Rules());
  EXPECT_TRUE(engine) << engine.error().message;
  return *std::move(engine);
}

std::vector<std::string> Reasons(RuleEngine& engine, std::string_view line) {
  std::vector<std::string> reasons;
  for (const RuleMatch& match : engine.Next(line)) reasons.push_back(match.rule->reason);
  return reasons;
}

struct Sample {
  std::string reason;  // of its section
  bool fault = false;
  std::string line;
};

std::vector<Sample> Samples() {
  std::vector<Sample> samples;
  std::string section;
  std::ifstream file("tests/data/kernel_log/lines.txt");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("= ")) section = line.substr(2);
    if (line.starts_with("+ ") || line.starts_with("- "))
      samples.push_back({.reason = section, .fault = line[0] == '+', .line = line.substr(2)});
  }
  EXPECT_GT(samples.size(), 300u);
  return samples;
}

TEST(BuiltInRules, TellEachFaultWithItsReasonAndNothingElse) {
  RuleEngine engine = Engine();
  for (const Sample& sample : Samples()) {
    if (sample.fault)
      EXPECT_THAT(Reasons(engine, sample.line), ElementsAre(sample.reason)) << sample.line;
    else
      EXPECT_THAT(Reasons(engine, sample.line), IsEmpty()) << sample.line;
  }
}

TEST(BuiltInRules, EachHasALineThatItMatchesAndOneNearItThatItMustNot) {
  RuleEngine engine = Engine();
  std::set<std::string> used;
  std::set<std::string> harmless;
  for (const Sample& sample : Samples()) {
    if (!sample.fault) harmless.insert(sample.reason);
    for (const RuleMatch& match : engine.Next(sample.line)) used.insert(match.rule->pattern);
  }
  for (const LogRule& rule : Rules()) {
    EXPECT_TRUE(used.contains(rule.pattern)) << rule.reason << ": " << rule.pattern;
    EXPECT_TRUE(harmless.contains(rule.reason)) << rule.reason;
    EXPECT_TRUE(StaysInOneLine(rule.pattern)) << rule.pattern;  // the others cost much more
  }
}

TEST(BuiltInRules, TellNothingOfABootWithoutAFault) {
  std::vector<std::string> told;
  LogScan scan(Engine(), [&](std::uint64_t, const RuleMatch& match) { told.push_back(match.text); });
  std::ifstream file("tests/data/kernel_log/boot.txt");
  for (std::string line; std::getline(file, line);) scan.Add(line + "\n");
  EXPECT_THAT(told, IsEmpty());
  EXPECT_GT(scan.lines(), 35u);
}

}  // namespace
}  // namespace loadline::agent
