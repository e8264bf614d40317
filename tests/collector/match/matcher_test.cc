#include "collector/match/matcher.h"

#include <gmock/gmock.h>

namespace loadline::collector {
namespace {

Matcher Is(const std::string& name, const std::string& value, Matcher::Op op = Matcher::Op::kEqual) {
  return Matcher::Make(name, op, value).value();
}

TEST(Matcher, AMissingLabelIsAnEmptyOne) {
  EXPECT_TRUE(Is("team", "").Matches({}));
  EXPECT_TRUE(Is("team", "x", Matcher::Op::kNotEqual).Matches({}));
  EXPECT_TRUE(Is("team", ".*", Matcher::Op::kMatches).Matches({}));
  EXPECT_FALSE(Is("team", ".+", Matcher::Op::kMatches).Matches({}));
}

TEST(Matcher, AnExpressionMustMatchTheWholeValue) {
  EXPECT_FALSE(Is("node", "n1|n2", Matcher::Op::kMatches).Matches({{"node", "n10"}}));
  EXPECT_TRUE(Is("node", "n1|n2", Matcher::Op::kMatches).Matches({{"node", "n2"}}));
  EXPECT_TRUE(Is("node", "n1|n2", Matcher::Op::kMatchesNot).Matches({{"node", "n10"}}));
}

TEST(Matcher, WhatIsNoExpressionIsRefusedWithItsReason) {
  Result<Matcher> matcher = Matcher::Make("node", Matcher::Op::kMatches, "(");
  ASSERT_FALSE(matcher);
  EXPECT_THAT(matcher.error().message, testing::HasSubstr(R"(node=~"(")"));
}

// What was read, written in the one canonical form.
std::string Read(std::string_view text) {
  Result<Matchers> matchers = ParseMatchers(text);
  return matchers ? MatchersText(*matchers) : "refused";
}

TEST(ParseMatchers, ReadsEveryFormPeopleWrite) {
  EXPECT_EQ(Read(R"(severity="Sev0")"), R"({severity="Sev0"})");
  EXPECT_EQ(Read("severity=Sev0"), R"({severity="Sev0"})");
  EXPECT_EQ(Read(" severity != Sev0 , "), R"({severity!="Sev0"})");
  EXPECT_EQ(Read(R"({b=~"x|y", a!~z})"), R"({a!~"z",b=~"x|y"})");
  EXPECT_EQ(Read(R"(a="with, comma",b=c)"), R"({a="with, comma",b="c"})");
  EXPECT_EQ(Read(R"(a="quote \" and \\ and \n")"), R"({a="quote \" and \\ and \n"})");
  EXPECT_EQ(Read(R"("a name"=b)"), R"({"a name"="b"})");
  EXPECT_EQ(Read("a="), R"({a=""})");
  EXPECT_EQ(Read("{}"), "{}");
}

// As Alertmanager always has read them, and its tests of that.
TEST(ParseMatchers, ReadsTheClassicLanguageWithItsOddities) {
  EXPECT_EQ(Read("{a=b"), R"({a="b"})");
  EXPECT_EQ(Read("a=b}"), R"({a="b"})");
  EXPECT_EQ(Read("{foo=bar}}"), R"({foo="bar}"})");
  EXPECT_EQ(Read("{foo=,bar=}}"), R"({bar="}",foo=""})");
  EXPECT_EQ(Read("tricky=~~~"), R"({tricky=~"~~"})");
  EXPECT_EQ(Read(R"(trickier==\=\=\")"), R"({trickier="=\\=\\=\""})");
  EXPECT_EQ(Read(R"(contains_quote != "\"" , contains_comma !~ "foo,bar" , )"),
            R"({contains_comma!~"foo,bar",contains_quote!="\""})");
  EXPECT_EQ(Read(R"(a=b\)"), R"({a="b\\"})");
  EXPECT_EQ(Read("a:b=c d"), R"({a:b="c d"})");
}

// Labels of any name, as it reads them since 0.27.
TEST(ParseMatchers, ReadsLabelsOfAnyName) {
  EXPECT_EQ(Read("ä=ö"), R"({ä="ö"})");
  EXPECT_EQ(Read("{1a=b, k8s.pod.name=~\"p.*\",}"), R"({1a="b",k8s.pod.name=~"p.*"})");
  EXPECT_EQ(Read(R"("a, \"name\""="\x41\t\u0042")"), "{\"a, \\\"name\\\"\"=\"A\tB\"}");
  EXPECT_EQ(Read("🙂=🙂"), R"({🙂="🙂"})");
}

TEST(ParseMatchers, RefusesWhatCouldBeMeantInTwoWays) {
  for (const char* text :
       {"severity", "=x", "a==\"b", "a=\"b", "a=b\"", "a=\"b\"c", "a=b,,c=d", ",", "{,a=b}", "a=~(", "a~b",
        "a=b c,\"d\"", "{\"a\"=b", "\"a\"=b}", "\"\"=b", "a\xff=b", "\"a\\q\"=b", "ä=b=c"}) {
    EXPECT_EQ(Read(text), "refused") << text;
  }
}

}  // namespace
}  // namespace loadline::collector
