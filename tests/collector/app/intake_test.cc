#include "collector/app/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class IntakeTest : public ::testing::Test {
 protected:
  void Add(const std::string& node, std::uint64_t sequence, std::size_t bytes = 1000) {
    intake_.Add(
        {.id = {node, 1, sequence}, .boot_id = {}, .received = {}, .frame = wire::Frame(bytes), .record = {}},
        static_cast<Bytes>(bytes), now_);
  }
  // "a1": node and sequence.
  static std::vector<std::string> Names(const Intake::Batch& batch) {
    std::vector<std::string> names;
    for (const Intake::Waiting& one : batch)
      names.push_back(one.record.id.node + std::to_string(one.record.id.sequence));
    return names;
  }
  Intake::Batch Next(Bytes most = kMiB) {
    return intake_.Next(most, now_, [this](const std::string& node) { return node != without_share_; });
  }

  Mono now_{1h};
  std::string without_share_;
  Intake intake_{{.node_rate = 3000, .relief = 40'000, .records = 100}};
};

TEST_F(IntakeTest, NodesTakeTurnsAndEachKeepsItsOrder) {
  for (int i = 1; i <= 3; ++i) Add("a", i);
  Add("b", 1);
  Add("c", 1);
  EXPECT_THAT(Names(Next(4000)), ElementsAre("a1", "b1", "c1", "a2"));
  EXPECT_THAT(Names(Next()), ElementsAre("a3"));
  EXPECT_TRUE(intake_.empty());
}

TEST_F(IntakeTest, OneThatIsLargerThanABatchGoesAlone) {
  Add("a", 1, 5000);
  Add("a", 2);
  EXPECT_THAT(Names(Next(100)), ElementsAre("a1"));
}

TEST_F(IntakeTest, ABatchIsAsLongAsWhatItCosts) {
  for (std::uint64_t i = 1; i <= 4; ++i) {
    intake_.Add({.id = {"a", 1, i}, .boot_id = {}, .received = {}, .frame = wire::Frame(10), .record = {}},
                1000, now_);
  }
  EXPECT_THAT(Names(Next(2500)), ElementsAre("a1", "a2"));
}

TEST_F(IntakeTest, ANodeThatHasSpentItsBudgetWaitsAndOthersDoNot) {
  for (int i = 1; i <= 20; ++i) Add("a", i);
  EXPECT_EQ(Next().size(), 12U) << "four minutes' worth at once";
  EXPECT_THAT(Next(), IsEmpty());
  ASSERT_EQ(intake_.held().size(), 1U);
  EXPECT_EQ(intake_.held().at("a").bytes, 8000);
  Add("b", 1);
  EXPECT_THAT(Names(Next()), ElementsAre("b1"));
  now_ += 60s;
  EXPECT_THAT(Names(Next()), ElementsAre("a13", "a14", "a15"));
  now_ += 1h;
  EXPECT_EQ(Next().size(), 5U);
  EXPECT_THAT(intake_.held(), IsEmpty());
}

TEST_F(IntakeTest, WhatCouldNotBeCommittedComesAgainFirstAndIsPaidOnce) {
  for (int i = 1; i <= 12; ++i) Add("a", i);
  for (int i = 0; i < 5; ++i) intake_.PutBack(Next());
  EXPECT_EQ(intake_.bytes(), 12'000);
  EXPECT_EQ(intake_.records(), 12U);
  const Intake::Batch all = Next();
  EXPECT_EQ(all.size(), 12U);
  EXPECT_THAT(Names(all).front(), "a1");
}

TEST_F(IntakeTest, ANodeWithoutAShareOfTheStoreWaitsHoweverSmallItsRecords) {
  without_share_ = "a";
  Add("a", 1);
  Add("b", 1);
  EXPECT_THAT(Names(Next()), ElementsAre("b1"));
  EXPECT_EQ(intake_.held().count("a"), 1U);
  without_share_.clear();
  EXPECT_THAT(Names(Next()), ElementsAre("a1"));
}

TEST_F(IntakeTest, WhenAllHaveMuchToSayNobodyWaitsForItsBudget) {
  for (const char* node : {"a", "b", "c"}) {
    for (int i = 1; i <= 20; ++i) Add(node, i);
  }
  EXPECT_EQ(Next().size(), 60U) << "60 KB wait, more than the relief of 40";
}

TEST_F(IntakeTest, WhatIsBelievedWhileTheStoreIsAwayIsShownOnceAndGoesFirst) {
  for (const std::string node : {"a", "b"}) {
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence) Add(node, sequence);
  }
  std::vector<std::string> believed;
  const auto believe = [&](std::size_t most) {
    intake_.EachNew([&](const IngestedRecord& record) {
      believed.push_back(record.id.node + std::to_string(record.id.sequence));
      return believed.size() < most;
    });
  };
  believe(2);
  believe(100);
  EXPECT_THAT(believed, ElementsAre("a1", "b1", "a2", "b2", "a3", "b3"));
  // It has been paid for: neither budget nor share hold it up, also after it could not be stored.
  without_share_ = "a";
  Intake::Batch batch = Next();
  EXPECT_THAT(Names(batch), UnorderedElementsAre("a1", "b1", "a2", "b2", "a3", "b3"));
  intake_.PutBack(std::move(batch));
  Add("a", 4);
  EXPECT_THAT(Names(Next()), Not(Contains("a4")));
}

}  // namespace
}  // namespace loadline::collector
