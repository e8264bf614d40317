#include "collector/web/exposition.h"

#include <gtest/gtest.h>

#include <limits>

namespace loadline::collector {
namespace {

TEST(Exposition, EscapesWhatWouldEndALabel) {
  EXPECT_EQ(EscapedLabelValue("a\"b\\c\nd"), "a\\\"b\\\\c\\nd");
  EXPECT_EQ(EscapedLabelValue("größe ✓ 𝄞"), "größe ✓ 𝄞");
}

TEST(Exposition, ReplacesBytesThatAreNotUtf8) {
  const std::string bad = "\xef\xbf\xbd";
  EXPECT_EQ(EscapedLabelValue("a\xff"), "a" + bad);
  EXPECT_EQ(EscapedLabelValue("\xc3"), bad);                                // cut off
  EXPECT_EQ(EscapedLabelValue("\xc0\xaf"), bad + bad);                      // overlong
  EXPECT_EQ(EscapedLabelValue("\xed\xa0\x80"), bad + bad + bad);            // a surrogate
  EXPECT_EQ(EscapedLabelValue("\xf4\x90\x80\x80"), bad + bad + bad + bad);  // beyond Unicode
}

TEST(Exposition, LeavesEmptyLabelsOut) {
  EXPECT_EQ(LabelText({{"a", "1"}, {"b", ""}, {"c", "3"}}), R"(a="1",c="3")");
}

TEST(Exposition, WritesAFamilyOnceAndItsSamplesBelow) {
  std::string text;
  const Writer write = [&](std::string_view piece) {
    text += piece;
    return true;
  };
  Exposition out(write);
  out.Family("up", "gauge", "Is it.");
  out.Sample("", 1);
  out.Sample("a=\"b\"", 0.25);
  out.Sample("a=\"c\"", std::numeric_limits<double>::quiet_NaN());
  out.Sample("a=\"d\"", std::numeric_limits<double>::infinity());
  EXPECT_TRUE(out.Flush());
  EXPECT_EQ(text,
            "# HELP up Is it.\n# TYPE up gauge\nup 1\nup{a=\"b\"} 0.25\nup{a=\"c\"} NaN\nup{a=\"d\"} +Inf\n");
}

TEST(Exposition, StopsWhenNobodyListens) {
  int pieces = 0;
  const Writer write = [&](std::string_view) {
    ++pieces;
    return false;
  };
  Exposition out(write);
  out.Family("up", "gauge", "Is it.");
  for (int i = 0; i < 100'000; ++i) out.Sample("a=\"0123456789\"", i);
  EXPECT_EQ(pieces, 1);
  EXPECT_FALSE(out.Flush());
}

}  // namespace
}  // namespace loadline::collector
