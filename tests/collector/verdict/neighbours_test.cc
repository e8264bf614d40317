#include "collector/verdict/neighbours.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::AnyOf;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using wire::ProbeOutcome;

class NeighboursTest : public testing::Test {
 protected:
  NeighboursTest() {
    for (Neighbours::Well& node : well_) {
      node.kubelet = {node.node, "10.0.0.1", 10250};
      neighbours_.Greeted(node.node, true);
    }
    Reach(ProbeOutcome::kAccepted);
  }
  // Whoever is asked for a kubelet before anybody is in doubt finds so; gives who that was.
  std::vector<std::string> Reach(ProbeOutcome outcome, Duration at = 0s) {
    std::vector<std::string> tried;
    for (const auto& [by, about] : Asked(at, {})) {
      tried.push_back(by);
      for (const std::string& node : about) Finds(at, by, node, outcome);
    }
    return tried;
  }
  // Who is asked about these at `at`, about whom.
  std::map<std::string, std::vector<std::string>> Asked(Duration at,
                                                        const std::vector<std::string>& in_doubt) {
    std::vector<Neighbours::InDoubt> doubts;
    for (const std::string& node : in_doubt) doubts.push_back({{node, "10.0.0.9", 10250}, "1"});
    std::map<std::string, std::vector<std::string>> asked;
    for (const auto& [by, question] : neighbours_.Due(doubts, [this] { return well_; }, Mono(at))) {
      for (const wire::KubeletPort& kubelet : question.kubelets) asked[by].push_back(kubelet.node);
    }
    return asked;
  }
  std::vector<std::string> Askers(Duration at, const std::string& in_doubt) {
    std::vector<std::string> askers;
    for (const auto& [by, about] : Asked(at, {in_doubt})) askers.push_back(by);
    return askers;
  }
  void Finds(Duration at, const std::string& by, const std::string& node, ProbeOutcome outcome) {
    neighbours_.Found(by, {node, outcome}, Mono(at));
  }
  [[nodiscard]] NeighboursSay Said(Duration at, const std::string& node) const {
    return SaidBy(neighbours_.Of(node, Mono(at)));
  }

  std::vector<Neighbours::Well> well_{
      {"a", "1", {}}, {"b", "2", {}}, {"d", "1", {}}, {"e", "2", {}}, {"f", "1", {}}};
  Neighbours neighbours_;
};

TEST_F(NeighboursTest, TwoAreAskedOneOfItsZoneAndOneOfAnother) {
  const auto askers = Askers(0s, "c");
  EXPECT_THAT(askers, UnorderedElementsAre(AnyOf("a", "d", "f"), AnyOf("b", "e")));
  EXPECT_THAT(Askers(500ms, "c"), IsEmpty()) << "each second";
  EXPECT_EQ(Askers(1s, "c"), askers);
}

TEST_F(NeighboursTest, WhereThereIsOneZoneBothAreOfIt) {
  well_ = {{"a", "1", {}}, {"d", "1", {}}};
  EXPECT_THAT(Askers(0s, "c"), ElementsAre("a", "d"));
  well_ = {{"a", "1", {}}};
  EXPECT_THAT(Askers(1s, "c"), ElementsAre("a"));
  well_ = {};
  EXPECT_THAT(Askers(2s, "c"), IsEmpty());
}

TEST_F(NeighboursTest, AgentsThatDoNotAnswerQuestionsAreNotAsked) {
  for (const char* old : {"a", "b", "d"}) neighbours_.Greeted(old, false);
  EXPECT_THAT(Askers(0s, "c"), ElementsAre("e", "f"));
}

TEST_F(NeighboursTest, WhoDoesNotAnswerIsPassedOver) {
  const auto askers = Askers(0s, "c");
  Finds(100ms, askers[0], "c", ProbeOutcome::kNoAnswer);
  EXPECT_THAT(Askers(3s, "c"), Not(Contains(askers[1])));
}

// Between nodes there may be a firewall, which drops what it does not let through, or refuses it.
TEST_F(NeighboursTest, WhoHasNeverReachedAnybodyIsNotAsked) {
  for (const char* old : {"a", "b", "d", "e", "f"}) neighbours_.Greeted(old, false);
  for (const char* anew : {"a", "b", "d", "e", "f"}) neighbours_.Greeted(anew, true);
  EXPECT_THAT(Reach(ProbeOutcome::kRefused), SizeIs(5));
  EXPECT_EQ(neighbours_.able(), 0u);
  EXPECT_THAT(Askers(1s, "c"), IsEmpty());
  EXPECT_THAT(Askers(9min, "c"), IsEmpty());
  EXPECT_THAT(Reach(ProbeOutcome::kAccepted, 10min), SizeIs(5)) << "it may be open by now";
  EXPECT_EQ(neighbours_.able(), 5u);
  EXPECT_THAT(Askers(10min, "c"), SizeIs(2));
  EXPECT_THAT(Reach(ProbeOutcome::kAccepted, 10h), IsEmpty()) << "once is enough";
  neighbours_.Greeted("a", true);
  EXPECT_THAT(Reach(ProbeOutcome::kAccepted, 10h), IsEmpty()) << "nor is it when its agent comes again";
}

TEST_F(NeighboursTest, WhoIsAloneHasNobodyToReach) {
  Neighbours alone;
  alone.Greeted("a", true);
  const auto well = [this] { return std::vector{well_[0]}; };
  EXPECT_THAT(alone.Due({}, well, Mono(0s)), IsEmpty());
  const auto two = [this] { return std::vector{well_[0], well_[1]}; };
  EXPECT_THAT(alone.Due({}, two, Mono(2min)), SizeIs(1)) << "the other one has an old agent";
}

// Of two nodes one is cut off from the collector, which is started anew: nobody else is there to be reached.
TEST_F(NeighboursTest, WhereNobodyElseIsWellTheOneInDoubtShowsThatKubeletsAreReached) {
  Neighbours two;
  two.Greeted("a", true);
  const auto well = [this] { return std::vector{well_[0]}; };
  const std::vector<Neighbours::InDoubt> in_doubt{{{"c", "10.0.0.9", 10250}, "1"}};
  EXPECT_THAT(two.Due({}, well, Mono(0s)), IsEmpty());
  ASSERT_THAT(two.Due(in_doubt, well, Mono(1s)), SizeIs(1)) << "at once";
  EXPECT_THAT(two.Due(in_doubt, well, Mono(2s)), IsEmpty());
  two.Found("a", {"c", ProbeOutcome::kNoAnswer}, Mono(2s));
  EXPECT_EQ(SaidBy(two.Of("c", Mono(2s))), NeighboursSay::kNothing) << "it may reach nobody";
  ASSERT_THAT(two.Due(in_doubt, well, Mono(61s)), SizeIs(1));
  two.Found("a", {"c", ProbeOutcome::kAccepted}, Mono(61s));
  EXPECT_EQ(SaidBy(two.Of("c", Mono(61s))), NeighboursSay::kReachIt);
  EXPECT_THAT(two.Due(in_doubt, well, Mono(71s)), SizeIs(1)) << "from now on as others";
}

// When a thousand come at once after a restart of the collector.
TEST_F(NeighboursTest, FewAreTriedAtOnce) {
  std::vector<Neighbours::Well> many;
  Neighbours neighbours;
  for (int i = 0; i < 1000; ++i) {
    const std::string node = fmt::format("node-{}", i);
    many.push_back({node, "1", wire::KubeletPort{node, "10.0.0.1", 10250}});
    neighbours.Greeted(node, true);
  }
  std::set<std::string> tried;
  for (Duration at = 0s; at < 60s; at += 250ms) {
    const auto questions = neighbours.Due({}, [&] { return many; }, Mono(at));
    EXPECT_LE(questions.size(), 8u);
    for (const auto& [by, about] : questions) tried.insert(by);
  }
  EXPECT_THAT(tried, SizeIs(1000));
}

TEST_F(NeighboursTest, OneThatIsReachedByOneIsThere) {
  const auto askers = Askers(0s, "c");
  EXPECT_EQ(Said(0s, "c"), NeighboursSay::kNothing);
  Finds(1500ms, askers[0], "c", ProbeOutcome::kNoAnswer);
  EXPECT_EQ(Said(1500ms, "c"), NeighboursSay::kNothing) << "it may be the one that is cut off";
  Finds(1600ms, askers[1], "c", ProbeOutcome::kNoAnswer);
  EXPECT_EQ(Said(1600ms, "c"), NeighboursSay::kFindNobody);
  Finds(1700ms, askers[1], "c", ProbeOutcome::kRefused);
  EXPECT_EQ(Said(1700ms, "c"), NeighboursSay::kRefused) << "its machine answers";
  Finds(1800ms, askers[1], "c", ProbeOutcome::kAccepted);
  EXPECT_THAT(neighbours_.Of("c", Mono(1800ms)).reach_it, ElementsAre(askers[1]));
}

TEST_F(NeighboursTest, WhatWasFoundIsOfThatTime) {
  Finds(0s, Askers(0s, "c")[0], "c", ProbeOutcome::kAccepted);
  EXPECT_EQ(Said(4s, "c"), NeighboursSay::kReachIt);
  EXPECT_EQ(Said(5s, "c"), NeighboursSay::kNothing);
  Askers(1s, "elsewhere");
  EXPECT_EQ(Said(1s, "c"), NeighboursSay::kNothing) << "it is in doubt no more";
}

TEST_F(NeighboursTest, ALongDoubtIsLookedAfterLessOften) {
  int asked = 0;
  for (Duration at = 0s; at < 200s; at += 250ms) {
    for (const std::string& by : Askers(at, "c")) {
      ++asked;
      Finds(at, by, "c", ProbeOutcome::kNoAnswer);
      EXPECT_NE(Said(at, "c"), NeighboursSay::kReachIt);
    }
    if (at >= 1s) {
      EXPECT_EQ(Said(at, "c"), NeighboursSay::kFindNobody) << Seconds(at);
    }
  }
  EXPECT_EQ(asked, 2 * (60 + 14));
}

TEST_F(NeighboursTest, WhatNobodyAskedIsNotKept) {
  Finds(0s, "d", "c", ProbeOutcome::kAccepted);
  const auto askers = Askers(0s, "c");
  for (const Neighbours::Well& node : well_) {
    if (!testing::Value(askers, Contains(node.node))) Finds(0s, node.node, "c", ProbeOutcome::kAccepted);
  }
  Finds(0s, askers[0], "x", ProbeOutcome::kAccepted);
  EXPECT_EQ(Said(0s, "c"), NeighboursSay::kNothing);
  EXPECT_EQ(neighbours_.answers(), 0u);
}

TEST_F(NeighboursTest, QuestionsAboutNodesInDoubtAndAnswersToThemAreCounted) {
  EXPECT_EQ(neighbours_.questions(), 0u) << "which kubelets they reach was asked without a doubt";
  for (const Duration at : {0s, 1s}) {
    for (const std::string& by : Askers(at, "c")) Finds(at, by, "c", ProbeOutcome::kNoAnswer);
  }
  Askers(2s, "c");
  EXPECT_EQ(neighbours_.questions(), 6u);
  EXPECT_EQ(neighbours_.answers(), 4u);
}

// A zone has fallen silent: nobody is asked more than fits into a question.
TEST_F(NeighboursTest, ManyAtOnceDoNotOverwhelmThoseThatAreWell) {
  std::vector<std::string> many;
  for (int i = 0; i < 200; ++i) many.push_back(fmt::format("silent-{}", i));
  const auto asked = Asked(0s, many);
  EXPECT_THAT(asked, SizeIs(well_.size())) << "all of them help";
  for (const auto& [by, about] : asked) EXPECT_THAT(about, SizeIs(wire::kMostProbed)) << by;
}

}  // namespace
}  // namespace loadline::collector
