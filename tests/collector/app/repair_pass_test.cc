#include "collector/app/repair_pass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

// Acts at once on the cluster of the test, and fails when it is to.
class Hands final : public RepairExecutor {
 public:
  explicit Hands(test::ToldCluster& cluster) : cluster_(cluster) {}
  void Begin(const RepairIntent& order) override {
    begun.push_back(order);
    if (order.step == RepairStep::kCordon) cluster_.marks[order.node].cordoned = true;
    if (order.step == RepairStep::kUncordon) cluster_.marks[order.node].cordoned = false;
  }
  OrderNews Look(const RepairCase& /*repair*/) override { return news; }

  std::vector<RepairIntent> begun;
  OrderNews news{OrderState::kDone, "2 pods evicted"};

 private:
  test::ToldCluster& cluster_;
};

class Lead final : public Leadership {
 public:
  [[nodiscard]] std::optional<StandBy> StandingBy() const override { return standing; }
  void Record(std::vector<RecordedRepair> repairs) override { recorded = std::move(repairs); }
  [[nodiscard]] bool OnRecord(std::string_view key) const override {
    return writes && std::ranges::find(recorded, key, &RecordedRepair::key) != recorded.end();
  }
  [[nodiscard]] std::vector<RecordedRepair> Recorded() const override { return recorded; }

  std::optional<StandBy> standing;
  std::vector<RecordedRepair> recorded;
  bool writes = true;  // what is to be recorded gets there
};

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
    auto hands = std::make_unique<Hands>(cluster_);
    hands_ = hands.get();
    pass_.emplace(*store_, clock_, choice_, std::move(hands), &lead_);
    ASSERT_TRUE(pass_->Recover());
  }
  // The step that asks for a person.
  std::string Asking() const {
    for (const RepairView& repair : pass_->View().repairs) {
      if (repair.state == "asked") return repair.id;
    }
    return "";
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
        EXPECT_EQ(happening.node, happening.kind == "repair_stand_by" ? "" : "web-2");
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
  RepairChoice choice_;
  Lead lead_;
  Hands* hands_ = nullptr;  // in pass_
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

TEST_F(RepairPassTest, InModeAutoItActsAndReportsHowItWent) {
  choice_.options.mode = RepairMode::kAuto;
  choice_.options.can = StepsOf({});
  Start();
  Live(3min);
  Fault("KernelDeadlock");
  const std::string why = ": kernel hung for 1 min: its condition KernelDeadlock is True: Because";
  EXPECT_THAT(Live(1min + 5s), ElementsAre("repair: cordon node web-2" + why,
                                           "repair: cordon node web-2: done: 2 pods evicted"));
  EXPECT_TRUE(cluster_.marks["web-2"].cordoned);
  const std::vector<std::string> later = Live(3min);
  ASSERT_EQ(later.size(), 3U) << "drain, its end, and a page: to reboot is not in its power";
  EXPECT_THAT(later[2], testing::StartsWith("repair: page a person about node web-2"));
  const RepairsView view = pass_->View();
  ASSERT_EQ(view.repairs.size(), 1U);
  EXPECT_TRUE(view.repairs[0].told);
  EXPECT_EQ(view.repairs[0].step, "page");
  // It is well, and everything is taken back.
  cluster_.faults.clear();
  const std::vector<std::string> back = Live(6min);
  ASSERT_EQ(back.size(), 2U);
  EXPECT_THAT(back[0], testing::StartsWith("repair: uncordon node web-2"));
  EXPECT_EQ(back[1], "repair of node web-2 is over: it was well again");
  EXPECT_FALSE(cluster_.marks["web-2"].cordoned);
}

TEST_F(RepairPassTest, InModeAskNothingIsDoneWithoutAPerson) {
  choice_.options.mode = RepairMode::kAsk;
  Start();
  Live(3min);
  Fault("KernelDeadlock");
  const auto said = Live(2min);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_THAT(said[0], testing::StartsWith("approval needed: cordon node web-2: kernel hung for 1 min"));
  EXPECT_THAT(hands_->begun, IsEmpty());
  EXPECT_EQ(pass_->Approve("no such", "alice").error().kind, ErrorKind::kNotFound);
  const std::string asking = Asking();
  ASSERT_NE(asking, "");
  Start();
  EXPECT_EQ(Asking(), asking) << "a question outlives a restart";
  Live(2min + 1s);
  ASSERT_TRUE(pass_->Approve(asking, "alice"));
  EXPECT_EQ(Live(3s).size(), 2U) << "once it is on record";
  ASSERT_EQ(hands_->begun.size(), 1U);
  EXPECT_EQ(hands_->begun[0].id, asking);
  Live(1min);
  ASSERT_NE(Asking(), asking);
  ASSERT_TRUE(pass_->Refuse(Asking(), "bob"));
  Live(1h);
  EXPECT_EQ(hands_->begun.size(), 1U) << "whoever refuses has taken over";
  EXPECT_EQ(pass_->View().repairs[0].detail, "refused by bob");
}

TEST_F(RepairPassTest, AStepThatFailsIsReportedWithItsReason) {
  choice_.options.mode = RepairMode::kAuto;
  Start();
  hands_->news = {OrderState::kFailed, "nodes is forbidden"};
  Live(3min);
  Fault("KernelDeadlock");
  const auto said = Live(1min + 3s);
  ASSERT_EQ(said.size(), 2U);
  EXPECT_EQ(said[1], "repair: cordon node web-2: failed: nodes is forbidden");
}

TEST_F(RepairPassTest, ShowsANodeThatWaitsAndWhy) {
  Live(3min);
  Fault("ReadonlyFilesystem");
  Live(5s);
  const RepairsView view = pass_->View();
  ASSERT_EQ(view.repairs.size(), 1U);
  EXPECT_EQ(view.repairs[0].state, "waiting");
  EXPECT_EQ(view.repairs[0].trouble, "disk read-only");
  EXPECT_EQ(view.repairs[0].step, "cordon");
  EXPECT_EQ(view.repairs[0].id, "");
  EXPECT_THAT(view.repairs[0].held, testing::HasSubstr("lasts for 4 s, and has to for 1 min"));
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

TEST_F(RepairPassTest, WhoRepairsIsShownAndIsNewsWhenItChanges) {
  choice_.options.mode = RepairMode::kAuto;
  lead_.standing = {"it is not known yet whether another collector repairs here", false};
  Start();
  EXPECT_THAT(Live(1s), IsEmpty()) << "the first moments are no news";
  lead_.standing = {"another collector, b, repairs here", true};
  EXPECT_THAT(Live(3min), ElementsAre("repair stands by: another collector, b, repairs here"));
  Fault("KernelDeadlock");
  EXPECT_THAT(Live(5min), IsEmpty());
  EXPECT_THAT(hands_->begun, IsEmpty());
  const RepairsView view = pass_->View();
  ASSERT_EQ(view.repairs.size(), 1U);
  EXPECT_EQ(view.repairs[0].held_by, "stand-by");
  EXPECT_EQ(view.repairs[0].held, "another collector, b, repairs here");
  lead_.standing.reset();
  EXPECT_THAT(Live(1s), ElementsAre("repair: this collector repairs here now"));
  Live(3min);
  EXPECT_FALSE(hands_->begun.empty());
}

TEST_F(RepairPassTest, WhoStandsByIsSaidWhenAllNodesAreWell) {
  EXPECT_EQ(pass_->View().stand_by, "");
  lead_.standing = {"another collector, b, repairs here", true};
  Live(1s);
  EXPECT_EQ(pass_->View().stand_by, "another collector, b, repairs here");
  lead_.standing.reset();
  Live(1s);
  EXPECT_EQ(pass_->View().stand_by, "");
}

TEST_F(RepairPassTest, NothingIsBegunBeforeItIsOnRecord) {
  choice_.options.mode = RepairMode::kAuto;
  lead_.writes = false;
  Start();
  Live(3min);
  Fault("KernelDeadlock");
  Live(3min);
  EXPECT_THAT(hands_->begun, IsEmpty());
  EXPECT_EQ(lead_.recorded.size(), 1U);
  lead_.writes = true;
  Live(5s);
  EXPECT_FALSE(hands_->begun.empty());
}

TEST_F(RepairPassTest, WhatAnotherOneRepairedCountsForRatesAndCoolDownsAfterATakeover) {
  choice_.options.mode = RepairMode::kAuto;
  // What it did to web-2 is over for five minutes.
  const Wall now = clock_.WallNow();
  const auto key = [&](const char* node) { return RepairCase{.node = node, .opened = now - 20min}.Key(); };
  lead_.standing = {"another collector, b, repairs here", true};
  lead_.recorded = {{key("web-2"), "web", "", now - 19min, now - 5min}};
  Start();
  Live(10s);
  EXPECT_TRUE(pass_->repairer().cases().empty()) << "that is the other one's";
  lead_.standing.reset();
  EXPECT_THAT(Live(1s), ElementsAre("repair: this collector repairs here now"))
      << "what it learns is no news";
  Fault("KernelDeadlock");
  Live(5min);
  EXPECT_THAT(hands_->begun, IsEmpty());
  const auto held_by = [&] {
    for (const RepairView& repair : pass_->View().repairs) {
      if (repair.node == "web-2" && !repair.closed) return repair.held_by;
    }
    return std::string();
  };
  EXPECT_EQ(held_by(), "cool-down");
  Live(19min);
  EXPECT_THAT(hands_->begun, IsEmpty());
  // Half an hour after the end of its last repair.
  Live(2min);
  EXPECT_FALSE(hands_->begun.empty());
  EXPECT_EQ(lead_.recorded.size(), 2U);
  // A restart knows it by its own journal, and nothing twice.
  Start();
  Live(1min);
  EXPECT_EQ(pass_->repairer().cases().size(), 2U);
}

TEST_F(RepairPassTest, ARepairThatAnotherOneHasJustBegunTakesTheRate) {
  choice_.options.mode = RepairMode::kAuto;
  const Wall now = clock_.WallNow();
  lead_.recorded = {{RepairCase{.node = "web-5", .opened = now}.Key(), "web", "", now, {}}};
  Start();
  Fault("KernelDeadlock");
  Live(9min);
  EXPECT_THAT(hands_->begun, IsEmpty());
  Live(2min);
  EXPECT_FALSE(hands_->begun.empty());
}

}  // namespace
}  // namespace loadline::collector
