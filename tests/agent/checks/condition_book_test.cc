#include "agent/checks/condition_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Mono kStart{1000s};
constexpr Wall kWall{std::chrono::seconds(1'700'000'000)};

class ConditionBookTest : public testing::Test {
 protected:
  // What is told of a look so long after the start: "DiskBad", or "DiskBad ended".
  std::vector<std::string> Look(Duration after, Health health, const std::string& subject = "/a",
                                const std::string& reason = "Bad") {
    const auto told = book_.Take({.source = "check",
                                  .hold = hold_,
                                  .at_once = at_once_,
                                  .at = kStart + after,
                                  .judgements = {{.condition = condition_,
                                                  .health = health,
                                                  .reason = reason,
                                                  .message = "evidence",
                                                  .subject = subject}}},
                                 kStart + after + 1s, kWall + after + 1s);
    std::vector<std::string> words;
    for (const wire::HealthEvent& event : told) {
      EXPECT_EQ(event.at_ns, (kWall + after).time_since_epoch().count());
      EXPECT_EQ(event.source, "check");
      words.push_back(event.condition + (event.ended ? " ended" : ""));
    }
    return words;
  }

  ConditionBook book_;
  Duration hold_ = 5s;
  bool at_once_ = false;
  std::string condition_ = "DiskBad";
};

TEST_F(ConditionBookTest, IsToldOnceAfterASecondLook) {
  EXPECT_THAT(Look(0s, Health::kBad), IsEmpty());
  EXPECT_THAT(Look(5s, Health::kBad), ElementsAre("DiskBad"));
  EXPECT_THAT(Look(35s, Health::kBad), IsEmpty());
  EXPECT_THAT(Look(24h, Health::kBad), IsEmpty());
}

TEST_F(ConditionBookTest, HasToLastForTheHold) {
  hold_ = 45s;
  EXPECT_THAT(Look(0s, Health::kBad), IsEmpty());
  EXPECT_THAT(Look(10s, Health::kBad), IsEmpty());
  EXPECT_THAT(Look(20s, Health::kGood), IsEmpty()) << "a restart";
  EXPECT_THAT(Look(30s, Health::kBad), IsEmpty());
  EXPECT_THAT(Look(60s, Health::kBad), IsEmpty());
  EXPECT_THAT(Look(75s, Health::kBad), ElementsAre("DiskBad"));
}

TEST_F(ConditionBookTest, EndsAfterAMinuteOfGood) {
  Look(0s, Health::kBad);
  Look(5s, Health::kBad);
  EXPECT_THAT(Look(30s, Health::kGood), IsEmpty());
  EXPECT_THAT(Look(60s, Health::kGood), IsEmpty());
  EXPECT_THAT(Look(90s, Health::kGood), ElementsAre("DiskBad ended"));
  EXPECT_THAT(Look(120s, Health::kGood), IsEmpty());
}

TEST_F(ConditionBookTest, WhatFlapsHolds) {
  Look(0s, Health::kBad);
  Look(5s, Health::kBad);
  for (Duration at = 30s; at < 1h; at += 60s) {
    EXPECT_THAT(Look(at, Health::kGood), IsEmpty());
    EXPECT_THAT(Look(at + 30s, Health::kBad), IsEmpty());
  }
}

TEST_F(ConditionBookTest, UnknownNeitherRaisesNorEnds) {
  EXPECT_THAT(Look(0s, Health::kUnknown), IsEmpty());
  EXPECT_THAT(Look(30s, Health::kUnknown), IsEmpty());
  Look(60s, Health::kBad);
  EXPECT_THAT(Look(65s, Health::kUnknown), IsEmpty());
  EXPECT_THAT(Look(70s, Health::kBad), IsEmpty()) << "the second look is to follow the first";
  EXPECT_THAT(Look(75s, Health::kBad), ElementsAre("DiskBad"));
  for (Duration at = 100s; at < 1h; at += 30s) EXPECT_THAT(Look(at, Health::kUnknown), IsEmpty());
  Look(1h, Health::kGood);
  EXPECT_THAT(Look(1h + 60s, Health::kGood), ElementsAre("DiskBad ended"));
}

// The collector may hold what an agent before this one has told.
TEST_F(ConditionBookTest, AfterAStartTheFirstThatIsKnownIsToldEvenThatAllIsWell) {
  EXPECT_THAT(Look(0s, Health::kGood), IsEmpty());
  EXPECT_THAT(Look(60s, Health::kGood), ElementsAre("DiskBad ended"));
  EXPECT_THAT(Look(120s, Health::kGood), IsEmpty());
}

TEST_F(ConditionBookTest, AnotherSubjectIsToldWhenTwoLooksSeeItButNotEachMoment) {
  Look(0s, Health::kBad, "/a");
  EXPECT_THAT(Look(5s, Health::kBad, "/a"), ElementsAre("DiskBad"));
  EXPECT_THAT(Look(30s, Health::kBad, "/a /b"), IsEmpty());
  EXPECT_THAT(Look(60s, Health::kBad, "/a /b"), IsEmpty());
  EXPECT_THAT(Look(330s, Health::kBad, "/a /b"), ElementsAre("DiskBad"));
  EXPECT_THAT(Look(360s, Health::kBad, "/a /b"), IsEmpty());
}

TEST_F(ConditionBookTest, AProgramOfTheUsersIsBelievedAtOnce) {
  at_once_ = true;
  EXPECT_THAT(Look(0s, Health::kBad), ElementsAre("DiskBad"));
  EXPECT_THAT(Look(30s, Health::kBad), IsEmpty());
  EXPECT_THAT(Look(60s, Health::kGood), ElementsAre("DiskBad ended"));
}

TEST_F(ConditionBookTest, OfSeveralReasonsTheLastOneEndsIt) {
  at_once_ = true;
  book_.Expect("check", "DiskBad", "Bad");
  book_.Expect("check", "DiskBad", "Worse");
  EXPECT_THAT(Look(0s, Health::kGood), IsEmpty()) << "of the other nothing is known";
  EXPECT_THAT(Look(1s, Health::kBad, "", "Worse"), ElementsAre("DiskBad"));
  EXPECT_THAT(Look(2s, Health::kGood), IsEmpty());
  EXPECT_THAT(Look(3s, Health::kGood, "", "Worse"), ElementsAre("DiskBad ended"));
}

TEST_F(ConditionBookTest, WithoutAConditionEachTimeHasHappened) {
  condition_ = "";
  at_once_ = true;
  EXPECT_THAT(Look(0s, Health::kBad), SizeIs(1));
  EXPECT_THAT(Look(30s, Health::kBad), SizeIs(1));
  EXPECT_THAT(Look(60s, Health::kGood), IsEmpty());
  EXPECT_THAT(Look(90s, Health::kUnknown), IsEmpty());
}

TEST_F(ConditionBookTest, AMessageIsOneShortLine) {
  at_once_ = true;
  const auto told = book_.Take({.source = "plugin",
                                .at_once = true,
                                .at = kStart,
                                .judgements = {{.condition = "X",
                                                .health = Health::kBad,
                                                .reason = "Y",
                                                .message = "a\nb\x1b[2J" + std::string(5000, 'x')}}},
                               kStart, kWall);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_TRUE(told[0].message.starts_with("a b [2Jxxx"));
  EXPECT_LE(told[0].message.size(), ConditionBook::kMostMessage);
}

}  // namespace
}  // namespace loadline::agent
