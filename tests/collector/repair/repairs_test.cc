// The journal of repairs, cut at every write and at every act: nothing is doubled and nothing is forgotten.
#include "collector/repair/repairs.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <random>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Wall kStart = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1};

// What outlives a kill: the journal's file, and the cluster with what was done to it. A kill is an exception at one of
// the instants before and after each write and each act.
struct Killed {};

struct Lasting {
  std::map<std::string, std::string> journal;
  std::map<std::string, RepairStep> acts;  // by order
  std::vector<std::string> log;            // of acts, in order
  Fleet fleet;

  std::function<bool(int instant)> kill;  // whether it is killed at this one
  std::function<bool(int write)> fail;    // whether this write fails
  int instants = 0;
  int writes = 0;

  void Instant() {
    if (kill && kill(instants++)) throw Killed();
  }
};

class File final : public RepairJournal {
 public:
  explicit File(Lasting& lasting) : lasting_(lasting) {}
  Result<std::vector<Entry>> Load() override {
    return std::vector<Entry>(lasting_.journal.begin(), lasting_.journal.end());
  }
  Result<void> Write(const std::vector<Entry>& changes) override {
    lasting_.Instant();
    if (lasting_.fail && lasting_.fail(lasting_.writes++)) return Failure(ErrorKind::kUnavailable, "locked");
    for (const auto& [key, bytes] : changes) {
      if (bytes.empty()) {
        lasting_.journal.erase(key);
      } else {
        lasting_.journal[key] = bytes;
      }
    }
    lasting_.Instant();
    return {};
  }

 private:
  Lasting& lasting_;
};

// Acts at once, and knows afterwards what it did. A reboot mends.
class Cluster final : public RepairExecutor {
 public:
  explicit Cluster(Lasting& lasting) : lasting_(lasting) {}
  void Begin(const RepairIntent& order) override {
    lasting_.Instant();
    EXPECT_FALSE(lasting_.acts.contains(order.id)) << "twice: " << order.id;
    lasting_.acts[order.id] = order.step;
    lasting_.log.push_back(std::string(Name(order.step)) + " " + order.node);
    const auto node = std::ranges::find(lasting_.fleet.nodes, order.node, &RepairNode::name);
    if (order.step == RepairStep::kCordon) node->cordoned = true;
    if (order.step == RepairStep::kUncordon) node->cordoned = false;
    if (order.step == RepairStep::kReboot) node->trouble = NodeTrouble::kNone;
    lasting_.Instant();
  }
  OrderNews Look(const RepairCase& repair) override {
    const bool done = lasting_.acts.contains(repair.OrderId());
    return {done ? OrderState::kDone : OrderState::kNotBegun, ""};
  }

 private:
  Lasting& lasting_;
};

RepairOptions Auto() {
  return {.mode = RepairMode::kAuto};
}

// Two nodes fail in different pools; every ten seconds for an hour and a half, with a new process after each kill.
void Live(Lasting& lasting, RepairOptions options = Auto()) {
  for (const char* pool : {"web", "db"}) {
    for (int i = 1; i <= 6; ++i)
      lasting.fleet.nodes.push_back({.name = pool + std::string("-") + std::to_string(i), .pool = pool});
  }
  options.limits.cluster.unfit_share = 0.5;
  File file(lasting);
  Cluster cluster(lasting);
  std::optional<Repairs> repairs;
  for (Wall now = kStart; now < kStart + 90min; now += 10s) {
    if (now == kStart + 5min) lasting.fleet.nodes[1].trouble = NodeTrouble::kDiskReadOnly;
    if (now == kStart + 6min) lasting.fleet.nodes[8].trouble = NodeTrouble::kKernelHung;
    try {
      if (!repairs) {
        repairs.emplace(options, file, cluster);
        ASSERT_TRUE(repairs->Recover(now));
        ASSERT_EQ(repairs->left_out(), 0U);
      }
      repairs->Step(lasting.fleet, now);
    } catch (const Killed&) {
      repairs.reset();
    }
  }
  for (const auto& [_, repair] : repairs->repairer().cases()) EXPECT_FALSE(repair.open()) << repair.Key();
}

// Of one node, in order.
std::vector<std::string> ActsOn(const Lasting& lasting, const std::string& node) {
  std::vector<std::string> acts;
  for (const std::string& act : lasting.log) {
    if (act.ends_with(" " + node)) acts.push_back(act.substr(0, act.find(' ')));
  }
  return acts;
}

void ExpectEachOnce(const Lasting& lasting) {
  EXPECT_THAT(ActsOn(lasting, "web-2"), ElementsAre("cordon", "drain", "reboot", "uncordon"));
  EXPECT_THAT(ActsOn(lasting, "db-3"), ElementsAre("cordon", "drain", "reboot", "uncordon"));
}

TEST(RepairJournal, KilledAtEveryInstantNothingIsDoubledOrForgotten) {
  Lasting whole;
  whole.kill = [](int) { return false; };
  Live(whole);
  ExpectEachOnce(whole);
  ASSERT_GE(whole.instants, 4 * 8) << "before and after each write and each act";
  for (int cut = 0; cut < whole.instants; ++cut) {
    SCOPED_TRACE(cut);
    Lasting lasting;
    lasting.kill = [cut](int instant) { return instant == cut; };
    Live(lasting);
    ExpectEachOnce(lasting);
  }
}

TEST(RepairJournal, KilledTwiceAtAnyTwoInstantsNeither) {
  for (int first = 0; first < 40; ++first) {
    for (int then = 1; then < 6; ++then) {
      Lasting lasting;
      lasting.kill = [&](int instant) { return instant == first || instant == first + then; };
      Live(lasting);
      ExpectEachOnce(lasting);
    }
  }
}

TEST(RepairJournal, WhatCannotBeWrittenIsNotDone) {
  Lasting away;
  away.fail = [](int) { return true; };
  Lasting lasting = away;
  File file(lasting);
  Cluster cluster(lasting);
  Repairs repairs(Auto(), file, cluster);
  for (int i = 1; i <= 6; ++i)
    lasting.fleet.nodes.push_back({.name = "web-" + std::to_string(i), .pool = "web"});
  lasting.fleet.nodes[0].trouble = NodeTrouble::kGone;
  for (Wall now = kStart; now < kStart + 30min; now += 10s)
    EXPECT_THAT(repairs.Step(lasting.fleet, now).intents, IsEmpty());
  EXPECT_THAT(lasting.log, IsEmpty());
  EXPECT_GT(repairs.failed_writes(), 0U);
  EXPECT_THAT(repairs.repairer().cases(), IsEmpty()) << "and was not begun";
  lasting.fail = nullptr;
  repairs.Step(lasting.fleet, kStart + 30min);
  EXPECT_THAT(lasting.log, ElementsAre("cordon web-1")) << "decided anew";
}

TEST(RepairJournal, AWriteThatFailsNowAndThenDoublesNothing) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 random(seed);
    Lasting lasting;
    lasting.fail = [&](int) { return random() % 2 == 0; };
    Live(lasting);
    ExpectEachOnce(lasting);
  }
}

TEST(RepairJournal, AnApprovalIsDurableWhenItIsAnswered) {
  Lasting lasting;
  for (int i = 1; i <= 6; ++i)
    lasting.fleet.nodes.push_back({.name = "web-" + std::to_string(i), .pool = "web"});
  lasting.fleet.nodes[0].trouble = NodeTrouble::kGone;
  File file(lasting);
  Cluster cluster(lasting);
  const RepairOptions asks{.mode = RepairMode::kAsk};
  Wall now = kStart;
  std::string id;
  {
    Repairs repairs(asks, file, cluster);
    for (; now < kStart + 5min; now += 10s) {
      for (const RepairIntent& intent : repairs.Step(lasting.fleet, now).intents) id = intent.id;
    }
    lasting.fail = [](int) { return true; };
    EXPECT_FALSE(repairs.Approve(id, "ann", now));
    lasting.fail = nullptr;
    EXPECT_EQ(repairs.repairer().cases().begin()->second.state, StepState::kAsked);
    ASSERT_TRUE(repairs.Approve(id, "ann", now));
  }
  Repairs repairs(asks, file, cluster);
  ASSERT_TRUE(repairs.Recover(now));
  EXPECT_EQ(repairs.repairer().cases().begin()->second.detail, "approved by ann");
  for (const Wall end = now + 5min; now < end; now += 10s) repairs.Step(lasting.fleet, now);
  EXPECT_THAT(lasting.log, ElementsAre("cordon web-1")) << "and the next step asks again";
}

TEST(RepairJournal, WhatCannotBeReadIsLeftOutAndCounted) {
  Lasting lasting;
  lasting.journal["web-1@1"] = "no piece";
  lasting.journal["another key"] = SaveCase({.node = "web-1"});
  File file(lasting);
  Cluster cluster(lasting);
  Repairs repairs(Auto(), file, cluster);
  EXPECT_TRUE(repairs.Recover(kStart));
  EXPECT_EQ(repairs.left_out(), 2U);
  EXPECT_THAT(repairs.repairer().cases(), IsEmpty());
}

}  // namespace
}  // namespace loadline::collector
