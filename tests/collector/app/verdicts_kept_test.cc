#include "collector/app/verdicts_kept.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

TEST(VerdictsKept, AreReadAsTheyWereWritten) {
  for (const NodeState state : {NodeState::kSilent, NodeState::kStale}) {
    const NodeVerdict held{
        .state = state, .since = Wall(100s), .silence_of = SilenceOf::kHung, .reason = "no heartbeat"};
    const auto read = ReadVerdict(VerdictBytes(held), Wall(160s));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->state, state);
    EXPECT_EQ(read->since, held.since);
    EXPECT_EQ(read->silence_of, SilenceOf::kHung);
    EXPECT_EQ(read->reason, "no heartbeat");
    EXPECT_EQ(read->signs.silent_for, state == NodeState::kSilent ? 60s : 0s);
  }
}

TEST(VerdictsKept, OfANodeThatReportsNothingIsKept) {
  EXPECT_EQ(VerdictBytes({}), "");
}

TEST(VerdictsKept, AClockThatWasSetBackMakesNoNegativeSilence) {
  const NodeVerdict held{.state = NodeState::kSilent, .since = Wall(100s)};
  EXPECT_EQ(ReadVerdict(VerdictBytes(held), Wall(10s))->signs.silent_for, 0s);
}

TEST(VerdictsKept, WhatALaterVersionAddsIsLeftOut) {
  const auto read = ReadVerdict(
      R"({"state":"silent","since_ns":7,"silence_of":99,"reason":"","by":"somebody"})", Wall(7ns));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->silence_of, SilenceOf::kUnknown);
}

TEST(VerdictsKept, DamagedBytesAreNone) {
  for (const char* bytes :
       {"", "{", "[]", "{}", R"({"state":"silent"})", R"({"state":"silent","since_ns":"x","reason":""})",
        R"({"state":"dead","since_ns":7,"reason":""})", R"({"state":"silent","since_ns":7,"reason":4})"})
    EXPECT_FALSE(ReadVerdict(bytes, Wall{})) << bytes;
}

}  // namespace
}  // namespace loadline::collector
