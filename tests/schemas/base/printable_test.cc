#include "schemas/base/printable.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

struct Case {
  const char* what;
  std::string text;
  std::string printable;
};

class Printables : public testing::TestWithParam<Case> {};

TEST_P(Printables, AreWordsAndNothingElse) {
  EXPECT_EQ(Printable(GetParam().text), GetParam().printable) << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    All, Printables,
    testing::Values(Case{"a name", "web-7f.service (é, 名, \xf0\x9f\x92\xa5)",
                         "web-7f.service (é, 名, \xf0\x9f\x92\xa5)"},
                    Case{"a sequence", "\x1b]0;x\x07", R"(\x1b]0;x\x07)"},
                    Case{"a line", "a\r\nb", R"(a\x0d\x0ab)"},
                    Case{"nothing and delete", std::string("\0\x7f", 2), R"(\x00\x7f)"},
                    Case{"C1 as UTF-8",
                         "\xc2\x9b"
                         "31m",
                         R"(\xc2\x9b31m)"},
                    Case{"C1 as a byte",
                         "\x9b"
                         "31m",
                         R"(\x9b31m)"},
                    Case{"from right to left", "exe.\u202etxt", R"(exe.\xe2\x80\xaetxt)"},
                    Case{"isolates", "\u2066a\u2069", R"(\xe2\x81\xa6a\xe2\x81\xa9)"},
                    Case{"marks", "\u200e\u200f\u061c", R"(\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c)"},
                    Case{"another end of line", "a\u2028b\u2029", R"(a\xe2\x80\xa8b\xe2\x80\xa9)"},
                    Case{"no-break space is a space", "a\u00a0b", "a\u00a0b"},
                    Case{"a cut character", "a\xe2\x80", R"(a\xe2\x80)"}));

TEST(PrintableLines, KeepLineFeedsAlone) {
  EXPECT_EQ(PrintableLines("a\nb\r\tc"), "a\nb\\x0d\\x09c");
}

TEST(Spaced, MakesEachOfThemOneSpace) {
  EXPECT_EQ(Spaced("a\nb\u202ec\xff"), "a b c ");
  EXPECT_EQ(SpacedLines("a\nb\u202ec\xff"), "a\nb c ");
}

}  // namespace
}  // namespace loadline
