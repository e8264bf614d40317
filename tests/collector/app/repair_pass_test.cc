#include "collector/app/repair_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "collector/model/names.h"
#include "collector/store/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/told_cluster.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A pool of six nodes that all report, as long as nothing else is said.
class RepairPassTest : public ::testing::Test {
 protected:
  RepairPassTest() {
    for (int i = 1; i <= 6; ++i) {
      const std::string node = "web-" + std::to_string(i);
      model_.Greet({.node = node}, clock_.WallNow());
      cluster_.marks[node];
    }
    model_.Locate([this](const std::string& node) { return cluster_.NodeOf(node); }, clock_.WallNow());
    Start();
  }
  void Start() {
    pass_.reset();
    store_.reset();
    store_ = *SqliteStore::Open(folder_.path(), {});
    pass_.emplace(*store_, clock_);
    ASSERT_TRUE(pass_->Recover());
  }
  void Fault(const std::string& type) {
    cluster_.faults.push_back({.node = "web-2", .type = type, .status = "True", .reason = "Because"});
  }
  std::vector<std::string> Live(Duration time) {
    std::vector<std::string> said;
    for (const Mono end = clock_.Now() + time; clock_.Now() < end; clock_.Advance(1s)) {
      for (const auto& [node, _] : cluster_.marks) liveness_.Heard(node, clock_.Now(), 0s);
      liveness_.Tick(clock_.Now());
      judge_.Look(model_, liveness_, clock_.Now(), clock_.WallNow());
      for (const HappeningView& happening : pass_->Step(model_, judge_, cluster_)) {
        EXPECT_EQ(happening.node, "web-2");
        said.push_back(happening.text);
      }
    }
    return said;
  }

  TemporaryFolder folder_;
  ManualClock clock_;
  std::unique_ptr<Store> store_;
  CgroupNames names_;
  Model model_{{}, names_};
  Liveness liveness_{{}, Mono{}};
  Judge judge_{{}};
  test::ToldCluster cluster_;
  std::optional<RepairPass> pass_;
};

TEST_F(RepairPassTest, SaysWhatItWouldDoAndGoesOnAfterARestart) {
  EXPECT_THAT(Live(3min), IsEmpty());
  Fault("ReadonlyFilesystem");
  EXPECT_THAT(
      Live(2min),
      ElementsAre(
          "dry run: would cordon node web-2: disk read-only for 1 min: its condition ReadonlyFilesystem is "
          "True: Because",
          "dry run: would drain node web-2: disk read-only for 1 min 10 s: its condition ReadonlyFilesystem "
          "is True: Because"));
  Start();
  ASSERT_EQ(pass_->repairer().cases().size(), 1U);
  EXPECT_EQ(pass_->repairer().cases().begin()->second.done, RepairStep::kDrain);
  const auto said = Live(5min);
  ASSERT_EQ(said.size(), 1U) << "and not from the beginning";
  EXPECT_THAT(said[0], testing::StartsWith("dry run: would reboot node web-2"));
}

TEST_F(RepairPassTest, AClockThatIsSetMakesNoTroubleOlder) {
  Live(3min);
  Fault("ReadonlyFilesystem");
  Live(30s);
  clock_.StepWall(1h);
  EXPECT_THAT(Live(20s), IsEmpty());
  clock_.StepWall(-2h);
  EXPECT_EQ(Live(20s).size(), 1U);
}

TEST_F(RepairPassTest, WhatIsBeingUpgradedIsLeftAlone) {
  Live(3min);
  cluster_.marks["web-5"].annotations = {
      {"cluster-autoscaler.kubernetes.io/scale-down-disabled", "true"},
      {"kubernetes.azure.com/azure-cluster-autoscaler-scale-down-disabled-reason", "upgrade"}};
  Fault("ReadonlyFilesystem");
  EXPECT_THAT(Live(10min), IsEmpty());
}

}  // namespace
}  // namespace loadline::collector
