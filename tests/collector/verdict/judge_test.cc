#include "collector/verdict/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/model/names.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class JudgeTest : public ::testing::Test {
 protected:
  // Nodes are heard each second until the time that is said of each.
  void Know(const std::string& node, Duration heard_until) {
    model_.Greet({.node = node}, Wall{});
    heard_until_[node] = heard_until;
  }
  // The states that are another, second by second until then.
  std::vector<std::string> LiveUntil(Duration end) {
    std::vector<std::string> changes;
    for (; at_ <= end; at_ += 1s) {
      for (const auto& [node, until] : heard_until_) {
        if (at_ <= until) liveness_.Heard(node, Mono(at_), 0s);
      }
      liveness_.Tick(Mono(at_));
      for (const std::string& node : judge_.Look(model_, liveness_, Mono(at_), Wall(at_)))
        changes.push_back(node + " " + Name(judge_.Of(node).state));
    }
    return changes;
  }

  CgroupNames names_;
  Model model_{{}, names_};
  Liveness liveness_{{}, Mono{}};
  Judge judge_{{}, {.fewest_for_doubt = 3}};
  std::map<std::string, Duration> heard_until_;
  Duration at_{};
};

const std::string kSilent = Name(NodeState::kSilent);
const std::string kWell = Name(NodeState::kReporting);

TEST_F(JudgeTest, ANodeIsSilentOnceAndSurerAllTheTime) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  EXPECT_THAT(LiveUntil(16s), IsEmpty());
  EXPECT_EQ(judge_.Of("a").confidence, 1);
  EXPECT_LT(judge_.Of("b").confidence, 1);
  EXPECT_EQ(judge_.Of("b").state, NodeState::kReporting);
  EXPECT_THAT(LiveUntil(22s), ElementsAre("b " + kSilent));
  EXPECT_EQ(judge_.Of("b").confidence, 0.5);
  EXPECT_EQ(judge_.Of("b").since, Wall(22s));
  EXPECT_EQ(judge_.Of("b").reason, "no heartbeat for 12 s");
  EXPECT_THAT(LiveUntil(40s), IsEmpty());
  EXPECT_EQ(judge_.Of("b").confidence, 1);
  EXPECT_EQ(judge_.Of("b").since, Wall(22s));
  heard_until_["b"] = 1h;
  EXPECT_THAT(LiveUntil(41s), ElementsAre("b " + kWell));
}

TEST_F(JudgeTest, WhenMostAreNotHeardTheCollectorDoubtsItselfAndJudgesNobody) {
  Know("a", 10s), Know("b", 10s), Know("c", 1h);
  EXPECT_THAT(LiveUntil(60s), IsEmpty());
  EXPECT_TRUE(judge_.in_doubt());
  EXPECT_EQ(judge_.unheard(), 2U);
  EXPECT_EQ(judge_.Of("a").state, NodeState::kReporting);
  EXPECT_EQ(judge_.Of("a").confidence, 0);
  EXPECT_EQ(judge_.Of("a").reason, "no heartbeat for 50 s; most nodes are not heard: it is not judged");
  EXPECT_EQ(judge_.Of("c").confidence, 1);
  heard_until_["b"] = 1h;
  EXPECT_THAT(LiveUntil(61s), IsEmpty()) << "an agent may wait for its next attempt to connect";
  EXPECT_FALSE(judge_.in_doubt());
  EXPECT_EQ(judge_.Of("a").reason,
            "no heartbeat for 51 s; most nodes were not heard just now: it may find its way back");
  EXPECT_THAT(LiveUntil(79s), IsEmpty());
  EXPECT_THAT(LiveUntil(80s), ElementsAre("a " + kSilent)) << "once most are heard again";
}

TEST_F(JudgeTest, WhoDiesAfterMostAreHeardAgainIsNotWaitedFor) {
  Know("a", 10s), Know("b", 10s), Know("c", 1h);
  LiveUntil(60s);
  heard_until_["a"] = 62s, heard_until_["b"] = 1h;
  EXPECT_THAT(LiveUntil(74s), ElementsAre("a " + kSilent));
}

TEST_F(JudgeTest, WhoseHeartbeatsComeInFitsCountsForTheDoubtLikeOthers) {
  Know("a", 1h), Know("b", 10s), Know("c", 10s);
  for (; at_ <= 40s; at_ += 1s) {
    // Each third second: their longest gap is 3 s, and they are asked about after 4.5 s.
    if (at_ % 3s == 0s && at_ <= 30s)
      liveness_.Heard("b", Mono(at_), 0s), liveness_.Heard("c", Mono(at_), 0s);
    liveness_.Heard("a", Mono(at_), 0s);
    liveness_.Tick(Mono(at_));
    judge_.Look(model_, liveness_, Mono(at_), Wall(at_));
    if (at_ != 33s) continue;
    EXPECT_TRUE(judge_.in_doubt());
    EXPECT_FALSE(judge_.Of("b").signs.doubtful);
  }
}

TEST_F(JudgeTest, AShortDoubtGivesNobodyMoreTimeThanItTook) {
  Know("a", 10s), Know("b", 19s), Know("c", 1h);
  EXPECT_THAT(LiveUntil(22s), IsEmpty());
  EXPECT_TRUE(judge_.in_doubt()) << "both are late, and one would be silent";
  heard_until_["b"] = 1h;
  EXPECT_THAT(LiveUntil(23s), ElementsAre("a " + kSilent));
}

TEST_F(JudgeTest, WhatWasSilentBeforeStaysSilentWhileTheCollectorIsInDoubt) {
  Know("a", 5s), Know("b", 30s), Know("c", 1h);
  EXPECT_THAT(LiveUntil(30s), ElementsAre("a " + kSilent));
  EXPECT_THAT(LiveUntil(60s), IsEmpty());
  EXPECT_TRUE(judge_.in_doubt());
  EXPECT_EQ(judge_.Of("a").state, NodeState::kSilent);
  EXPECT_EQ(judge_.Of("a").confidence, 0);
}

// Its time does not count against anybody, and what was known before it is not forgotten for it.
TEST_F(JudgeTest, WhatWasSilentBeforeTheCollectorStoodStillIsSilentUntilItIsHeard) {
  Know("a", 5s), Know("b", 1h), Know("c", 1h);
  EXPECT_THAT(LiveUntil(30s), ElementsAre("a " + kSilent));
  at_ += 40s;
  EXPECT_THAT(LiveUntil(72s), IsEmpty());
  EXPECT_EQ(judge_.Of("a").state, NodeState::kSilent);
  EXPECT_EQ(judge_.Of("a").reason, "no heartbeat for 25 s");
  EXPECT_THAT(LiveUntil(120s), IsEmpty());
  EXPECT_EQ(judge_.Of("a").since, Wall(17s)) << "it is the same silence";
  heard_until_["a"] = 1h;
  EXPECT_THAT(LiveUntil(121s), ElementsAre("a " + kWell));
}

TEST_F(JudgeTest, WhoIsHeardAfterTheCollectorStoodStillIsBackAtOnce) {
  Know("a", 5s), Know("b", 1h), Know("c", 1h);
  LiveUntil(30s);
  at_ += 40s;
  heard_until_["a"] = 1h;
  EXPECT_THAT(LiveUntil(71s), ElementsAre("a " + kWell));
}

TEST_F(JudgeTest, WhatWasHeldBeforeTheCollectorWasStartedAnewIsHeldUntilTheNodeIsHeard) {
  Know("a", -1s), Know("b", 1h), Know("c", 1h);
  judge_.Remember("a", {.state = NodeState::kSilent,
                        .since = Wall(-300s),
                        .silence_of = SilenceOf::kNode,
                        .signs = {.silent_for = 300s},
                        .reason = "no heartbeat for 5 min"});
  liveness_.Expect("a");
  EXPECT_THAT(LiveUntil(55s), IsEmpty());
  EXPECT_EQ(judge_.Of("a").state, NodeState::kSilent);
  EXPECT_EQ(judge_.Of("a").silence_of, SilenceOf::kNode);
  EXPECT_EQ(judge_.Of("a").reason, "no heartbeat for 5 min");
  EXPECT_THAT(LiveUntil(100s), IsEmpty());
  EXPECT_EQ(judge_.Of("a").since, Wall(-300s)) << "missed by this one, too: it is the same silence";
  heard_until_["a"] = 1h;
  EXPECT_THAT(LiveUntil(101s), ElementsAre("a " + kWell));
}

TEST_F(JudgeTest, AStaleNodeIsStaleUntilAWindowIsClosed) {
  Know("a", 1h);
  judge_.Remember("a", {.state = NodeState::kStale, .reason = "no window was closed for 50 s"});
  liveness_.Heard("a", Mono(0s), 50s);
  liveness_.Tick(Mono(0s));
  EXPECT_THAT(judge_.Look(model_, liveness_, Mono(0s), Wall(0s)), IsEmpty());
  EXPECT_EQ(judge_.Of("a").state, NodeState::kStale);
  liveness_.Heard("a", Mono(1s), 0s);
  EXPECT_THAT(judge_.Look(model_, liveness_, Mono(1s), Wall(1s)), ElementsAre("a"));
  EXPECT_EQ(judge_.Of("a").state, NodeState::kReporting);
}

TEST_F(JudgeTest, SaysOfWhomSomethingElseIsHeld) {
  Know("a", 5s), Know("b", 1h), Know("c", 1h);
  LiveUntil(30s);
  EXPECT_THAT(judge_.TakeNews(), ElementsAre("a"));
  LiveUntil(60s);
  EXPECT_THAT(judge_.TakeNews(), IsEmpty());
  heard_until_["a"] = 1h;
  LiveUntil(61s);
  EXPECT_THAT(judge_.TakeNews(), ElementsAre("a"));
}

TEST_F(JudgeTest, OfTwoNodesBothMayWellBeDead) {
  Know("a", 5s), Know("b", 5s);
  EXPECT_THAT(LiveUntil(30s), ElementsAre("a " + kSilent, "b " + kSilent));
  EXPECT_FALSE(judge_.in_doubt());
}

TEST_F(JudgeTest, WhatTheModelForgetsIsForgotten) {
  Know("a", 5s), Know("b", 1h), Know("c", 1h);
  LiveUntil(30s);
  model_.Retire("a");
  EXPECT_THAT(LiveUntil(31s), IsEmpty());
  EXPECT_EQ(judge_.nodes(), 2U);
  EXPECT_EQ(judge_.Of("a").state, NodeState::kReporting);
}

class JudgeWitnessTest : public JudgeTest {
 protected:
  // Looks at each of these times while "b" was heard up to ten seconds, and each other one always.
  NodeVerdict AtWith(Duration at, const Witness& witness) {
    for (; at_ < at; at_ += 100ms) {
      for (const auto& [node, until] : heard_until_)
        if (at_ <= until) liveness_.Heard(node, Mono(at_), 0s);
      liveness_.Tick(Mono(at_));
    }
    judge_.Look(model_, liveness_, Mono(at), Wall(at), [&](const auto&) { return witness; });
    return judge_.Of("b");
  }
};

TEST_F(JudgeWitnessTest, ADoubtfulNodeThatNobodyAnswersForIsSilentAtOnce) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  const Witness gone{.knows = true, .unanswered = 3};
  EXPECT_EQ(AtWith(12s, gone).state, NodeState::kReporting) << "not in doubt yet";
  const NodeVerdict verdict = AtWith(13s, gone);
  EXPECT_EQ(verdict.state, NodeState::kSilent);
  EXPECT_EQ(verdict.silence_of, SilenceOf::kNode);
  EXPECT_EQ(verdict.reason, "no heartbeat for 3 s, and nothing answers at its kubelet's port");
  EXPECT_EQ(verdict.confidence, 0.95);
  EXPECT_EQ(judge_.Of("a").state, NodeState::kReporting);
}

TEST_F(JudgeWitnessTest, OneThatOthersReachIsCutOffFromTheCollectorAlone) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  Witness witness{.knows = true, .unanswered = 3, .neighbours = {.reach_it = {"a"}, .find_nobody = {"c"}}};
  EXPECT_EQ(AtWith(13s, witness).silence_of, SilenceOf::kWay);
  witness.neighbours = {};
  EXPECT_EQ(AtWith(14s, witness).silence_of, SilenceOf::kNode);
  witness.lease = LeaseWitness{.first = Mono(12s), .last = Mono(15s), .renewed = Mono(15s)};
  EXPECT_EQ(AtWith(15s, witness).silence_of, SilenceOf::kWay);
  EXPECT_EQ(
      judge_.Of("b").reason,
      "no heartbeat for 5 s, and nothing answers at its kubelet's port; its Lease is renewed: its kubelet "
      "runs, and reaches the API server");
  // It accepts connections, and its kubelet does nothing.
  witness.lease = LeaseWitness{.first = Mono(12s), .last = Mono(30s), .renewed = {}};
  witness.neighbours = {.reach_it = {"a"}};
  EXPECT_EQ(AtWith(30s, witness).silence_of, SilenceOf::kNode);
  EXPECT_THAT(judge_.Of("b").reason, testing::EndsWith("; its machine answers a"));
}

TEST_F(JudgeWitnessTest, AMachineWithoutKubeletAndAgentIsSilentToo) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  const NodeVerdict verdict = AtWith(13s, {.knows = true, .refused = 3});
  EXPECT_EQ(verdict.state, NodeState::kSilent);
  EXPECT_EQ(verdict.silence_of, SilenceOf::kKubelet);
}

TEST_F(JudgeWitnessTest, OneWhoseKubeletAnswersIsWaitedForAndTheAgentIsMeant) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  const Witness there{.knows = true, .answered = Mono(22s)};
  EXPECT_EQ(AtWith(21s, there).state, NodeState::kReporting);
  const NodeVerdict verdict = AtWith(22s, there);
  EXPECT_EQ(verdict.state, NodeState::kSilent);
  EXPECT_EQ(verdict.silence_of, SilenceOf::kAgent);
  EXPECT_EQ(verdict.reason,
            "no heartbeat for 12 s; its kubelet answers, so that it is rather the agent than the node");
}

TEST_F(JudgeWitnessTest, AnAgentBehindALineThatLosesPacketsIsWaitedForWhileItsKubeletAnswers) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  const auto answers_at = [](Duration at) {
    return Witness{.knows = true, .answered = Mono(at), .enough = 12};
  };
  const NodeVerdict waited = AtWith(39s, answers_at(39s));
  EXPECT_EQ(waited.state, NodeState::kReporting);
  EXPECT_EQ(waited.reason,
            "no heartbeat for 29 s; its kubelet answers, over a line that loses packets: it is waited for");
  EXPECT_EQ(AtWith(40s, answers_at(40s)).state, NodeState::kSilent);
  EXPECT_EQ(judge_.Of("b").silence_of, SilenceOf::kAgent);
}

TEST_F(JudgeWitnessTest, OneThatAcceptsConnectionsAndAnswersNoneHangs) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  const Witness mute{.knows = true, .answered = Mono(5s), .mute = 3};
  EXPECT_EQ(AtWith(21s, mute).state, NodeState::kReporting) << "a starved node is waited for";
  const NodeVerdict verdict = AtWith(22s, mute);
  EXPECT_EQ(verdict.state, NodeState::kSilent);
  EXPECT_EQ(verdict.silence_of, SilenceOf::kHung);
  EXPECT_EQ(verdict.reason,
            "no heartbeat for 12 s; its kubelet's port accepts connections and answers none: the node hangs");
  EXPECT_EQ(verdict.confidence, 0.95);
}

TEST_F(JudgeWitnessTest, WhatIsOnlyAcceptedSaysNothingOfTheAgent) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  const Witness proxied{.knows = true, .mute = 9};
  EXPECT_EQ(AtWith(22s, proxied).silence_of, SilenceOf::kUnknown) << "it has never answered";
  const Witness slow{.knows = true, .answered = Mono(11s), .mute = 2};
  EXPECT_EQ(AtWith(22s, slow).silence_of, SilenceOf::kUnknown)
      << "it answered after the last heartbeat, and not now";
  EXPECT_EQ(judge_.Of("b").state, NodeState::kSilent);
}

TEST_F(JudgeWitnessTest, ASilenceThatIsExpectedIsWaitedForAndSaysWhy) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  const Witness frozen{
      .knows = true, .unanswered = 30, .expected = "FreezeScheduled was announced 4 min ago"};
  EXPECT_EQ(AtWith(21s, frozen).state, NodeState::kReporting);
  const NodeVerdict verdict = AtWith(22s, frozen);
  EXPECT_EQ(verdict.state, NodeState::kSilent);
  EXPECT_EQ(verdict.silence_of, SilenceOf::kUnknown);
  EXPECT_EQ(verdict.reason, "no heartbeat for 12 s; FreezeScheduled was announced 4 min ago");
}

TEST_F(JudgeWitnessTest, AWitnessWhoNeverHeardAnybodyProvesNothing) {
  Know("a", 1h), Know("b", 10s), Know("c", 1h);
  EXPECT_EQ(AtWith(15s, {.knows = false, .unanswered = 30}).state, NodeState::kReporting);
  EXPECT_EQ(AtWith(16s, {.knows = true, .unanswered = 2}).state, NodeState::kReporting)
      << "a packet may be lost";
}

}  // namespace
}  // namespace loadline::collector
