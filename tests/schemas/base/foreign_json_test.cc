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

}  // namespace
}  // namespace loadline
