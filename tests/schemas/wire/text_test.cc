#include "schemas/wire/text.h"

#include <gtest/gtest.h>

namespace loadline::wire {
namespace {

using namespace std::string_literals;

TEST(Text, LettersDigitsAndAccentsAreClean) {
  EXPECT_TRUE(IsCleanText(""));
  EXPECT_TRUE(IsCleanText("/system.slice/nginx.service"));
  EXPECT_TRUE(IsCleanText("größe-\xe2\x82\xac-\xf0\x9f\x9a\xa2"));
  EXPECT_TRUE(IsCleanText("\xf4\x8f\xbf\xbf"));  // U+10FFFF, the last character
}

TEST(Text, ControlCharactersAreNotClean) {
  EXPECT_FALSE(IsCleanText("two\nlines"));
  EXPECT_FALSE(IsCleanText("\x1b[31mred"));
  EXPECT_FALSE(IsCleanText("\x7f"));
  EXPECT_FALSE(IsCleanText("nul\0"s));
  EXPECT_FALSE(IsCleanText("\xc2\x9b"));  // U+009B, the C1 form of "escape ["
}

TEST(Text, BrokenUtf8IsNotClean) {
  EXPECT_FALSE(IsCleanText("\xc3"));              // cut off
  EXPECT_FALSE(IsCleanText("\x80"));              // starts in the middle
  EXPECT_FALSE(IsCleanText("\xc0\xaf"));          // "/" in two bytes
  EXPECT_FALSE(IsCleanText("\xe0\x80\xaf"));      // and in three
  EXPECT_FALSE(IsCleanText("\xed\xa0\x80"));      // a surrogate
  EXPECT_FALSE(IsCleanText("\xf4\x90\x80\x80"));  // above U+10FFFF
  EXPECT_FALSE(IsCleanText("\xff"));
}

TEST(Text, CleaningReplacesEachBadByte) {
  EXPECT_EQ(CleanText("a\nb\xff\xc3", 100), "a?b??");
  EXPECT_EQ(CleanText("größe", 100), "größe");
}

TEST(Text, CleaningCutsAtACharactersBorder) {
  EXPECT_EQ(CleanText("abcdef", 4), "abcd");
  EXPECT_EQ(CleanText("ab\xe2\x82\xac", 4), "ab");
}

TEST(Text, WhatWasCleanedIsClean) {
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const std::string text{'x', static_cast<char>(a), static_cast<char>(b), 'y'};
      ASSERT_TRUE(IsCleanText(CleanText(text, 100))) << a << " " << b;
      ASSERT_EQ(IsCleanText(text), CleanText(text, 100) == text) << a << " " << b;
    }
  }
}

}  // namespace
}  // namespace loadline::wire
