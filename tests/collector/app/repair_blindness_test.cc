// The collector is the sick one: it stands still, its clock is set, or it is cut off from most nodes. Whatever it then holds of
// them, nobody is repaired for it, and no wave follows when it sees again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "collector/app/repair_pass.h"
#include "collector/model/names.h"
#include "collector/store/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told_cluster.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::Test;
using ::testing::Values;
using ::testing::WithParamInterface;

constexpr int kNodes = 100;

// A hundred nodes in five pools, in mode auto, where whoever does not answer counts as gone: the boldest there is.
class RepairBlindnessTest : public Test {
 protected:
  RepairBlindnessTest() {
    for (int i = 0; i < kNodes; ++i) {
      nodes_.push_back("pool" + std::to_string(i % 5) + "-" + std::to_string(i));
      model_.Greet({.node = nodes_.back()}, clock_.WallNow());
      cluster_.marks[nodes_.back()];
    }
    model_.Locate([this](const std::string& node) { return cluster_.NodeOf(node); }, clock_.WallNow());
    RepairChoice choice;
    choice.options.mode = RepairMode::kAuto;
    choice.unanswered_is_gone = true;
    pass_.emplace(*store_, clock_, std::move(choice), std::make_unique<NobodyRepairs>());
    EXPECT_TRUE(pass_->Recover());
    Live(5min);
  }

  // Of which the first `cut` neither send heartbeats nor answer.
  void Live(Duration time, int cut = 0) {
    const Mono began = clock_.Now();
    for (; clock_.Now() < began + time; clock_.Advance(1s)) {
      for (int i = cut; i < kNodes; ++i)
        liveness_.Heard(nodes_[static_cast<std::size_t>(i)], clock_.Now(), 0s);
      liveness_.Tick(clock_.Now());
      const auto witness_of = [&](const std::string& node) {
        const auto number = std::ranges::find(nodes_, node) - nodes_.begin();
        return Witness{.knows = true, .unanswered = number < cut ? 10 : 0};
      };
      judge_.Look(model_, liveness_, clock_.Now(), clock_.WallNow(), witness_of);
      pass_->Step(model_, judge_, cluster_);
      for (const auto& [key, repair] : pass_->repairer().cases()) repaired_.insert(repair.node);
      if (judge_.in_doubt() && !blind_after_) blind_after_ = clock_.Now() - began;
    }
  }

  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Store> store_ = *SqliteStore::Open(folder_.path(), {});
  CgroupNames names_;
  Model model_{{}, names_};
  Liveness liveness_{{}, Mono{}};
  Judge judge_{{}};
  test::ToldCluster cluster_;
  std::vector<std::string> nodes_;
  std::optional<RepairPass> pass_;
  std::set<std::string> repaired_;
  std::optional<Duration> blind_after_;
};

TEST_F(RepairBlindnessTest, OneNodeThatDiesIsRepaired) {
  Live(1min, 1);
  EXPECT_EQ(repaired_.size(), 1U) << "or the tests below show nothing";
  EXPECT_FALSE(blind_after_);
}

class CutOff : public RepairBlindnessTest, public WithParamInterface<int> {};

TEST_P(CutOff, FromMostNodesItIsBlindWithinFiveSecondsAndRepairsNobody) {
  Live(5min, GetParam());
  ASSERT_TRUE(blind_after_);
  EXPECT_LE(*blind_after_, 5s);
  Live(20min);
  EXPECT_THAT(repaired_, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Nodes, CutOff, Values(100, 60, 54));

TEST_F(RepairBlindnessTest, AZoneThatIsLostIsAStormAndNoHundredRepairs) {
  // The API server misses them, too.
  for (int i = 0; i < 33; ++i)
    cluster_.faults.push_back(
        {.node = nodes_[static_cast<std::size_t>(i)], .type = "Ready", .status = "Unknown"});
  Live(30min, 33);
  EXPECT_THAT(repaired_, IsEmpty());
}

TEST_F(RepairBlindnessTest, NodesThatTheCollectorAloneDoesNotReachAreLeftToPeople) {
  Live(30min, 33);
  EXPECT_EQ(repaired_.size(), 33U) << "people are told of each";
  for (const auto& [key, repair] : pass_->repairer().cases())
    EXPECT_EQ(repair.step, RepairStep::kPage) << repair.node;
}

class StandsStill : public RepairBlindnessTest, public WithParamInterface<int> {};

TEST_P(StandsStill, TimeThatItDidNotSeeProvesNothing) {
  clock_.Advance(std::chrono::seconds(GetParam()));
  Live(20min);
  EXPECT_THAT(repaired_, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Seconds, StandsStill, Values(1, 5, 12, 60, 300));

TEST_F(RepairBlindnessTest, AStarvedLoopProvesNothing) {
  for (int i = 0; i < 30; ++i) {
    clock_.Advance(7s);
    Live(1s);
  }
  Live(20min);
  EXPECT_THAT(repaired_, IsEmpty());
}

TEST_F(RepairBlindnessTest, AClockThatIsSetProvesNothing) {
  clock_.StepWall(1h);
  Live(10min);
  clock_.StepWall(-2h);
  Live(10min);
  EXPECT_THAT(repaired_, IsEmpty());
}

}  // namespace
}  // namespace loadline::collector
