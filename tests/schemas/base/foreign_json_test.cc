#include "schemas/base/foreign_json.h"

#include <gtest/gtest.h>

#include <string>

namespace loadline {
namespace {

std::string Nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') +
         std::string(static_cast<std::size_t>(depth), ']');
}

TEST(ForeignJson, IsReadAsFarAsAnybodyNests) {
  EXPECT_EQ(ParseForeign(Nested(kDeepestJson)).size(), 1U);
  EXPECT_TRUE(ParseForeign(Nested(kDeepestJson + 1)).is_discarded());
  EXPECT_TRUE(ParseForeign(std::string(4'000'000, '[')).is_discarded());
  EXPECT_TRUE(ParseForeign("{torn").is_discarded());
}

TEST(ForeignJson, BracketsInTextAreText) {
  const std::string text = R"(["\"[[[[\\", ")" + std::string(1000, '{') + "\"]";
  EXPECT_EQ(ParseForeign(text)[1].get<std::string>().size(), 1000U);
}

TEST(ForeignJson, HalfACharacterCostsThatCharacterAlone) {
  const auto read = [](const std::string& text) {
    return ParseMended("[\"" + text + "\"]")[0].get<std::string>();
  };
  EXPECT_EQ(read("a\\ud800b"),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(read("\\uDC00\\uD83D"), "\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(read("\\ud83d\\ude00"), "\xf0\x9f\x98\x80") << "a whole pair is a character";
  EXPECT_EQ(read("\\\\ud800 \xff \\n"), "\\ud800 \xef\xbf\xbd \n")
      << "an escaped backslash escapes nothing more";
  EXPECT_TRUE(ParseMended("[\"\\ud8").is_discarded());
  EXPECT_TRUE(ParseMended(Nested(kDeepestJson + 1)).is_discarded());
}

}  // namespace
}  // namespace loadline
