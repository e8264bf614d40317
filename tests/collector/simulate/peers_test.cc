// What others say of the same nodes: as soon as their rules let them, and falsely where theirs do not know better.
#include "collector/simulate/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/simulate/play.h"

namespace loadline::collector {
namespace {

// Twenty nodes; nobody repairs.
PeerScores PlayedBeside(const std::string& faults) {
  const std::string yaml = "pools: [{name: web, nodes: 20, zones: 2}]\nlast: 15m\nfaults: [" + faults + "]\n";
  const auto scenario = ParseFaultScenario(yaml, "test");
  EXPECT_TRUE(scenario);
  return Play(*scenario, 1).peers;
}

PeerScore Of(const PeerScores& scores, Peer peer) {
  return scores.at(static_cast<std::size_t>(peer));
}

TEST(Peers, SeeAKilledNodeAsSoonAsTheirRulesLetThem) {
  const PeerScores scores = PlayedBeside("{kind: node_killed, at: 1m, node: web-3}");
  struct Row {
    Peer peer;
    double least;
    double most;
  };
  for (const auto& [peer, least, most] :
       {Row{Peer::kFixed5, 4, 5.5}, Row{Peer::kFixed50, 49, 50.5}, Row{Peer::kPhi, 3, 6},
        Row{Peer::kMemberlist, 5, 7}, Row{Peer::kKubernetes, 30, 60}, Row{Peer::kAks, 330, 360},
        Row{Peer::kKarpenter, 630, 660}}) {
    SCOPED_TRACE(WordsOf(peer));
    const PeerScore score = Of(scores, peer);
    EXPECT_EQ(score.faults, 1U);
    EXPECT_EQ(score.falsely, 0U);
    ASSERT_EQ(score.after.size(), 1U);
    EXPECT_GE(score.after[0], least);
    EXPECT_LE(score.after[0], most);
  }
}

TEST(Peers, ThatHearTheAgentAloneTakeItsDeathForTheNodes) {
  const PeerScores scores = PlayedBeside("{kind: agent_dead, at: 1m, node: web-3}");
  EXPECT_EQ(Of(scores, Peer::kFixed5).falsely, 1U);
  EXPECT_EQ(Of(scores, Peer::kMemberlist).falsely, 1U);
  EXPECT_EQ(Of(scores, Peer::kKubernetes).falsely, 0U);
}

TEST(Peers, ThatDoNotDoubtTheCollectorSayFalselyWhatItDoesNotHear) {
  const PeerScores scores = PlayedBeside("{kind: collector_cut_off, at: 1m, share: 0.6}");
  EXPECT_EQ(Of(scores, Peer::kFixed5).falsely, 12U);
  EXPECT_EQ(Of(scores, Peer::kKubernetes).falsely, 0U);
}

TEST(Peers, ThatReadNoLogDoNotSeeAReadOnlyDisk) {
  const PeerScores scores = PlayedBeside("{kind: disk_read_only, at: 1m, node: web-3}");
  for (const PeerScore& score : scores) {
    EXPECT_EQ(score.faults, 1U);
    EXPECT_TRUE(score.after.empty());
  }
}

TEST(Peers, KarpenterStopsWhereMoreThanAFifthOfAPoolIsNotReady) {
  const PeerScores few = PlayedBeside("{kind: node_killed, at: 1m, nodes: 4}");
  EXPECT_EQ(Of(few, Peer::kKarpenter).after.size(), 4U);
  const PeerScores many = PlayedBeside("{kind: node_killed, at: 1m, nodes: 5}");
  EXPECT_TRUE(Of(many, Peer::kKarpenter).after.empty());
  EXPECT_EQ(Of(many, Peer::kAks).after.size(), 5U) << "no cap of its is published";
}

TEST(Peers, ANodeThatIsRebootedIsDownAndNotFalselySaidToBe) {
  const PeerScores scores = PlayedBeside("{kind: reboot, at: 1m, lasts: 2m, node: web-3}");
  EXPECT_EQ(Of(scores, Peer::kFixed5).falsely, 0U);
  EXPECT_EQ(Of(scores, Peer::kKubernetes).falsely, 0U);
}

}  // namespace
}  // namespace loadline::collector
