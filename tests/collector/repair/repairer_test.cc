#include "collector/repair/repairer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using enum NodeTrouble;
using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Wall kStart = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

// Nodes whose troubles are set by hand, looked at every ten seconds. Whatever is ordered succeeds ten seconds later;
// what a reboot mends is said.
class RepairerTest : public ::testing::Test {
 protected:
  void Have(const std::string& pool, int nodes, const std::string& zone = "") {
    for (int i = 1; i <= nodes; ++i)
      fleet_.nodes.push_back({.name = fmt::format("{}-{}", pool, i), .pool = pool, .zone = zone});
  }
  void Use(RepairMode mode) { options_.mode = mode; }
  RepairNode& At(const std::string& name) {
    return *std::ranges::find(fleet_.nodes, name, &RepairNode::name);
  }
  void Fall(const std::string& name, NodeTrouble trouble) { At(name).trouble = trouble; }

  // What was said in that time, as "5 min reboot web-1".
  std::vector<std::string> Live(Duration time) {
    if (!repairer_) repairer_.emplace(options_);
    std::vector<std::string> said;
    for (const Wall end = now_ + time; now_ < end; now_ += 10s) {
      for (const std::string& id : std::exchange(under_way_, {})) repairer_->Ended(id, end_, "", now_);
      outcome_ = repairer_->Step(fleet_, now_);
      for (const RepairIntent& intent : outcome_.intents) {
        said.push_back(fmt::format("{} {}{} {}", FormatSeconds(Seconds(now_ - kStart)),
                                   intent.mode == RepairMode::kAsk ? "ask " : "", Name(intent.step),
                                   intent.node));
        if (intent.mode != RepairMode::kAuto) continue;
        Carry(intent);
      }
    }
    return said;
  }
  // "web-1: patience: ..."
  std::vector<std::string> Held() const {
    std::vector<std::string> held;
    for (const HeldBack& one : outcome_.held)
      held.push_back(fmt::format("{}: {}: {}", one.node, Name(one.why), one.words));
    return held;
  }
  std::string IdOf(const std::string& node) const {
    for (const auto& [_, repair] : repairer_->cases()) {
      if (repair.node == node && repair.open()) return repair.OrderId();
    }
    return "";
  }
  // As the collector does after a kill: what was saved, and nothing else.
  void Restart() {
    const auto saved = repairer_->cases();
    repairer_.emplace(options_);
    for (const auto& [_, repair] : saved) repairer_->Restore(repair, now_);
  }

  RepairOptions options_{.mode = RepairMode::kAuto};
  std::optional<Repairer> repairer_;
  Fleet fleet_;
  Wall now_ = kStart;
  Repairer::Outcome outcome_;
  StepEnd end_ = StepEnd::kDone;
  bool answers_ = true;
  std::string mended_by_reboot_;

 private:
  void Carry(const RepairIntent& intent) {
    if (!answers_) return;
    under_way_.push_back(intent.id);
    if (end_ != StepEnd::kDone) return;
    if (intent.step == RepairStep::kCordon) At(intent.node).cordoned = true;
    if (intent.step == RepairStep::kUncordon) At(intent.node).cordoned = false;
    if (intent.step == RepairStep::kReboot && intent.node == mended_by_reboot_)
      At(intent.node).trouble = kNone;
  }

  std::vector<std::string> under_way_;
};

// ---- one node

TEST_F(RepairerTest, ClimbsTheLadderUntilTheNodeIsWellAndTakesItsCordonBack) {
  Have("web", 6);
  mended_by_reboot_ = "web-2";
  EXPECT_THAT(Live(5min), IsEmpty());
  Fall("web-2", kDiskReadOnly);
  EXPECT_THAT(Live(30min), ElementsAre("6 min cordon web-2", "6 min 20 s drain web-2",
                                       "11 min 30 s reboot web-2", "16 min 40 s uncordon web-2"));
  EXPECT_EQ(IdOf("web-2"), "") << "it is over";
  EXPECT_THAT(Held(), IsEmpty());
}

TEST_F(RepairerTest, PassesOverWhatNobodyHereCanDo) {
  options_.can = {RepairStep::kCordon, RepairStep::kDrain};
  Have("web", 6);
  Live(5min);
  Fall("web-2", kKernelHung);
  EXPECT_THAT(Live(1h), ElementsAre("6 min cordon web-2", "6 min 20 s drain web-2", "7 min 30 s page web-2"));
}

TEST_F(RepairerTest, WhatNothingHelpsIsAPersonsAndNothingFollows) {
  Have("web", 6);
  Live(5min);
  Fall("web-2", kGone);
  EXPECT_THAT(Live(1h), ElementsAre("5 min 10 s cordon web-2", "5 min 30 s drain web-2",
                                    "8 min 40 s replace web-2", "28 min 50 s page web-2"));
  EXPECT_THAT(Held(), ElementsAre("web-2: told: a person was told"));
}

TEST_F(RepairerTest, ADeadAgentCostsNobodyAnything) {
  Have("web", 1);
  Live(5min);
  Fall("web-1", kAgentDead);
  EXPECT_THAT(Live(1h), ElementsAre("7 min restart agent web-1", "12 min 10 s page web-1"));
}

TEST_F(RepairerTest, EachIntentSaysWhy) {
  Have("web", 6);
  Live(5min);
  Fall("web-2", kKubeletDead);
  At("web-2").evidence = "its healthz answers nothing";
  Live(1min);
  EXPECT_THAT(Held(), ElementsAre("web-2: too soon: 'kubelet dead' lasts for 50 s, and has to for 2 min"));
  Live(70s);
  ASSERT_EQ(outcome_.intents.size(), 1U);
  EXPECT_EQ(outcome_.intents[0].reason, "kubelet dead for 2 min: its healthz answers nothing");
}

TEST_F(RepairerTest, AnotherTroubleGoesOnFromTheSameHeight) {
  Have("web", 6);
  Live(5min);
  Fall("web-2", kKernelHung);
  Live(2min);
  Fall("web-2", kMemoryPressure);
  EXPECT_THAT(Live(1h), ElementsAre("17 min page web-2")) << "and pressure never to a reboot";
}

TEST_F(RepairerTest, AFailedStepIsFollowedByTheNextOne) {
  Have("web", 6);
  end_ = StepEnd::kFailed;
  Live(5min);
  Fall("web-2", kKubeletDead);
  EXPECT_THAT(Live(20min),
              ElementsAre("7 min cordon web-2", "8 min 10 s reboot web-2", "18 min 20 s replace web-2"));
}

TEST_F(RepairerTest, AStepOfWhichNothingIsHeardIsNeverMadeAgain) {
  Have("web", 6);
  answers_ = false;
  Live(5min);
  Fall("web-2", kKubeletDead);
  EXPECT_THAT(Live(4h), ElementsAre("7 min cordon web-2", "1 h 37 min page web-2"));
}

TEST_F(RepairerTest, AStepThatWasNotBegunIsDecidedAnewUnderAnotherName) {
  Have("web", 6);
  Live(5min);
  Fall("web-2", kKubeletDead);
  answers_ = false;
  Live(130s);
  const std::string id = IdOf("web-2");
  repairer_->Ended(id, StepEnd::kNotBegun, "", now_);
  EXPECT_THAT(Live(10s), ElementsAre("7 min 10 s cordon web-2"));
  EXPECT_NE(IdOf("web-2"), id);
}

TEST_F(RepairerTest, ANodeThatFallsIllAgainAndAgainIsAPersons) {
  Have("web", 6);
  Live(5min);
  for (int i = 0; i < 3; ++i) {
    Fall("web-2", kKubeletDead);
    EXPECT_THAT(Live(1min), IsEmpty());
    if (i < 2) Fall("web-2", kNone);
    EXPECT_THAT(Live(1min), IsEmpty());
  }
  EXPECT_THAT(Live(1h), ElementsAre("11 min page web-2"));
}

TEST_F(RepairerTest, AfterARepairANodeHasTimeAndAfterTwoAPersonLooks) {
  Have("web", 6);
  options_.limits.pool.day_least = options_.limits.cluster.day_least = 9;
  mended_by_reboot_ = "web-2";
  Live(5min);
  Fall("web-2", kKubeletDead);
  EXPECT_THAT(Live(10min),
              ElementsAre("7 min cordon web-2", "8 min 10 s reboot web-2", "13 min 20 s uncordon web-2"));
  Fall("web-2", kKubeletDead);
  EXPECT_THAT(Live(10min), IsEmpty());
  EXPECT_THAT(Held(), ElementsAre(HasSubstr("cool-down: its last repair ended 11 min 20 s ago")));
  EXPECT_THAT(Live(30min), ElementsAre("43 min 30 s cordon web-2", "44 min 40 s reboot web-2",
                                       "49 min 50 s uncordon web-2"));
  Fall("web-2", kKubeletDead);
  Live(1h);
  EXPECT_THAT(Held(), ElementsAre("web-2: told: a person was told"));
}

// ---- who else is at work

TEST_F(RepairerTest, WhereSomebodyElseIsAtWorkItStandsDown) {
  Have("web", 6), Have("db", 6);
  Live(5min);
  Fall("web-2", kGone);
  At("web-2").maintenance = {MaintenanceKind::kOtherRepair, "AKS's auto-repair reboots it since 3 min"};
  Fall("db-1", kDiskReadOnly);
  At("db-1").cordoned = true;
  EXPECT_THAT(Live(20min), IsEmpty());
  EXPECT_THAT(Held(), ElementsAre("db-1: maintenance: somebody else has cordoned it",
                                  "web-2: maintenance: AKS's auto-repair reboots it since 3 min"));
}

TEST_F(RepairerTest, WhileAPoolIsUpgradedNoneOfItsNodesIsRepaired) {
  Have("web", 20), Have("db", 20);
  Live(5min);
  At("web-1").maintenance = {MaintenanceKind::kUpgrade, "it is being upgraded"};
  Fall("web-2", kGone), Fall("db-2", kGone);
  EXPECT_THAT(Live(1min), ElementsAre("5 min 10 s cordon db-2", "5 min 30 s drain db-2"));
  EXPECT_THAT(Held(), testing::Contains("web-2: upgrade: its pool is being upgraded"));
}

TEST_F(RepairerTest, WhoseCordonWasTakenBackByOthersIsNotUncordonedAgain) {
  Have("web", 6);
  Live(5min);
  Fall("web-2", kPartitioned);
  EXPECT_THAT(Live(3min), ElementsAre("7 min cordon web-2"));
  Fall("web-2", kNone);
  At("web-2").cordoned = false;
  EXPECT_THAT(Live(10min), IsEmpty());
  EXPECT_EQ(IdOf("web-2"), "");
}

// ---- the envelope

TEST_F(RepairerTest, ABlindCollectorDoesNothingAndNoWaveFollows) {
  Have("web", 20);
  Live(5min);
  fleet_.blind = true;
  for (RepairNode& node : fleet_.nodes) node.trouble = kGone;
  EXPECT_THAT(Live(10min), IsEmpty());
  EXPECT_THAT(Held(), testing::Each(HasSubstr("blind")));
  fleet_.blind = false;
  for (RepairNode& node : fleet_.nodes) node.trouble = kNone;
  Fall("web-7", kGone);
  EXPECT_THAT(Live(110s), IsEmpty());
  EXPECT_THAT(Held(), ElementsAre(HasSubstr("web-7: settling: the collector looks on for 2 min first")));
  EXPECT_THAT(Live(20s), ElementsAre("17 min cordon web-7"));
}

TEST_F(RepairerTest, ACollectorThatStoodStillLooksAnew) {
  Have("web", 20);
  Live(5min);
  Fall("web-7", kKubeletDead);
  EXPECT_THAT(Live(30s), IsEmpty());
  now_ += 5min;
  EXPECT_THAT(Live(110s), IsEmpty()) << "that it lasted all the time nobody has seen";
  EXPECT_THAT(Held(), ElementsAre(HasSubstr("web-7: settling")));
  EXPECT_THAT(Live(30s), ElementsAre("12 min 30 s cordon web-7"));
  now_ -= 5min;
  EXPECT_THAT(Live(10s), IsEmpty()) << "nor does a clock that is set back count";
}

TEST_F(RepairerTest, ATroubleSeenOnAllNodesAtOnceIsNotBelieved) {
  Have("web", 20), Have("db", 20);
  Live(5min);
  for (RepairNode& node : fleet_.nodes) node.trouble = kKernelHung;
  EXPECT_THAT(Live(15min), IsEmpty());
  EXPECT_TRUE(outcome_.storm);
  EXPECT_THAT(Held(), testing::Each(HasSubstr(": storm: too many nodes fell ill at once")));
  EXPECT_EQ(outcome_.held.size(), 40U);
  EXPECT_THAT(Live(30min), IsEmpty());
  EXPECT_FALSE(outcome_.storm);
  EXPECT_THAT(Held(), testing::Each(HasSubstr(": last fit: 0 other nodes of pool")));
}

TEST_F(RepairerTest, WhatComesOneByOneIsStoppedByTheLevelAndTheDay) {
  Have("web", 10);
  options_.limits.flap_window = 1s;
  mended_by_reboot_ = "";
  Live(5min);
  std::vector<std::string> taken;
  for (int i = 1; i <= 10; ++i) {
    Fall(fmt::format("web-{}", i), kKubeletDead);
    for (const std::string& said : Live(58min)) {
      if (said.find(" cordon ") != std::string::npos) taken.push_back(said.substr(said.rfind(' ') + 1));
    }
  }
  EXPECT_THAT(taken, ElementsAre("web-1", "web-2")) << "a fifth of the pool";
}

TEST_F(RepairerTest, TheLastFitNodeOfAPoolIsNeverTaken) {
  Have("web", 1), Have("db", 20);
  Live(5min);
  Fall("web-1", kGone);
  EXPECT_THAT(Live(30min), IsEmpty());
  EXPECT_THAT(Held(), ElementsAre("web-1: last fit: 0 other nodes of pool 'web' are fit, and 1 must be"));
  EXPECT_THAT(Live(1h), ElementsAre("1 h 5 min page web-1")) << "but nobody is forgotten";
}

TEST_F(RepairerTest, TheOnlyNodeOfAPoolIsRepairedWhereThatIsAllowed) {
  Have("web", 1), Have("db", 20);
  options_.limits.fit_left = 0;
  Live(5min);
  Fall("web-1", kGone);
  EXPECT_THAT(Live(1min), ElementsAre("5 min 10 s cordon web-1", "5 min 30 s drain web-1"));
}

TEST_F(RepairerTest, TheWorstGoesFirstAndTheOthersWait) {
  Have("web", 20);
  Live(5min);
  Fall("web-1", kDiskReadOnly), Fall("web-2", kGone);
  Live(2min);
  EXPECT_EQ(IdOf("web-1"), "");
  EXPECT_THAT(Held(),
              ElementsAre("web-1: in flight: 1 of pool 'web' is being repaired, and at most 1 may be at the "
                          "same time",
                          HasSubstr("web-2: patience: 'drain' has")));
}

TEST_F(RepairerTest, TheOrderInWhichNodesAreListedChangesNothing) {
  Have("web", 20);
  Live(5min);
  Fall("web-9", kGone), Fall("web-4", kGone);
  const Repairer before = *repairer_;
  const auto outcome = Live(1min);
  repairer_ = before;
  now_ -= 1min;
  std::ranges::reverse(fleet_.nodes);
  At("web-4").cordoned = At("web-9").cordoned = false;
  EXPECT_THAT(Live(1min), testing::ContainerEq(outcome));
  EXPECT_THAT(outcome, ElementsAre("5 min 10 s cordon web-4", "5 min 30 s drain web-4"));
}

// ---- modes

TEST_F(RepairerTest, OffDoesNothingAndSaysSo) {
  Have("web", 6);
  Use(RepairMode::kOff);
  Live(5min);
  Fall("web-2", kGone);
  EXPECT_THAT(Live(2h), IsEmpty());
  EXPECT_THAT(Held(), ElementsAre("web-2: off: the mode of its pool is off"));
}

TEST_F(RepairerTest, ADryRunSaysWhatItWouldDoAndTakesNoPlaceOfWhatIsDone) {
  Have("web", 20), Have("db", 20);
  options_.pools["web"] = RepairMode::kDryRun;
  options_.limits.cluster.in_flight = options_.limits.cluster.starts = 1;
  Live(5min);
  Fall("web-2", kGone);
  EXPECT_THAT(Live(1min), ElementsAre("5 min 10 s cordon web-2", "5 min 20 s drain web-2"));
  EXPECT_EQ(repairer_->cases().begin()->second.detail, "dry run: nothing was done");
  Fall("db-2", kGone);
  EXPECT_THAT(Live(1min), ElementsAre("6 min 10 s cordon db-2", "6 min 30 s drain db-2"));
}

TEST_F(RepairerTest, AStepThatAsksWaitsForAPersonAndIsCheckedAgain) {
  Have("web", 20);
  Use(RepairMode::kAsk);
  Live(5min);
  Fall("web-2", kKernelHung);
  EXPECT_THAT(Live(20min), ElementsAre("6 min ask cordon web-2"));
  const std::string id = IdOf("web-2");
  EXPECT_FALSE(repairer_->Approve("web-2@1/1/1", "ann", now_));
  ASSERT_TRUE(repairer_->Approve(id, "ann", now_));
  EXPECT_FALSE(repairer_->Approve(id, "bob", now_)) << "once";
  EXPECT_THAT(Live(1min), ElementsAre("25 min cordon web-2", "25 min 20 s ask drain web-2"));
  ASSERT_TRUE(repairer_->Approve(IdOf("web-2"), "ann", now_));
  At("web-2").maintenance = {MaintenanceKind::kOtherRepair, "AKS is at it"};
  EXPECT_THAT(Live(15min), IsEmpty());
  At("web-2").maintenance.reset();
  EXPECT_THAT(Live(1min), ElementsAre("41 min ask drain web-2")) << "an approval does not hold for ever";
  ASSERT_TRUE(repairer_->Refuse(IdOf("web-2"), "bob", now_));
  EXPECT_THAT(Live(3h), IsEmpty());
  EXPECT_THAT(Held(), ElementsAre("web-2: refused: 'drain' was refused: refused by bob"));
}

// ---- what lasts

TEST_F(RepairerTest, AfterARestartARepairGoesOnWhereItWas) {
  Have("web", 6);
  mended_by_reboot_ = "web-2";
  Live(5min);
  Fall("web-2", kDiskReadOnly);
  EXPECT_THAT(Live(2min), ElementsAre("6 min cordon web-2", "6 min 20 s drain web-2"));
  Restart();
  EXPECT_THAT(Live(10min), ElementsAre("11 min 30 s reboot web-2", "16 min 40 s uncordon web-2"));
}

TEST_F(RepairerTest, RatesAndCoolDownsOutliveARestart) {
  Have("web", 40);
  options_.limits.pool.in_flight = options_.limits.cluster.in_flight = 9;
  Live(5min);
  Fall("web-2", kGone);
  Live(1min);
  Restart();
  Fall("web-3", kGone);
  EXPECT_THAT(Live(5min), ElementsAre("8 min 40 s replace web-2"));
  EXPECT_THAT(Held(), testing::Contains(HasSubstr("web-3: rate: 1 of pool 'web' were begun within 10 min")));
}

TEST_F(RepairerTest, WhatCouldNotBeSavedHasNotHappened) {
  Have("web", 6);
  Live(5min);
  Fall("web-2", kGone);
  Live(10s);
  const Repairer::Outcome outcome = repairer_->Step(fleet_, now_);
  ASSERT_EQ(outcome.intents.size(), 1U);
  ASSERT_EQ(outcome.changed.size(), 1U);
  repairer_->Undo(outcome);
  EXPECT_THAT(repairer_->cases(), IsEmpty());
  now_ += 10s;
  const Repairer::Outcome again = repairer_->Step(fleet_, now_);
  ASSERT_EQ(again.intents.size(), 1U) << "it is decided anew";
  EXPECT_EQ(again.changed.size(), 2U) << "and what may have been saved of the first one is erased";
}

constexpr const char* kOther = "another collector, b, repairs here";

TEST_F(RepairerTest, WhileAnotherCollectorRepairsNothingIsDoneAndNobodyIsTold) {
  Have("web", 6);
  fleet_.stand_by = {kOther, true};
  Live(3min);
  Fall("web-2", kDiskReadOnly);
  EXPECT_THAT(Live(3h), IsEmpty());
  EXPECT_THAT(Held(), ElementsAre("web-2: stand-by: another collector, b, repairs here"));
}

TEST_F(RepairerTest, WhatIsToBeSeenAfterAnotherOneIsLookedAtFirst) {
  Have("web", 6);
  fleet_.stand_by = {kOther, true};
  Live(3min);
  Fall("web-2", kDiskReadOnly);
  Live(3min);
  fleet_.stand_by.reset();
  EXPECT_THAT(Live(1min), IsEmpty());
  EXPECT_THAT(Held(), ElementsAre(HasSubstr("web-2: settling: the collector looks on for 2 min first")));
  const std::vector<std::string> said = Live(1min + 30s);
  ASSERT_EQ(said.size(), 2U) << "its trouble lasts as long as it was seen";
  EXPECT_THAT(said[0], testing::EndsWith("cordon web-2"));
}

TEST_F(RepairerTest, AskingIsHeldBackAndAQuestionIsNotGoneOnWith) {
  Have("web", 6);
  Use(RepairMode::kAsk);
  Live(3min);
  Fall("web-2", kDiskReadOnly);
  EXPECT_EQ(Live(1min + 10s).size(), 1U);
  fleet_.stand_by = {kOther, true};
  Live(10s);
  ASSERT_TRUE(repairer_->Approve(IdOf("web-2"), "alice", now_));
  EXPECT_THAT(Live(14min), IsEmpty()) << "an approval that comes to this one";
  fleet_.stand_by.reset();
  Live(2min + 30s);
  EXPECT_THAT(Held(), ElementsAre(HasSubstr("web-2: asked"))) << "it did not hold for so long";
}

TEST_F(RepairerTest, ADryRunGoesOnBesideAnotherCollector) {
  Have("web", 6);
  Use(RepairMode::kDryRun);
  fleet_.stand_by = {kOther, true};
  Live(3min);
  Fall("web-2", kDiskReadOnly);
  EXPECT_EQ(Live(1min + 10s).size(), 1U);
}

TEST_F(RepairerTest, ACordonOfOursStaysWhileAnotherOneRepairs) {
  Have("web", 6);
  Live(3min);
  Fall("web-2", kPartitioned);
  ASSERT_EQ(Live(2min + 10s).size(), 1U);
  Fall("web-2", kNone);
  fleet_.stand_by = {kOther, true};
  EXPECT_THAT(Live(20min), IsEmpty());
  EXPECT_THAT(Held(), ElementsAre("web-2: stand-by: another collector, b, repairs here"));
  fleet_.stand_by.reset();
  const std::vector<std::string> said = Live(3min);
  ASSERT_EQ(said.size(), 1U);
  EXPECT_THAT(said[0], testing::EndsWith("uncordon web-2"));
}

TEST_F(RepairerTest, WhereNobodySurelyRepairsAPersonIsToldAfterAnHour) {
  Have("web", 6);
  fleet_.stand_by = {"the lease x/loadline-repair cannot be had: forbidden", false};
  Live(3min);
  Fall("web-2", kDiskReadOnly);
  EXPECT_THAT(Live(1h), IsEmpty());
  const std::vector<std::string> said = Live(3h);
  ASSERT_EQ(said.size(), 1U) << "once";
  EXPECT_THAT(said[0], testing::EndsWith("page web-2"));
  EXPECT_THAT(repairer_->cases().begin()->second.reason, HasSubstr("cannot be had: forbidden"));
}

TEST_F(RepairerTest, ANodeThatIsToBeTakenIsEmptiedWithinTheLimitsAndIsNoIllness) {
  Have("web", 10);
  Live(3min);
  const Wall began = now_;
  for (const char* node : {"web-1", "web-2", "web-3", "web-4"}) Fall(node, kToBeTaken);
  const auto said = Live(30s);
  EXPECT_EQ(said.size(), 0U) << "four of ten are more than may be unfit";
  EXPECT_FALSE(outcome_.storm) << "and no storm";
  for (const char* node : {"web-3", "web-4"}) Fall(node, kNone);
  EXPECT_THAT(Live(30s), ElementsAre(HasSubstr("cordon web-1"), HasSubstr("drain web-1")));
  EXPECT_LT(now_ - began, 2min);
  // It comes back from another host.
  Fall("web-1", kNone);
  EXPECT_THAT(Live(6min), testing::Contains(HasSubstr("uncordon web-1")));
}

TEST_F(RepairerTest, WhatAnotherCollectorRepairedCountsOnce) {
  Have("web", 10);
  const auto key = [&](const char* node) { return RepairCase{.node = node, .opened = kStart - 1h}.Key(); };
  repairer_.emplace(options_);
  const std::vector<RecordedRepair> others = {{key("web-5"), "web", "", kStart - 1min, {}},
                                              {key("web-6"), "web", "", kStart - 25h, kStart - 25h},
                                              {"no key", "web", "", kStart, {}},
                                              {"web-7@+5", "web", "", kStart, {}}};
  repairer_->Learn(others, now_);
  repairer_->Learn(others, now_);
  EXPECT_EQ(repairer_->cases().size(), 1U);
  EXPECT_EQ(repairer_->Recorded(now_),
            (std::vector<RecordedRepair>{{key("web-5"), "web", "", kStart - 1min, kStart}}));
  repairer_->Step(fleet_, now_);
  EXPECT_EQ(repairer_->Step(fleet_, now_).changed.size(), 0U) << "it was saved with the step before";
  // What seems to lie ahead was written by a clock that was wrong: it counts as now.
  repairer_->Learn({{key("web-8"), "web", "", kStart + 24h, kStart + 48h}}, now_);
  EXPECT_EQ(repairer_->cases().at(key("web-8")).taken, now_);
}

}  // namespace
}  // namespace loadline::collector
