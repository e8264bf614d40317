#include "collector/fleet/fleet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/model/names.h"
#include "schemas/wire/scheduled_event.h"

namespace loadline::collector {
namespace {

using enum NodeTrouble;
using namespace std::chrono_literals;

const NodeVerdict kReports;
const NodeVerdict kStuck{.state = NodeState::kStale, .reason = "no window was closed"};
NodeVerdict Silent(SilenceOf of) {
  return {.state = NodeState::kSilent, .silence_of = of, .reason = "no heartbeat for 12 s"};
}
NodeFault Fault(const std::string& type, const std::string& status) {
  return {.node = "web-1", .type = type, .status = status, .reason = "Because"};
}
NodeFinding Finding(const std::string& condition) {
  return {.condition = condition, .reason = "Because", .message = "Remounting filesystem read-only"};
}
NodeDiagnosis DiagnosisOf(const NodeVerdict& verdict, const std::vector<NodeFault>& faults = {},
                          const std::vector<NodeFinding>& findings = {}, double stalled = 0) {
  return Diagnose({.verdict = verdict, .faults = faults, .findings = findings, .stalled = stalled});
}
NodeTrouble TroubleOf(const NodeVerdict& verdict, const std::vector<NodeFault>& faults = {},
                      const std::vector<NodeFinding>& findings = {}) {
  return DiagnosisOf(verdict, faults, findings).trouble;
}

TEST(Diagnosis, ASilentNodeIsWhatTheWitnessSays) {
  EXPECT_EQ(TroubleOf(Silent(SilenceOf::kAgent)), kAgentDead);
  EXPECT_EQ(TroubleOf(Silent(SilenceOf::kKubelet)), kKubeletDead);
  EXPECT_EQ(TroubleOf(Silent(SilenceOf::kNode)), kPartitioned) << "its machine may run";
  EXPECT_EQ(TroubleOf(Silent(SilenceOf::kHung)), kKernelHung);
  EXPECT_EQ(TroubleOf(Silent(SilenceOf::kWay)), kPartitionedFromCollector);
  EXPECT_EQ(TroubleOf(Silent(SilenceOf::kUnknown)), kUnknown);
  EXPECT_EQ(
      TroubleOf(Silent(SilenceOf::kNode), {Fault("Ready", "Unknown"), Fault("MemoryPressure", "Unknown")},
                {Finding("ReadonlyFilesystem")}),
      kPartitioned)
      << "what was said before is not what is the matter";
  EXPECT_EQ(TroubleOf(Silent(SilenceOf::kAgent), {}, {Finding("ReadonlyFilesystem")}), kDiskReadOnly)
      << "its agent may have died of it";
}

TEST(Diagnosis, ANodeThatHangsAfterItRanOutOfMemoryIsNotRebootedForIt) {
  const NodeDiagnosis diagnosis = DiagnosisOf(Silent(SilenceOf::kHung), {}, {}, 0.82);
  EXPECT_EQ(diagnosis.trouble, kMemoryLivelock);
  EXPECT_EQ(diagnosis.evidence,
            "no heartbeat for 12 s; before that tasks waited for memory 82 % of the time");
  EXPECT_EQ(DiagnosisOf(Silent(SilenceOf::kHung), {}, {}, 0.3).trouble, kKernelHung);
  EXPECT_EQ(DiagnosisOf(Silent(SilenceOf::kNode), {}, {}, 0.82).trouble, kPartitioned);
}

TEST(Diagnosis, ANodeThatReportsIsWhatItsKernelAndItsKubeletSay) {
  EXPECT_EQ(TroubleOf(kReports), kNone);
  EXPECT_EQ(TroubleOf(kReports, {}, {Finding("ReadonlyFilesystem")}), kDiskReadOnly);
  EXPECT_EQ(TroubleOf(kReports, {}, {Finding("")}), kNone) << "something happened, and nothing holds";
  EXPECT_EQ(TroubleOf(kReports, {}, {Finding("GpuLost")}), kNone);
  EXPECT_EQ(TroubleOf(kReports, {Fault("KernelDeadlock", "True")}), kKernelHung);
  EXPECT_EQ(TroubleOf(kReports, {Fault("KernelDeadlock", "Unknown")}), kNone);
  EXPECT_EQ(TroubleOf(kReports, {Fault("Ready", "Unknown")}), kKubeletDead);
  EXPECT_EQ(TroubleOf(kReports, {Fault("Ready", "False")}), kUnknown);
  EXPECT_EQ(TroubleOf(kReports, {Fault("MemoryPressure", "True")}), kMemoryPressure);
  EXPECT_EQ(TroubleOf(kReports, {Fault("MemoryPressure", "True"), Fault("Ready", "Unknown")}), kKubeletDead);
  EXPECT_EQ(TroubleOf(kStuck), kAgentDead);
  EXPECT_EQ(TroubleOf(kStuck, {Fault("DiskPressure", "True")}), kAgentDead);
}

// Silent for so long, and nothing answers.
NodeVerdict Unanswered(Duration silent_for) {
  NodeVerdict verdict = Silent(SilenceOf::kNode);
  verdict.signs.silent_for = silent_for;
  return verdict;
}

TEST(Diagnosis, ANodeThatTheApiServerHearsIsCutOffFromTheCollectorAlone) {
  EXPECT_EQ(TroubleOf(Unanswered(59s)), kPartitioned) << "the API server would not have missed it yet";
  EXPECT_EQ(TroubleOf(Unanswered(60s)), kPartitionedFromCollector);
  EXPECT_EQ(DiagnosisOf(Unanswered(60s)).evidence, "no heartbeat for 12 s; the API server hears its kubelet");
  EXPECT_EQ(TroubleOf(Unanswered(60s), {Fault("Ready", "Unknown")}), kPartitioned);
  EXPECT_EQ(TroubleOf(Unanswered(60s), {Fault("Ready", "False")}), kPartitionedFromCollector)
      << "its kubelet says so, and is heard";
  const NodeVerdict unanswered = Unanswered(60s);
  EXPECT_EQ(Diagnose({.verdict = unanswered,
                      .faults = {},
                      .findings = {},
                      .maintenance = Maintenance{MaintenanceKind::kLeaving, "it is being deleted"}})
                .trouble,
            kPartitioned)
      << "of one that leaves nobody says whether it is ready";
}

TEST(Diagnosis, ASilenceThatWasAnnouncedIsTheMaintenance) {
  const NodeVerdict silent = Silent(SilenceOf::kUnknown);
  const auto with = [&](MaintenanceKind kind) {
    return Diagnose(
               {.verdict = silent, .faults = {}, .findings = {}, .maintenance = Maintenance{kind, "why"}})
        .trouble;
  };
  EXPECT_EQ(with(MaintenanceKind::kScheduledEvent), kScheduled);
  EXPECT_EQ(with(MaintenanceKind::kLeftAlone), kUnknown);
  EXPECT_EQ(Diagnose({.verdict = kReports,
                      .faults = {},
                      .findings = {},
                      .maintenance = Maintenance{MaintenanceKind::kScheduledEvent, "why"}})
                .trouble,
            kNone)
      << "it has not begun";
}

TEST(Diagnosis, AKubeletIsNotDeadBecauseItsNodeWasAway) {
  const std::vector<NodeFault> missed = {Fault("Ready", "Unknown")};
  NodeVerdict verdict;
  verdict.signs.back_for = 59s;
  EXPECT_EQ(TroubleOf(verdict, missed), kNone) << "the API server has to hear of it again first";
  verdict.signs.back_for = 60s;
  EXPECT_EQ(TroubleOf(verdict, missed), kKubeletDead);
  verdict.signs.suspect = true;
  EXPECT_EQ(TroubleOf(verdict, missed), kNone) << "its agent does not report this moment";
  verdict.signs.stopped = true;
  EXPECT_EQ(TroubleOf(verdict, missed), kRebooting);
  EXPECT_EQ(TroubleOf(verdict), kNone) << "an agent is replaced";
}

TEST(Diagnosis, SaysWhatItIsSeenBy) {
  EXPECT_EQ(DiagnosisOf(kReports, {}, {Finding("ReadonlyFilesystem")}).evidence,
            "its kernel wrote: Remounting filesystem read-only");
  NodeFinding checked = Finding("MemoryLivelock");
  checked.source = "check";
  checked.message = "waits for memory";
  EXPECT_EQ(DiagnosisOf(kReports, {}, {checked}).trouble, kMemoryLivelock);
  EXPECT_EQ(DiagnosisOf(kReports, {}, {checked}).evidence, "a check on it found: waits for memory");
  EXPECT_EQ(DiagnosisOf(kReports, {Fault("DiskPressure", "True")}, {}).evidence,
            "its condition DiskPressure is True: Because");
  EXPECT_EQ(DiagnosisOf(Silent(SilenceOf::kNode)).evidence, "no heartbeat for 12 s");
}

// What the API server says is what the test says.
class Facts final : public NodeFacts {
 public:
  [[nodiscard]] ClusterFaults Faults() const override { return {.nodes = faults, .pods = {}}; }
  [[nodiscard]] std::optional<NodeMarks> MarksOf(const std::string& node) const override {
    const auto found = marks.find(node);
    return found != marks.end() ? std::optional(found->second) : std::nullopt;
  }
  [[nodiscard]] std::vector<WatchView> Watches() const override {
    return {{.kind = "pods", .state = "following"}, {.kind = "nodes", .state = nodes_are}};
  }

  std::map<std::string, NodeMarks> marks;  // of each node that there is
  std::vector<NodeFault> faults;
  std::string nodes_are = "following";
};

class FleetTest : public ::testing::Test {
 protected:
  FleetTest() {
    for (const char* node : {"web-1", "web-2", "elsewhere"}) {
      model_.Greet({.node = node}, Wall{});
      liveness_.Heard(node, Mono{}, 0s);
    }
    cluster_.marks["web-1"];
    cluster_.marks["web-2"] = {.cordoned = true, .taints = {"ToBeDeletedByClusterAutoscaler"}};
    judge_.Look(model_, liveness_, Mono{}, Wall{});
  }
  [[nodiscard]] Fleet See(Duration later = 0s) { return FleetOf(model_, judge_, cluster_, Wall{} + later); }
  // Its agent says so.
  void Announce(const std::string& node, const wire::ScheduledEvent& event) {
    model_.Apply({node,
                  "",
                  1,
                  Wall{},
                  {.epoch = 1,
                   .sequence = ++sequence_,
                   .body = wire::Event(wire::HealthOf(event, Wall{})),
                   .made = {}}});
  }

  CgroupNames names_;
  Model model_{{}, names_};
  Liveness liveness_{{}, Mono{}};
  Judge judge_{{}};
  Facts cluster_;
  std::uint64_t sequence_ = 0;
};

TEST_F(FleetTest, HasTheNodesOfTheClusterWithWhatStandsOnThem) {
  cluster_.faults = {Fault("DiskPressure", "True")};
  const Fleet fleet = See();
  EXPECT_FALSE(fleet.blind);
  ASSERT_EQ(fleet.nodes.size(), 2U) << "not those that only the collector knows";
  EXPECT_EQ(fleet.nodes[0].name, "web-1");
  EXPECT_EQ(fleet.nodes[0].trouble, kDiskPressure);
  EXPECT_FALSE(fleet.nodes[0].maintenance);
  EXPECT_TRUE(fleet.nodes[1].cordoned);
  EXPECT_EQ(fleet.nodes[1].maintenance->kind, MaintenanceKind::kLeaving);
}

TEST_F(FleetTest, IsBlindWhileTheClustersNodesAreNotFollowed) {
  cluster_.nodes_are = "listing";
  EXPECT_TRUE(See().blind);
  cluster_.nodes_are = "failing";
  EXPECT_TRUE(See().blind);
}

TEST_F(FleetTest, IsBlindWhileTheCollectorDoubtsItself) {
  for (const char* node : {"web-3", "web-4"}) model_.Greet({.node = node}, Wall{});
  for (int second = 1; second <= 60; ++second) {
    liveness_.Tick(Mono(std::chrono::seconds(second)));
    judge_.Look(model_, liveness_, Mono(std::chrono::seconds(second)), Wall{});
  }
  EXPECT_TRUE(See().blind);
}

// At the port of web-1's kubelet nothing answers since 10 s, and others are heard; what its Lease shows is said.
class UnansweredTest : public FleetTest {
 protected:
  NodeTrouble At(int second, std::optional<LeaseWitness> lease, bool gives_up = true,
                 const NeighbourWitness& neighbours = {}) {
    for (; second_ <= second; ++second_) {
      const Mono now{std::chrono::seconds(second_)};
      for (const char* node : {"web-2", "elsewhere"}) liveness_.Heard(node, now, 0s);
      if (second_ <= 10) liveness_.Heard("web-1", now, 0s);
      liveness_.Tick(now);
      judge_.Look(model_, liveness_, now, Wall{}, [&](const std::string&) {
        return Witness{.knows = true, .unanswered = 9, .lease = lease, .neighbours = neighbours};
      });
    }
    Fleet fleet = See();
    if (gives_up) TakeUnansweredForGone(fleet, judge_);
    return fleet.nodes[0].trouble;
  }
  int second_ = 1;
};

TEST_F(UnansweredTest, WhereNobodyAsksForLeasesItIsGivenUpAfterTwelveSeconds) {
  EXPECT_EQ(At(21, std::nullopt), kPartitioned);
  EXPECT_EQ(At(22, std::nullopt, false), kPartitioned) << "unless it is known not to run";
  EXPECT_EQ(At(22, std::nullopt), kGone);
}

TEST_F(UnansweredTest, OneWhoseLeaseStandsStillIsGone) {
  EXPECT_EQ(At(23, LeaseWitness{.first = Mono(13s), .last = Mono(23s), .renewed = {}}), kPartitioned)
      << "its kubelet need not have renewed it yet";
  EXPECT_EQ(At(25, LeaseWitness{.first = Mono(13s), .last = Mono(25s), .renewed = {}}), kGone);
}

TEST_F(UnansweredTest, OneWhoseLeaseIsRenewedIsCutOffFromTheCollectorAloneAndNeverGivenUp) {
  for (int second = 20; second < 200; second += 5) {
    const LeaseWitness renewed{.first = Mono(13s),
                               .last = Mono(std::chrono::seconds(second)),
                               .renewed = Mono(std::chrono::seconds(second - 4))};
    EXPECT_EQ(At(second, renewed), kPartitionedFromCollector) << second;
  }
  EXPECT_THAT(See().nodes[0].evidence,
              testing::HasSubstr("its Lease is renewed: its kubelet runs, and reaches the API server"));
  // Then it dies.
  EXPECT_EQ(At(250, LeaseWitness{.first = Mono(13s), .last = Mono(250s), .renewed = Mono(200s)}), kGone);
}

TEST_F(UnansweredTest, OneThatANeighbourReachesIsCutOffFromTheCollectorAloneAndNeverGivenUp) {
  const NeighbourWitness reached{.reach_it = {"web-2"}, .find_nobody = {"elsewhere"}};
  EXPECT_EQ(At(15, std::nullopt, true, reached), kPartitionedFromCollector) << "it need not be waited for";
  EXPECT_THAT(See().nodes[0].evidence,
              testing::HasSubstr("nothing answers at its kubelet's port; its machine answers web-2: only the "
                                 "way from the collector is broken"));
  EXPECT_EQ(At(60, std::nullopt, true, reached), kPartitionedFromCollector);
  cluster_.faults = {Fault("Ready", "Unknown")};
  EXPECT_EQ(At(90, std::nullopt, true, reached), kPartitioned)
      << "it accepts connections, and says nothing to anybody";
  // Its kubelet hangs: that is no reason to take its machine for dead.
  EXPECT_EQ(At(100, LeaseWitness{.first = Mono(13s), .last = Mono(100s), .renewed = {}}, true, reached),
            kPartitioned);
}

TEST_F(UnansweredTest, OneWhoseMachineRefusesANeighbourRuns) {
  EXPECT_EQ(At(60, LeaseWitness{.first = Mono(13s), .last = Mono(60s), .renewed = {}}, true,
               {.refused = {"web-2"}}),
            kPartitioned);
  EXPECT_THAT(See().nodes[0].evidence, testing::HasSubstr("its machine refuses connections of web-2"));
}

TEST_F(UnansweredTest, WhatNeighboursDoNotReachEitherIsSurelyNotThere) {
  const NeighbourWitness nobody{.find_nobody = {"web-2", "elsewhere"}};
  EXPECT_EQ(At(22, std::nullopt, true, nobody), kGone);
  EXPECT_THAT(See().nodes[0].evidence,
              testing::HasSubstr("nothing answers at its kubelet's port, for web-2 and elsewhere either"));
  EXPECT_EQ(judge_.Of("web-1").confidence, 0.99);
}

TEST_F(UnansweredTest, WhileTheApiServerDoesNotAnswerNobodyIsGivenUp) {
  EXPECT_EQ(At(60, LeaseWitness{}), kPartitioned);
  EXPECT_EQ(At(75, LeaseWitness{.first = Mono(13s), .last = Mono(15s), .renewed = {}}),
            kPartitionedFromCollector)
      << "as its condition Ready is not Unknown";
  cluster_.faults = {Fault("Ready", "Unknown")};
  EXPECT_EQ(At(75, LeaseWitness{.first = Mono(13s), .last = Mono(15s), .renewed = {}}), kPartitioned);
}

TEST_F(UnansweredTest, OnlyWhoDoesNotAnswerIsGone) {
  Fleet fleet{.nodes = {{.name = "web-2", .trouble = kPartitioned}, {.name = "b", .trouble = kAgentDead}}};
  TakeUnansweredForGone(fleet, judge_);
  EXPECT_EQ(fleet.nodes[0].trouble, kPartitioned) << "it is heard";
  EXPECT_EQ(fleet.nodes[1].trouble, kAgentDead);
}

TEST_F(FleetTest, OneThatIsSilentAndTakenAwayIsToBeForgotten) {
  const auto is_gone = [](const std::string& node) { return node == "web-1"; };
  EXPECT_TRUE(TakenAway(model_, judge_, is_gone).empty()) << "it is heard";
  for (int second = 1; second <= 20; ++second) {
    const Mono now{std::chrono::seconds(second)};
    for (const char* node : {"web-2", "elsewhere"}) liveness_.Heard(node, now, 0s);
    liveness_.Tick(now);
    judge_.Look(model_, liveness_, now, Wall{});
  }
  EXPECT_EQ(TakenAway(model_, judge_, is_gone), std::vector<std::string>{"web-1"});
}

TEST(Witnesses, WhatIsAnnouncedIsExpected) {
  const Witness witness{.knows = true, .unanswered = 9};
  const NodeMarks marks{.conditions = {"VMEventScheduled"}};
  EXPECT_EQ(Expecting(witness, marks, nullptr, Wall{}).expected,
            "the platform has scheduled maintenance of its machine");
  EXPECT_EQ(Expecting(witness, NodeMarks{}, nullptr, Wall{}).expected, "");
  EXPECT_EQ(Expecting(witness, std::nullopt, nullptr, Wall{}).unanswered, 9);
}

TEST_F(FleetTest, WhatWasAnnouncedToItsAgentIsExpectedAndNobodysDeath) {
  const Witness witness{.knows = true, .unanswered = 9};
  const Node* node = model_.FindNode("web-1");
  EXPECT_EQ(Expecting(witness, NodeMarks{}, node, Wall{}).expected, "");
  Announce("web-1", {.kind = wire::ScheduledEvent::Kind::kFreeze, .lasts = 5s});
  EXPECT_EQ(Expecting(witness, NodeMarks{}, node, Wall{}).expected,
            "its machine freezes for 5 s, at any time (Azure has announced it)");
  const Fleet fleet = See();
  EXPECT_EQ(fleet.nodes[0].trouble, kNone) << "it has not begun";
  ASSERT_TRUE(fleet.nodes[0].maintenance);
  EXPECT_EQ(fleet.nodes[0].maintenance->kind, MaintenanceKind::kScheduledEvent);
  EXPECT_EQ(See(1h).nodes[0].maintenance, std::nullopt) << "it should be over";
  EXPECT_EQ(fleet.nodes[1].maintenance->kind, MaintenanceKind::kLeaving) << "who is at work comes first";
}

TEST_F(FleetTest, ANodeThatIsToBeTakenIsEmptiedBeforeWhereThatIsWanted) {
  Announce("web-1", {.kind = wire::ScheduledEvent::Kind::kRedeploy});
  Announce("web-2", {.kind = wire::ScheduledEvent::Kind::kRedeploy});
  Fleet fleet = See();
  EXPECT_EQ(fleet.nodes[0].trouble, kNone);
  TakeAnnouncedForTrouble(fleet);
  EXPECT_EQ(fleet.nodes[0].trouble, kToBeTaken);
  EXPECT_EQ(
      fleet.nodes[0].evidence,
      "its machine moves to another host and loses its local disks, at any time (Azure has announced it)");
  EXPECT_FALSE(fleet.nodes[0].maintenance) << "nobody else is at work";
  EXPECT_EQ(fleet.nodes[1].trouble, kNone) << "the cluster autoscaler is";
  Announce("web-1", {.kind = wire::ScheduledEvent::Kind::kReboot});
  cluster_.marks["web-1"].annotations["loadline.io/repair"] = "off";
  Fleet off = See();
  TakeAnnouncedForTrouble(off);
  EXPECT_EQ(off.nodes[0].trouble, kNone);
}

TEST_F(FleetTest, AFreezeOrARebootTakesNothing) {
  Announce("web-1", {.kind = wire::ScheduledEvent::Kind::kFreeze});
  Announce("web-1", {.kind = wire::ScheduledEvent::Kind::kReboot});
  Fleet fleet = See();
  TakeAnnouncedForTrouble(fleet);
  EXPECT_EQ(fleet.nodes[0].trouble, kNone);
}

TEST(Witnesses, ALookIsDueWhenADoubtfulNodeDoesNotAnswer) {
  const Judge judge{{}};
  const auto says = [](int unanswered) {
    return [unanswered](const std::string&) { return Witness{.knows = true, .unanswered = unanswered}; };
  };
  EXPECT_TRUE(MayHaveDied({"web-1"}, judge, says(3)));
  EXPECT_FALSE(MayHaveDied({"web-1"}, judge, says(2)));
  EXPECT_FALSE(MayHaveDied({}, judge, says(3)));
}

}  // namespace
}  // namespace loadline::collector
