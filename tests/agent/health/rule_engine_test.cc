#include "agent/health/rule_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <deque>
#include <random>

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

LogRule Rule(std::string reason, std::string pattern, int lines = 10) {
  return {
      .file = "f.json", .reason = std::move(reason), .pattern = std::move(pattern), .buffer_lines = lines};
}

RuleEngine Engine(std::vector<LogRule> rules) {
  auto engine = RuleEngine::Make(std::move(rules));
  EXPECT_TRUE(engine) << engine.error().message;
  return *std::move(engine);
}

// "reason: text" of each match.
std::vector<std::string> Next(RuleEngine& engine, std::string_view line) {
  std::vector<std::string> told;
  for (const RuleMatch& match : engine.Next(line)) told.push_back(match.rule->reason + ": " + match.text);
  return told;
}

TEST(RuleEngine, TellsEveryRuleThatALineMatches) {
  RuleEngine engine = Engine({Rule("Hung", R"(task [\S ]+:\w+ blocked for more than \w+ seconds\.)"),
                              Rule("Docker", R"(task docker:\w+ blocked for more than \w+ seconds\.)")});
  EXPECT_THAT(Next(engine, "INFO: task docker:7 blocked for more than 120 seconds."),
              ElementsAre("Hung: INFO: task docker:7 blocked for more than 120 seconds.",
                          "Docker: INFO: task docker:7 blocked for more than 120 seconds."));
  EXPECT_THAT(Next(engine, "INFO: task dd:7 blocked for more than 120 seconds."), ::testing::SizeIs(1));
}

TEST(RuleEngine, WantsTheMatchToEndWithTheLine) {
  RuleEngine engine = Engine({Rule("Divide", R"(divide error: 0000 \[#\d+\] SMP)")});
  EXPECT_THAT(Next(engine, "divide error: 0000 [#1] SMP"),
              ElementsAre("Divide: divide error: 0000 [#1] SMP"));
  EXPECT_THAT(Next(engine, "divide error: 0000 [#1] SMP PTI"), IsEmpty());
}

TEST(RuleEngine, AnAlternativeInFrontMayEndAnywhereAndIsToldOnce) {
  RuleEngine engine = Engine({Rule("Either", "first|second"), Rule("Lines", "first|\nsecond")});
  EXPECT_THAT(Next(engine, "the first of all"),
              ElementsAre("Either: the first of all", "Lines: the first of all"));
  EXPECT_THAT(Next(engine, "something else"), IsEmpty());
  EXPECT_THAT(Next(engine, "second of all"), IsEmpty());
  EXPECT_THAT(Next(engine, "second"), ElementsAre("Either: second", "Lines: second of all\nsecond"));
}

TEST(RuleEngine, MatchesOverSeveralLinesAndTellsThemWhole) {
  RuleEngine engine = Engine({Rule("Oops", R"(cut here[\s\S]*end trace.*)")});
  EXPECT_THAT(Next(engine, "before"), IsEmpty());
  EXPECT_THAT(Next(engine, "--- cut here ---"), IsEmpty());
  EXPECT_THAT(Next(engine, "Call Trace:"), IsEmpty());
  EXPECT_THAT(Next(engine, "--- end trace 12 ---"),
              ElementsAre("Oops: --- cut here ---\nCall Trace:\n--- end trace 12 ---"));
  EXPECT_THAT(Next(engine, "after"), IsEmpty());
}

TEST(RuleEngine, ForgetsLinesBeyondTheBufferOfTheRule) {
  RuleEngine engine =
      Engine({Rule("Two", R"(begin\n(?:.*\n)*end)", 2), Rule("Three", R"(begin\n(?:.*\n)*end)", 3)});
  (void)Next(engine, "begin");
  (void)Next(engine, "middle");
  EXPECT_THAT(Next(engine, "end"), ElementsAre("Three: begin\nmiddle\nend"));
  (void)Next(engine, "begin");
  EXPECT_THAT(Next(engine, "end"), ElementsAre("Two: begin\nend", "Three: begin\nend"));
}

TEST(RuleEngine, PutsTheSuffixBehindTheText) {
  LogRule rule = Rule("R", "bad");
  rule.suffix = "call somebody";
  RuleEngine engine = Engine({rule});
  EXPECT_THAT(Next(engine, "bad"), ElementsAre("R: bad; call somebody"));
}

TEST(RuleEngine, TriesRulesWithoutAFixedTextOnEveryLine) {
  RuleEngine engine = Engine({Rule("Digits", R"(\d+)"), Rule("Empty", R"(\s?)")});
  EXPECT_THAT(Next(engine, "a 1"), ElementsAre("Digits: a 1", "Empty: a 1"));
  EXPECT_THAT(Next(engine, "a"), ElementsAre("Empty: a"));
}

TEST(RuleEngine, MatchesBytesThatAreNoUtf8) {
  RuleEngine engine = Engine({Rule("R", "name .* is bad")});
  EXPECT_THAT(Next(engine, "name \xff\xc3 is bad"), ElementsAre("R: name \xff\xc3 is bad"));
}

TEST(RuleEngine, RefusesABadPatternWithFileRuleAndPattern) {
  const auto engine = RuleEngine::Make({Rule("Good", "a"), Rule("Bad", "b(c")});
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().message, HasSubstr("f.json: rule Bad: pattern 'b(c': "));
}

TEST(RuleEngine, WithoutRulesTellsNothing) {
  RuleEngine engine = Engine({});
  EXPECT_THAT(Next(engine, "anything"), IsEmpty());
  EXPECT_EQ(engine.rules(), 0u);
}

// node-problem-detector's way, word for word: each rule is looked for in all of the last lines.
TEST(RuleEngine, FindsWhatTryingEveryRuleOnTheWholeBufferFinds) {
  const std::vector<std::string> patterns = {"abc.*",
                                             "abc",
                                             "ab.*cd",
                                             R"(abc\s+bcd)",
                                             R"(cd\n.*ab.*)",
                                             "(?i)ABC.*",
                                             "(?:abc|bcd).*",
                                             R"([^\n]*dd\n[^\n]*a)",
                                             R"(a+b+c+\s*d*)",
                                             "d{3,}",
                                             R"((?:abc|cba)\n(?:.*\n){0,3}dab.*)",
                                             R"(\bcab\b.*)"};
  std::vector<LogRule> rules;
  std::vector<std::unique_ptr<RE2>> literal;
  for (const std::string& pattern : patterns) {
    rules.push_back(Rule(pattern, pattern, 4));
    literal.push_back(std::make_unique<RE2>(pattern + "\\z"));
  }
  RuleEngine engine = Engine(rules);
  std::mt19937 random(7);
  std::deque<std::string> buffer;
  std::size_t matches = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string line(random() % 10, ' ');
    for (char& c : line) c = "abcd "[random() % 5];
    buffer.push_back(line);
    if (buffer.size() > 4) buffer.pop_front();
    std::string joined = buffer[0];
    for (std::size_t k = 1; k < buffer.size(); ++k) joined += '\n' + buffer[k];
    std::vector<std::string> expected;
    for (std::size_t k = 0; k < patterns.size(); ++k)
      if (RE2::PartialMatch(joined, *literal[k])) expected.push_back(patterns[k]);
    std::vector<std::string> told;
    for (const RuleMatch& match : engine.Next(line)) told.push_back(match.rule->reason);
    ASSERT_EQ(told, expected) << joined;
    matches += told.size();
  }
  EXPECT_GT(matches, 1000u);
}

}  // namespace
}  // namespace loadline::agent
