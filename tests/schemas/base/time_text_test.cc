#include "schemas/base/time_text.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

std::string Again(std::string_view text) {
  const auto read = ParseRfc3339(text);
  if (!read) return "refused";
  return *read ? Rfc3339(**read) : "never";
}

TEST(Rfc3339, EveryFormIsRead) {
  EXPECT_EQ(Again("2026-01-01T10:00:00Z"), "2026-01-01T10:00:00.000Z");
  EXPECT_EQ(Again("2026-01-01t10:00:00.123456789z"), "2026-01-01T10:00:00.123Z");
  EXPECT_EQ(Again("2026-01-01 10:00:00+02:00"), "2026-01-01T08:00:00.000Z");
  EXPECT_EQ(Again("2026-01-01T00:30:00-01:30"), "2026-01-01T02:00:00.000Z");
}

TEST(Rfc3339, WhatGoWritesForNeverIsNeverAndTheFarFutureIsBounded) {
  EXPECT_EQ(Again("0001-01-01T00:00:00.000Z"), "never");
  EXPECT_EQ(Again("9999-12-31T23:59:59Z"), "2200-01-01T00:00:00.000Z");
}

TEST(Rfc3339, AnOffsetLeadsOutOf1970AndIntoIt) {
  EXPECT_EQ(Again("1970-01-01T00:00:00+02:00"), "never");
  EXPECT_EQ(Again("1969-12-31T23:00:00-02:00"), "1970-01-01T01:00:00.000Z");
  EXPECT_EQ(Again("2200-06-01T00:00:00Z"), "2200-01-01T00:00:00.000Z");
}

TEST(Rfc3339, AFaultIsOneShortLine) {
  EXPECT_LT(ParseRfc3339(std::string(100'000, '1')).error().message.size(), 200u);
}

TEST(Rfc3339, WhatIsNoneIsRefused) {
  for (const char* text :
       {"", "2026-01-01", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00",
        "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Z ", "2026-01-01T25:00:00Z", "2026-01-01T00:00:00+2:00",
        "-026-01-01T00:00:00Z", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+00:60"})
    EXPECT_EQ(Again(text), "refused") << text;
}

}  // namespace
}  // namespace loadline
