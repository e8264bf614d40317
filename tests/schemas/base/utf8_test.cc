#include "schemas/base/utf8.h"

#include <gtest/gtest.h>

#include "schemas/base/printable.h"

namespace loadline {
namespace {

TEST(CharacterLength, IsThatOfWholeCharactersAlone) {
  EXPECT_EQ(CharacterLength("a"), 1U);
  EXPECT_EQ(CharacterLength("\xc3\xa9x"), 2U);
  EXPECT_EQ(CharacterLength("\xf0\x9f\x92\xa5"), 4U);
  for (const char* none : {"\x80", "\xc3", "\xe2\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                           "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xff"})
    EXPECT_EQ(CharacterLength(none), 0U) << Printable(none);
}

TEST(WholeCharacters, EndBetweenTwoCharacters) {
  constexpr std::string_view kText = "a\xc3\xa9\xf0\x9f\x92\xa5";  // 1, 2 and 4 bytes
  constexpr std::size_t kWhole[] = {0, 1, 1, 3, 3, 3, 3, 7, 7};
  for (std::size_t bytes = 0; bytes < std::size(kWhole); ++bytes)
    EXPECT_EQ(WholeCharacters(kText, bytes), kWhole[bytes]) << bytes;
}

TEST(WholeCharacters, OfBytesThatAreNoneNeverGoBeyondTheText) {
  EXPECT_EQ(WholeCharacters("\x80\x80\x80", 2), 0U);
  EXPECT_EQ(WholeCharacters("", 2), 0U);
}

TEST(Cut, IsWithinItsBoundAndEndsBetweenTwoCharacters) {
  EXPECT_EQ(Cut("abcdef", 6), "abcdef");
  EXPECT_EQ(Cut("abcdefg", 6), "abc...");
  EXPECT_EQ(Cut("ab\xc3\xa9_____", 6), "ab...");
}

}  // namespace
}  // namespace loadline
