#include "schemas/base/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <concepts>
#include <ostream>
#include <sstream>

namespace loadline {
namespace {

template <typename T>
concept Streams = requires(std::ostream& out, const T& value) { out << value; };

TEST(SecretType, IsNeitherPrintedNorFormattedNorATextByItself) {
  static_assert(Streams<std::string> && !Streams<Secret>);
  static_assert(fmt::is_formattable<std::string>::value && !fmt::is_formattable<Secret>::value);
  static_assert(!std::convertible_to<Secret, std::string>);
  EXPECT_EQ(Secret("s3cret").Reveal(), "s3cret");
  EXPECT_EQ(testing::PrintToString(Secret("s3cret")), "(a secret)");
}

TEST(SecretType, IsComparedAndEmptyLikeItsText) {
  EXPECT_EQ(Secret("a"), Secret(std::string("a")));
  EXPECT_NE(Secret("a"), Secret("b"));
  EXPECT_TRUE(Secret().empty());
  EXPECT_FALSE(Secret("a").empty());
}

}  // namespace
}  // namespace loadline
