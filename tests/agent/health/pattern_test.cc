#include "agent/health/pattern.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

TEST(Pattern, StaysInALineWhenNothingInItMayBeALineFeed) {
  for (const char* pattern :
       {"", "BUG: .*", R"(task \S+:\d+ blocked for more than \w+ seconds\.)", "[a-z ]+", "(?i)a|b",
        R"([\w.-]+)", R"(\[#\d+\])", R"((?m)^x$)", R"(a\tb\b)", R"([\]x]+)", "(?P<name>x)"})
    EXPECT_TRUE(StaysInOneLine(pattern)) << pattern;
}

TEST(Pattern, MayLeaveTheLineByEveryWayToMeanALineFeed) {
  for (const char* pattern :
       {R"(a\nb)", "a\nb",      R"(a\s+b)",       R"(\W)",   R"(\D)",  "[^a]",   R"([\s\S])", R"([\D])",
        "(?s)a.b", "(?is:a.b)", R"(\x0a)",        R"(\012)", R"(\pZ)", R"(\PL)", R"(\C)",     "[[:space:]]",
        "[\t-x]",  R"([\t-x])", R"([\x00-\x20])", "[]\n]",   "[",      "\\"})
    EXPECT_FALSE(StaysInOneLine(pattern)) << pattern;
}

}  // namespace
}  // namespace loadline::agent
