#include "collector/repair/recorded_first.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace loadline::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Lead final : public Leadership {
 public:
  [[nodiscard]] std::optional<StandBy> StandingBy() const override { return standing; }
  [[nodiscard]] bool OnRecord(std::string_view key) const override {
    return recorded.contains(std::string(key));
  }

  std::optional<StandBy> standing;
  std::set<std::string> recorded;
};

class Hands final : public RepairExecutor {
 public:
  explicit Hands(std::vector<std::string>& begun) : begun_(begun) {}
  void Begin(const RepairIntent& order) override { begun_.push_back(order.id); }
  OrderNews Look(const RepairCase& /*repair*/) override { return {OrderState::kDone, "by hand"}; }

 private:
  std::vector<std::string>& begun_;
};

class RecordedFirstTest : public testing::Test {
 protected:
  RecordedFirstTest() {
    repair_.node = "web-1";
    repair_.step = RepairStep::kCordon;
    repair_.attempt = 1;
  }
  void Begin() { first_.Begin({.id = repair_.OrderId(), .node = "web-1", .step = repair_.step}); }

  Lead lead_;
  std::vector<std::string> begun_;
  RecordedFirst first_{&lead_, std::make_unique<Hands>(begun_)};
  RepairCase repair_;
};

TEST_F(RecordedFirstTest, AStepThatTakesANodeWaitsUntilItsRepairIsOnRecord) {
  Begin();
  EXPECT_EQ(first_.Look(repair_).state, OrderState::kUnderWay);
  EXPECT_THAT(begun_, IsEmpty());
  lead_.recorded.insert(repair_.Key());
  EXPECT_EQ(first_.Look(repair_).state, OrderState::kUnderWay);
  EXPECT_THAT(begun_, ElementsAre(repair_.OrderId()));
  EXPECT_EQ(first_.Look(repair_).detail, "by hand");
  // The next ones of the same repair do not wait.
  repair_.step = RepairStep::kDrain;
  Begin();
  EXPECT_EQ(begun_.size(), 2U);
}

TEST_F(RecordedFirstTest, WhatStillWaitsWhenTheLeadershipIsLostWasNotBegun) {
  Begin();
  lead_.standing = {"another collector, b, repairs here", true};
  const OrderNews news = first_.Look(repair_);
  EXPECT_EQ(news.state, OrderState::kNotBegun);
  EXPECT_EQ(news.detail, "another collector, b, repairs here");
  lead_.standing.reset();
  lead_.recorded.insert(repair_.Key());
  (void)first_.Look(repair_);
  EXPECT_THAT(begun_, IsEmpty()) << "it is decided anew";
}

TEST_F(RecordedFirstTest, WhatTakesNothingDoesNotWait) {
  repair_.step = RepairStep::kRestartAgent;
  Begin();
  EXPECT_THAT(begun_, ElementsAre(repair_.OrderId()));
}

TEST_F(RecordedFirstTest, WhereNobodyElseRepairsNothingWaits) {
  RecordedFirst alone(nullptr, std::make_unique<Hands>(begun_));
  alone.Begin({.id = repair_.OrderId(), .node = "web-1", .step = RepairStep::kDrain});
  EXPECT_THAT(begun_, ElementsAre(repair_.OrderId()));
}

}  // namespace
}  // namespace loadline::collector
