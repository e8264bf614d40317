#include "collector/kube_repair/repairs_on_lease.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Wall kTaken{1'764'600'060s};

TEST(RepairsOnLease, AreReadAsTheyWereWritten) {
  const RecordedRepair open{"web-3@1764600000000000001", "web", "eastus-1", kTaken, {}};
  const RecordedRepair closed{"db \"7\"@17", "", "", kTaken - 1h, kTaken};
  EXPECT_THAT(ReadRepairs(RepairsText({closed, open})), ElementsAre(open, closed)) << "the latest first";
  EXPECT_EQ(RepairsText({}), "[]");
}

TEST(RepairsOnLease, TheLatestAreKeptAndFitIntoAnAnnotation) {
  std::vector<RecordedRepair> many;
  for (int i = 0; i < 2000; ++i)
    many.push_back({fmt::format("aks-pool-with-a-long-name-12345678-vmss{:06}@1764600000000000000", i),
                    "pool-with-a-long-name", "eastus-1", kTaken + i * 1s, kTaken});
  const std::string text = RepairsText(many);
  EXPECT_LT(text.size(), 200'000U);
  const auto read = ReadRepairs(text);
  ASSERT_THAT(read, SizeIs(kMostOnLease));
  EXPECT_EQ(read.front().key, many.back().key);
}

TEST(RepairsOnLease, WhatOthersWroteIsLeftOut) {
  EXPECT_THAT(ReadRepairs(""), IsEmpty());
  EXPECT_THAT(ReadRepairs("{"), IsEmpty());
  EXPECT_THAT(ReadRepairs("{}"), IsEmpty());
  EXPECT_THAT(
      ReadRepairs(R"([1, null, {}, {"key": 7, "taken": 1}, {"key": "a@1"}, {"key": "", "taken": 1}])"),
      IsEmpty());
  EXPECT_THAT(ReadRepairs(R"([{"key": "a@1", "taken": -5}, {"key": "a@1", "taken": "now"}])"), IsEmpty());
  EXPECT_THAT(ReadRepairs(fmt::format(R"([{{"key": "{}", "taken": 1}}])", std::string(1000, 'x'))),
              IsEmpty());
  EXPECT_THAT(ReadRepairs(std::string(100'000, '[')), IsEmpty());
  EXPECT_THAT(ReadRepairs(R"([{"key": "a@1", "taken": 5, "pool": 7, "closed": "?"}])"),
              ElementsAre(RecordedRepair{"a@1", "", "", Wall(5ns), {}}));
}

}  // namespace
}  // namespace loadline::collector
