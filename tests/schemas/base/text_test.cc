#include "schemas/base/text.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

TEST(Trimmed, HasNoSpaceAtItsEndsAndKeepsThatWithin) {
  EXPECT_EQ(Trimmed(" \t\r\n\v\fone \n two\r\n"), "one \n two");
  EXPECT_EQ(Trimmed("one"), "one");
  EXPECT_EQ(Trimmed(""), "");
  EXPECT_EQ(Trimmed(" \r\n"), "");
}

TEST(Trimmed, OfBlanksKeepsEndsOfLines) {
  EXPECT_EQ(Trimmed("\t one\r\n ", kBlanks), "one\r\n");
  EXPECT_EQ(Trimmed("\v", kBlanks), "\v");
}

TEST(InLowerCase, ChangesLettersOfAsciiAlone) {
  EXPECT_EQ(InLowerCase("AZaz[@`{09"), "azaz[@`{09");
  EXPECT_EQ(InLowerCase("\xc3\x89T\xc3\x89"), "\xc3\x89t\xc3\x89");
}

}  // namespace
}  // namespace loadline
