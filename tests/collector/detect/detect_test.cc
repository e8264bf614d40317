#include "collector/detect/detect.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/detect/rules.h"
#include "schemas/wire/scheduled_event.h"
#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

// What of this rule holds, each by its labels: "node=a".
std::vector<std::string> Holding(const std::vector<Condition>& conditions, const std::string& rule) {
  std::vector<std::string> labels;
  for (const Condition& condition : conditions) {
    if (condition.rule != rule) continue;
    std::string text;
    for (const auto& [name, value] : condition.labels) text += (text.empty() ? "" : ",") + name + "=" + value;
    labels.push_back(text);
  }
  return labels;
}

const Condition* Find(const std::vector<Condition>& conditions, const std::string& rule) {
  const auto it = std::ranges::find(conditions, rule, &Condition::rule);
  return it == conditions.end() ? nullptr : &*it;
}

class DetectTest : public ::testing::Test {
 protected:
  std::vector<Condition> Conditions(Duration at) {
    judge_.Look(model_, liveness_, Mono(at), At(at), [&](const auto&) { return witness_; });
    return Detect({model_, judge_, own_, Mono(at), At(at)}, config_);
  }
  wire::ContainerWindow Throttled(std::uint32_t periods, std::uint32_t throttled) {
    wire::ContainerWindow window = Busy(1, 1'000'000, kMiB);
    window.throttle = wire::ThrottleWindow{.periods = periods, .throttled_periods = throttled};
    window.limits = wire::CgroupLimits{.cpu_limit = 100};
    return window;
  }

  CgroupNames names_;
  Model model_{{}, names_};
  Liveness liveness_{{}, Mono{}};
  Judge judge_{{}};
  Witness witness_;
  OwnHealth own_;
  DetectConfig config_;
  AgentFeed agent_{model_, "node-1"};
};

TEST_F(DetectTest, WithoutAnyAgentTheCollectorIsBlindAndNothingElseIsWrong) {
  const auto conditions = Conditions(0s);
  ASSERT_EQ(conditions.size(), 1U);
  EXPECT_EQ(conditions[0].rule, "CollectorBlind");
  EXPECT_EQ(conditions[0].hold, 10min);
  agent_.Report(10s, {});
  EXPECT_THAT(Conditions(11s), IsEmpty());
  for (Duration t = 0s; t < 60s; t += 1s) liveness_.Tick(Mono(t));
  EXPECT_EQ(Find(Conditions(60s), "CollectorBlind")->reason, "Of 1 known nodes none sends heartbeats.");
}

TEST_F(DetectTest, AQuarterOfAMinutesPeriodsThrottledIsThrottling) {
  agent_.Report(10s, {Throttled(100, 24)}, {UnitIdentity(1, "web.service")});
  EXPECT_THAT(Conditions(11s), IsEmpty());
  agent_.Report(20s, {Throttled(100, 26)});
  const auto conditions = Conditions(21s);
  EXPECT_THAT(Holding(conditions, "ContainerThrottled"), ElementsAre("workload=unit/web.service"));
  const Condition* throttled = Find(conditions, "ContainerThrottled");
  EXPECT_EQ(throttled->summary,
            "unit/web.service is throttled in 25 % of its CPU periods; 100m of its limit 100m are used");
  EXPECT_EQ(
      throttled->reason,
      "50 of 200 CPU periods of the last minute were throttled: 25 %, threshold 25 %. Used is 100 % of the "
      "limit, threshold 50 %; stopped it was for 0 % of the time, summed over CPUs, threshold 50 %.");
  EXPECT_EQ(throttled->hold, 15min);
  EXPECT_THAT(Holding(Conditions(2min), "ContainerThrottled"), IsEmpty())
      << "a minute later that is the past";
}

TEST_F(DetectTest, BurstsThatAreAllowedAreNamedAndNotCounted) {
  wire::ContainerWindow window = Throttled(100, 60);
  window.cpu_bounds = wire::CpuBounds{.burst_us = 20'000};
  window.counters[wire::Counter::kCpuBursts] = 40;
  agent_.Report(10s, {window}, {UnitIdentity(1, "web.service")});
  EXPECT_THAT(
      Find(Conditions(11s), "ContainerThrottled")->reason,
      HasSubstr("Bursts of up to 20 ms beyond the limit are allowed in a period, and are not among these."));
  // Who bursts and is not stopped is not throttled.
  window.throttle->throttled_periods = 0;
  for (const Duration end : {20s, 30s, 40s, 50s, 60s, 70s}) agent_.Report(end, {window});
  EXPECT_THAT(Holding(Conditions(71s), "ContainerThrottled"), IsEmpty());
}

TEST_F(DetectTest, ThrottlingMattersToWhoNeedsTheLimitOrStandsStillForLong) {
  wire::ContainerWindow window = Throttled(100, 40);
  window.cpu->usage_us = 260'000;
  window.throttle->throttled_us = 2'900'000;
  agent_.Report(10s, {window}, {UnitIdentity(1, "exporter.service")});
  EXPECT_THAT(Holding(Conditions(11s), "ContainerThrottled"), IsEmpty());
  window.throttle->throttled_us = 45'000'000;  // of eight threads at a time
  agent_.Report(20s, {window});
  EXPECT_THAT(Find(Conditions(21s), "ContainerThrottled")->reason,
              HasSubstr("Used is 26 % of the limit, threshold 50 %; stopped it was for 240 % of the time"));
  config_.rules["ContainerThrottled"].thresholds["stopped"] = 10.0;
  EXPECT_THAT(Holding(Conditions(21s), "ContainerThrottled"), IsEmpty());
  config_.rules["ContainerThrottled"].thresholds["used"] = 0.0;
  EXPECT_THAT(Holding(Conditions(21s), "ContainerThrottled"), SizeIs(1));
}

TEST_F(DetectTest, AnIdleReplicaDoesNotHideThatABusyOneUsesUpItsLimit) {
  wire::ContainerWindow idle = Throttled(100, 10);
  idle.cpu->usage_us = 10'000;
  AgentFeed other(model_, "node-2");
  other.Report(10s, {idle}, {UnitIdentity(1, "web.service")});
  wire::ContainerWindow busy = Throttled(100, 90);
  busy.cpu->usage_us = 800'000;
  agent_.Report(10s, {busy}, {UnitIdentity(1, "web.service")});
  const auto conditions = Conditions(11s);
  ASSERT_THAT(Holding(conditions, "ContainerThrottled"), SizeIs(1));
  EXPECT_THAT(Find(conditions, "ContainerThrottled")->summary,
              testing::EndsWith("; 80m of its limit 100m are used"));
}

TEST_F(DetectTest, ThrottlingByTheLimitOfThePodIsToldAsThat) {
  wire::ContainerWindow pod = Busy(1, 500'000, kMiB);
  pod.throttle = wire::ThrottleWindow{.periods = 100, .throttled_periods = 100};
  pod.limits = wire::CgroupLimits{.cpu_limit = 50};
  const std::string id(64, 'a');
  agent_.Report(10s, {pod, Busy(2, 500'000, kMiB)},
                {{.ref = 1, .kind = wire::CgroupKind::kPod, .path = "/kubepods/podu1", .pod_uid = "u1"},
                 {.ref = 2,
                  .kind = wire::CgroupKind::kPodContainer,
                  .path = "/kubepods/podu1/" + id,
                  .pod_uid = "u1",
                  .container_id = id}});
  const auto conditions = Conditions(11s);
  const Condition* throttled = Find(conditions, "ContainerThrottled");
  ASSERT_NE(throttled, nullptr);
  EXPECT_THAT(
      throttled->summary,
      testing::EndsWith("is throttled in 100 % of its CPU periods; 50m of the pod's limit 50m are used"));
}

TEST_F(DetectTest, AFewThrottledPeriodsProveNothing) {
  agent_.Report(10s, {Throttled(99, 99)}, {UnitIdentity(1, "web.service")});
  EXPECT_THAT(Conditions(11s), IsEmpty());
}

TEST_F(DetectTest, WaitingForMemoryATenthOfTheTimeIsPressure) {
  const auto window = [](std::uint32_t stalled_us) {
    wire::ContainerWindow busy = Busy(1, 1'000'000, 100 * kMiB);
    busy.pressure = wire::PressureWindow{.memory_some_us = stalled_us};
    busy.limits = wire::CgroupLimits{.memory_limit = 128 * kMiB};
    return busy;
  };
  agent_.Report(10s, {window(5'000'000)}, {UnitIdentity(1, "db.service")});
  EXPECT_THAT(Conditions(11s), IsEmpty()) << "one window is too little to go by";
  agent_.Report(20s, {window(1'000'000)});
  const auto conditions = Conditions(21s);
  const Condition* pressure = Find(conditions, "ContainerMemoryPressure");
  ASSERT_NE(pressure, nullptr);
  EXPECT_EQ(pressure->summary, "unit/db.service waits for memory 30 % of the time on node-1");
  EXPECT_THAT(pressure->reason, HasSubstr("100 MiB in use, limit 128 MiB"));
  EXPECT_EQ(pressure->node, "node-1") << "so that a dead node silences it";
  AgentFeed other(model_, "node-2");
  other.Report(10s, {window(5'000'000)}, {UnitIdentity(1, "db.service")});
  other.Report(20s, {window(1'000'000)});
  EXPECT_EQ(Find(Conditions(21s), "ContainerMemoryPressure")->node, "") << "two nodes, and one may live";
}

TEST_F(DetectTest, ANodeIsSilentAfterADozenMissingHeartbeats) {
  agent_.Report(10s, {});
  liveness_.Heard("node-1", Mono(10s));
  for (Duration t = 0s; t < 21s; t += 1s) liveness_.Tick(Mono(t));
  EXPECT_THAT(Conditions(21s), IsEmpty());
  const auto conditions = Conditions(22s);
  EXPECT_THAT(Holding(conditions, "NodeSilent"), ElementsAre("node=node-1"));
  EXPECT_TRUE(conditions[0].urgent);
  EXPECT_EQ(conditions[0].summary, "Node node-1 is silent: no heartbeat for 12 s");
}

TEST_F(DetectTest, ANodeWhoseKubeletAnswersIsNotSilentButNotWatched) {
  agent_.Report(10s, {});
  liveness_.Heard("node-1", Mono(10s));
  for (Duration t = 0s; t < 22s; t += 1s) liveness_.Tick(Mono(t));
  witness_ = {.knows = true, .answered = Mono(22s)};
  const auto conditions = Conditions(22s);
  EXPECT_THAT(Holding(conditions, "NodeSilent"), IsEmpty());
  EXPECT_THAT(Holding(conditions, "NodeAgentSilent"), ElementsAre("node=node-1"));
  EXPECT_FALSE(conditions[0].urgent);
}

// Nobody is to be woken for what runs on.
TEST_F(DetectTest, ANodeThatOnlyTheCollectorDoesNotReachIsNotSilentButNotWatched) {
  agent_.Report(10s, {});
  liveness_.Heard("node-1", Mono(10s));
  for (Duration t = 0s; t < 14s; t += 1s) liveness_.Tick(Mono(t));
  witness_ = {.knows = true, .unanswered = 3, .neighbours = {.reach_it = {"node-2"}}};
  const auto conditions = Conditions(14s);
  EXPECT_THAT(Holding(conditions, "NodeSilent"), IsEmpty());
  EXPECT_THAT(Holding(conditions, "NodeAgentSilent"), ElementsAre("node=node-1"));
  EXPECT_EQ(
      conditions[0].summary,
      "Node node-1 is not watched: no heartbeat for 4 s, and nothing answers at its kubelet's port; its "
      "machine answers node-2: only the way from the collector is broken");
  witness_.neighbours = {};
  EXPECT_THAT(Holding(Conditions(15s), "NodeSilent"), ElementsAre("node=node-1"));
}

TEST_F(DetectTest, WhatIsSaidOfANodeCanBeRoutedByItsPoolAndZone) {
  agent_.Report(10s, {});
  model_.Locate([](const std::string&) { return NodeTold{{.pool = "spot", .zone = "eastus-1"}}; }, At(11s));
  liveness_.Heard("node-1", Mono(10s));
  for (Duration t = 0s; t < 22s; t += 1s) liveness_.Tick(Mono(t));
  EXPECT_EQ(Conditions(22s).at(0).labels,
            (Labels{{"node", "node-1"}, {"pool", "spot"}, {"zone", "eastus-1"}}));
}

TEST_F(DetectTest, WhenMostNodesFallSilentAtOnceTheCollectorIsSuspected) {
  for (const char* name : {"a", "b", "c", "d"}) {
    AgentFeed(model_, name).Report(10s, {});
    liveness_.Heard(name, Mono(0s));
  }
  for (const char* name : {"a", "b"}) liveness_.Heard(name, Mono(14s));
  EXPECT_THAT(Holding(Conditions(15s), "NodeSilent"), ElementsAre("node=c", "node=d")) << "half is not most";
  const auto conditions = Conditions(30s);
  EXPECT_THAT(Holding(conditions, "NodeSilent"), ElementsAre("node=c", "node=d")) << "those of before";
  ASSERT_NE(Find(conditions, "CollectorIsolated"), nullptr);
  EXPECT_EQ(Find(conditions, "CollectorIsolated")->summary, "4 of 4 nodes are silent at once");
}

TEST_F(DetectTest, HeartbeatsWithoutWindowsAreStale) {
  agent_.Report(10s, {});
  liveness_.Heard("node-1", Mono(60s), 45s);
  EXPECT_THAT(Holding(Conditions(60s), "NodeStale"), ElementsAre("node=node-1"));
}

TEST_F(DetectTest, WhatAnAgentLostIsNamed) {
  wire::Report report;
  report.window_end_ns = At(10s).time_since_epoch().count();
  report.losses = {.ring_full = 3, .spool_dropped_reports = 2};
  agent_.Send({.sequence = 1, .body = report}, 10s);
  const auto conditions = Conditions(11s);
  ASSERT_EQ(Holding(conditions, "AgentLosses").size(), 1U);
  EXPECT_EQ(conditions[0].summary,
            "Agent data loss on node-1: 3 kernel events that found the ring full, 2 reports that fell "
            "out of the "
            "full spool");
  agent_.Report(20s, {});
  EXPECT_THAT(Holding(Conditions(21s), "AgentLosses"), IsEmpty());
}

TEST_F(DetectTest, ANodeThatReportsMoreThanOneMayIsNamed) {
  agent_.Report(10s, {});
  own_.waiting_of["node-1"] = {.bytes = kMiB, .since = 1min};
  EXPECT_THAT(Holding(Conditions(11s), "NodeRefused"), IsEmpty()) << "it may catch up";
  own_.waiting_of["node-1"].since = 6min;
  EXPECT_THAT(Holding(Conditions(11s), "NodeRefused"), ElementsAre("node=node-1"));
  own_.waiting_of.clear();
  own_.refused_alerts_of["node-1"] = {.count = 7, .last = At(10s)};
  const auto conditions = Conditions(11s);
  ASSERT_EQ(Holding(conditions, "NodeRefused").size(), 1U);
  EXPECT_EQ(conditions[0].reason,
            "Not taken since the collector started: 7 alerts beyond its share of the book. Figures of other "
            "nodes are not touched by it.");
  EXPECT_TRUE(conditions[0].own);
  EXPECT_THAT(Holding(Conditions(131s), "NodeRefused"), IsEmpty());
}

TEST_F(DetectTest, AStoreThatCannotWriteIsTheGravestOfAll) {
  own_ = {.store_error = "storing records: disk is full", .waiting_records = 7};
  const auto conditions = Conditions(0s);
  const Condition* store = Find(conditions, "StoreNotWritable");
  ASSERT_NE(store, nullptr);
  EXPECT_EQ(store->severity, Severity::kSev0);
  EXPECT_THAT(store->reason, HasSubstr("7 records wait"));
}

TEST_F(DetectTest, AStoreNearItsBoundIsFull) {
  own_ = {.store_bytes = 89 * kMiB, .store_most = 100 * kMiB};
  EXPECT_EQ(Find(Conditions(0s), "StoreFull"), nullptr);
  own_.store_bytes = 90 * kMiB;
  const auto conditions = Conditions(0s);
  ASSERT_NE(Find(conditions, "StoreFull"), nullptr);
  EXPECT_THAT(Find(conditions, "StoreFull")->reason, HasSubstr("90 MiB of 100 MiB are used, threshold 90 %"));
}

TEST_F(DetectTest, AReceiverThatFailsThreeTimesInARowIsFailingAndItsErrorIsSaid) {
  own_.receivers = {{.name = "ops/slack[0]", .waiting = 4, .failing = 2, .last_failure = "token_revoked"}};
  EXPECT_THAT(Holding(Conditions(0s), "ReceiverFailing"), IsEmpty());
  own_.receivers[0].failing = 3;
  const auto conditions = Conditions(0s);
  EXPECT_THAT(Holding(conditions, "ReceiverFailing"), ElementsAre("receiver=ops/slack[0]"));
  EXPECT_EQ(Find(conditions, "ReceiverFailing")->summary, "ops/slack[0] does not take alerts: token_revoked");
}

TEST_F(DetectTest, AReceiverThatRefusesOnceIsFailingAtOnce) {
  own_.receivers = {{.name = "ops/webhook[0]", .failing = 1, .refuses = true, .last_failure = "HTTP 400"}};
  const auto conditions = ByRules(Conditions(0s), {.rules = DefaultRules()});
  ASSERT_THAT(Holding(conditions, "ReceiverFailing"), ElementsAre("receiver=ops/webhook[0]"));
  EXPECT_EQ(Find(conditions, "ReceiverFailing")->hold, 0s);
  EXPECT_THAT(Find(conditions, "ReceiverFailing")->reason, HasSubstr("the last error: HTTP 400"));
}

TEST_F(DetectTest, AReceiverWithAUsedUpQuotaIsFailingAfterItsFirstAnswerAndNotAfterTheThird) {
  own_.receivers = {{.name = "ops/azure_logs[0]",
                     .waiting = 1,
                     .failing = 1,
                     .last_failure = "HTTP 439: the daily quota is used up",
                     .paused_until = At(10s) + 1h,
                     .waiting_since = At(9s)}};
  const auto conditions = Conditions(10s);
  ASSERT_THAT(Holding(conditions, "ReceiverFailing"), ElementsAre("receiver=ops/azure_logs[0]"));
  EXPECT_EQ(Find(conditions, "ReceiverFailing")->summary,
            "ops/azure_logs[0] does not take alerts: HTTP 439: the daily quota is used up");
  EXPECT_THAT(Find(conditions, "ReceiverFailing")->reason, HasSubstr("It is tried again at "));
  own_.receivers[0].paused_until = At(10s) + 1min;
  EXPECT_THAT(Holding(Conditions(10s), "ReceiverFailing"), IsEmpty()) << "a pause as any failure has";
}

TEST_F(DetectTest, AReceiverThatLetsSomethingWaitForTwoMinutesIsFailingWhateverTheCause) {
  own_.receivers = {{.name = "ops/email[0]", .waiting = 9, .waiting_since = At(10s)}};
  EXPECT_THAT(Holding(Conditions(10s + 119s), "ReceiverFailing"), IsEmpty());
  const auto conditions = Conditions(10s + 120s);
  ASSERT_THAT(Holding(conditions, "ReceiverFailing"), ElementsAre("receiver=ops/email[0]"));
  EXPECT_EQ(Find(conditions, "ReceiverFailing")->summary, "ops/email[0] is far behind with alerts");
}

TEST_F(DetectTest, AFullAndAReadOnlyDiskAreSaidByTheirPaths) {
  wire::Report report;
  report.window_end_ns = At(10s).time_since_epoch().count();
  report.node.disks = {{.path = "/", .free = 50 * kGiB, .total = 100 * kGiB},
                       {.path = "/var", .free = 1 * kGiB, .total = 100 * kGiB, .read_only = true}};
  agent_.Send({.sequence = 1, .body = report}, 10s);
  const auto conditions = Conditions(11s);
  EXPECT_THAT(Holding(conditions, "NodeDiskFull"), ElementsAre("disk=/var,node=node-1"));
  EXPECT_EQ(Find(conditions, "NodeDiskFull")->summary, "/var on node node-1 is 99 % full");
  EXPECT_THAT(Holding(conditions, "NodeDiskReadOnly"), ElementsAre("disk=/var,node=node-1"));
}

wire::Record Health(std::uint64_t sequence, wire::HealthEvent event, Duration at) {
  event.at_ns = At(at).time_since_epoch().count();
  if (event.source.empty()) event.source = "kernel-log";
  event.message = "the kernel's line";
  return {.sequence = sequence, .body = wire::Event(std::move(event))};
}

TEST_F(DetectTest, AConditionInTheKernelsLogIsSaidUntilItEnds) {
  agent_.Send(Health(1, {.condition = "ReadonlyFilesystem", .reason = "FilesystemIsReadOnly"}, 10s), 10s);
  const auto conditions = Conditions(11s);
  EXPECT_THAT(Holding(conditions, "NodeKernelCondition"),
              ElementsAre("condition=ReadonlyFilesystem,node=node-1"));
  EXPECT_EQ(Find(conditions, "NodeKernelCondition")->reason, "Its kernel wrote: the kernel's line");
  EXPECT_THAT(Holding(Conditions(24h), "NodeKernelCondition"), SizeIs(1));
  agent_.Send(
      Health(2, {.condition = "ReadonlyFilesystem", .reason = "FilesystemIsReadOnly", .ended = true}, 20s),
      20s);
  EXPECT_THAT(Holding(Conditions(21s), "NodeKernelCondition"), IsEmpty());
}

TEST_F(DetectTest, WhatChecksFindIsSaidByHowBadItIsUntilItEnds) {
  const auto check = [](const std::string& condition, bool ended = false) {
    return wire::HealthEvent{
        .source = "check", .condition = condition, .reason = "R", .message = "m", .ended = ended};
  };
  agent_.Send(Health(1, check("KubeletProblem"), 10s), 10s);
  agent_.Send(Health(2, check("FilesystemFull"), 10s), 10s);
  agent_.Send(Health(3, check("ZombieProcesses"), 10s), 10s);
  wire::HealthEvent plugin = check("KubeletProblem");
  plugin.source = "plugin";
  agent_.Send(Health(4, plugin, 10s), 10s);
  const auto conditions = Conditions(11s);
  EXPECT_THAT(Holding(conditions, "NodeKernelCondition"), IsEmpty());
  EXPECT_THAT(Holding(conditions, "NodeCheckFailed"), ElementsAre("condition=KubeletProblem,node=node-1"));
  EXPECT_THAT(
      Holding(conditions, "NodeDegraded"),
      UnorderedElementsAre("condition=FilesystemFull,node=node-1", "condition=KubeletProblem,node=node-1"))
      << "a plugin may call its own as it likes";
  EXPECT_THAT(Holding(conditions, "NodeUntidy"), ElementsAre("condition=ZombieProcesses,node=node-1"));
  EXPECT_EQ(Find(conditions, "NodeCheckFailed")->severity, Severity::kSev1);
  EXPECT_EQ(Find(conditions, "NodeCheckFailed")->summary,
            "Node node-1: its kubelet does not answer, or says that it is not well");
  EXPECT_THAT(Find(conditions, "NodeCheckFailed")->reason, StartsWith("A check on it found: "));
  agent_.Send(Health(5, check("KubeletProblem", true), 20s), 20s);
  EXPECT_THAT(Holding(Conditions(21s), "NodeCheckFailed"), IsEmpty());
}

TEST_F(DetectTest, WhatThePlatformHasAnnouncedIsSaidUntilItIsOver) {
  using Kind = wire::ScheduledEvent::Kind;
  const auto announce = [&](std::uint64_t sequence, const wire::ScheduledEvent& event) {
    agent_.Send({.sequence = sequence, .body = wire::Event(wire::HealthOf(event, At(10s)))}, 10s);
  };
  announce(1,
           {.kind = Kind::kFreeze, .not_before = At(15min), .lasts = 5s, .description = "Host maintenance."});
  announce(2, {.kind = Kind::kRedeploy, .by_person = true});
  const auto conditions = Conditions(11s);
  EXPECT_THAT(Holding(conditions, "NodeKernelCondition"), IsEmpty()) << "no kernel wrote it";
  EXPECT_THAT(Holding(conditions, "NodeFreezeScheduled"),
              ElementsAre("condition=VMEventScheduled,event=Freeze,node=node-1"));
  EXPECT_THAT(Find(conditions, "NodeFreezeScheduled")->summary,
              StartsWith("The machine of node node-1 freezes for 5 s, not before 20"));
  EXPECT_EQ(Find(conditions, "NodeFreezeScheduled")->reason, "Azure has announced it: Host maintenance.");
  EXPECT_THAT(Holding(conditions, "NodeMaintenanceScheduled"),
              ElementsAre("condition=VMEventScheduled,event=Redeploy,node=node-1"));
  EXPECT_EQ(Find(conditions, "NodeMaintenanceScheduled")->reason, "A person has announced it");
  agent_.Send({.sequence = 3, .body = wire::Event(wire::EndOfScheduledEvents("it was cancelled", At(20s)))},
              20s);
  EXPECT_THAT(Holding(Conditions(21s), "NodeFreezeScheduled"), IsEmpty());
  EXPECT_THAT(Holding(Conditions(21s), "NodeMaintenanceScheduled"), IsEmpty());
}

TEST_F(DetectTest, AFaultInTheKernelsLogIsSaidForTenMinutes) {
  agent_.Send(Health(1, {.reason = "TaskHung", .times = 3}, 10s), 10s);
  const auto conditions = Conditions(11s);
  EXPECT_THAT(Holding(conditions, "NodeKernelFault"), ElementsAre("node=node-1,reason=TaskHung"));
  EXPECT_EQ(Find(conditions, "NodeKernelFault")->summary, "TaskHung on node node-1, 3 times");
  EXPECT_THAT(Holding(Conditions(9min), "NodeKernelFault"), SizeIs(1));
  EXPECT_THAT(Holding(Conditions(11min), "NodeKernelFault"), IsEmpty());
}

TEST_F(DetectTest, WhatIsCorrectedByItselfOrIsAnotherRulesWakesNobody) {
  agent_.Send(Health(1, {.reason = "MemoryCorrectedError"}, 10s), 10s);
  agent_.Send(Health(2, {.reason = "SystemOom"}, 10s), 10s);
  agent_.Send(Health(3, {.reason = "MyOwnRule"}, 10s), 10s);
  EXPECT_THAT(Holding(Conditions(11s), "NodeKernelFault"), ElementsAre("node=node-1,reason=MyOwnRule"));
}

class DetectSizesTest : public DetectTest {
 protected:
  DetectSizesTest() { agent_.Report(10s, {Throttled(100, 0)}, {UnitIdentity(1, "web.service")}); }
  std::vector<Condition> With(const Advice& advice) {
    ContainerId id = 0;
    model_.containers().ForEach([&](ContainerId one, const Container&) { id = one; });
    model_.SetRecommendation(id, std::make_shared<Advice>(advice));
    return Conditions(11s);
  }
};

TEST_F(DetectSizesTest, ARequestFarAboveAllNeedIsOverProvisionedAfterADayOfHistory) {
  Advice advice{.recommendation = {.cpu = {.lower = 50, .target = 80, .upper = 100}},
                .request = {.cpu = 200}};
  advice.recommendation.cpu.reason = {.cause = Cause::kUsage, .observed = 70, .history_seconds = 86'400};
  EXPECT_THAT(Holding(With(advice), "ContainerOverProvisioned"), IsEmpty()) << "twice is not more than twice";
  advice.request.cpu = 201;
  const auto conditions = With(advice);
  EXPECT_THAT(Holding(conditions, "ContainerOverProvisioned"),
              ElementsAre("resource=cpu,workload=unit/web.service"));
  EXPECT_EQ(Find(conditions, "ContainerOverProvisioned")->summary,
            "unit/web.service: CPU request 201m, recommended 80m");
  EXPECT_EQ(Find(conditions, "ContainerOverProvisioned")->severity, Severity::kSev4);
  EXPECT_THAT(Find(conditions, "ContainerOverProvisioned")->reason, HasSubstr("Usage of 70m over 1 d."));
  advice.recommendation.cpu.reason.history_seconds = 86'399;
  EXPECT_THAT(Holding(With(advice), "ContainerOverProvisioned"), IsEmpty());
}

TEST_F(DetectSizesTest, ARequestBelowTheLeastNeedIsUnderProvisioned) {
  Advice advice{
      .recommendation = {.memory = {.lower = 300 * kMiB, .target = 400 * kMiB, .upper = 500 * kMiB}},
      .request = {.memory = 300 * kMiB}};
  advice.recommendation.memory.reason.history_seconds = 86'400;
  EXPECT_THAT(Holding(With(advice), "ContainerUnderProvisioned"), IsEmpty());
  advice.request.memory = 200 * kMiB;
  const auto conditions = With(advice);
  EXPECT_THAT(Holding(conditions, "ContainerUnderProvisioned"),
              ElementsAre("resource=memory,workload=unit/web.service"));
  EXPECT_EQ(Find(conditions, "ContainerUnderProvisioned")->hold, 1h);
}

TEST_F(DetectSizesTest, ALeakIsSaidWithTheTimeThatIsLeft) {
  Advice advice{.limit = {.memory = kGiB}};
  Reason& memory = advice.recommendation.memory.reason;
  memory = {.cause = Cause::kLeak, .growth_per_day = 100.0 * kMiB, .seconds_to_limit = 8 * 86'400};
  EXPECT_THAT(Holding(With(advice), "ContainerLeak"), IsEmpty());
  memory.seconds_to_limit = 2 * 86'400;
  const auto conditions = With(advice);
  EXPECT_THAT(Holding(conditions, "ContainerLeak"), ElementsAre("workload=unit/web.service"));
  EXPECT_EQ(Find(conditions, "ContainerLeak")->summary,
            "unit/web.service leaks 100 MiB a day and meets its memory limit in 2 d");
  EXPECT_THAT(Find(conditions, "ContainerLeak")->reason, HasSubstr("the limit of 1 GiB is met in 2 d"));
  memory.cause = Cause::kTrend;
  EXPECT_THAT(Holding(With(advice), "ContainerLeak"), IsEmpty()) << "growth that is expected is no leak";
}

wire::OomKill Kill() {
  return {.victim = PathIdentity(1, "/demo/hungry"),
          .limit_owner = PathIdentity(2, "/demo"),
          .owner_usage = 64 * kMiB,
          .owner_limit = 64 * kMiB,
          .victim_rss = 60 * kMiB,
          .pid = 42,
          .command = "eater"};
}

TEST_F(DetectTest, AnOomKillSaysWhoWhoseLimitAndHowMuch) {
  const Applied seen = agent_.Kill(5s, Kill());
  const Happening happening = OomKilled(seen.kills.at(0), config_);
  EXPECT_EQ(happening.what.rule, "ContainerOomKilled");
  EXPECT_EQ(happening.what.labels, (Labels{{"workload", "path/demo/hungry"}}));
  EXPECT_EQ(happening.what.summary,
            "path/demo/hungry was OOM-killed on node-1: the memory limit of /demo was hit (64 MiB of 64 MiB "
            "used)");
  EXPECT_THAT(happening.what.reason, HasSubstr("ended eater (pid 42), which held 60 MiB"));
  EXPECT_TRUE(happening.what.urgent);
  EXPECT_EQ(happening.at, At(5s));
}

TEST_F(DetectTest, AnOomKillNamesThePodAndNotThePathOfItsCgroup) {
  wire::OomKill kill = Kill();
  kill.limit_owner->kind = wire::CgroupKind::kPodContainer;
  const KillSeen seen{.kill = kill,
                      .at = At(5s),
                      .node = "node-1",
                      .name = {.workload_id = "shop/Deployment/cart",
                               .namespace_name = "shop",
                               .kind = "Deployment",
                               .workload = "cart",
                               .container = "api",
                               .pod = "cart-7d9f-x2"},
                      .recent_kills = {}};
  EXPECT_EQ(OomKilled(seen, config_).what.summary,
            "shop/Deployment/cart container api was OOM-killed on node-1 (pod cart-7d9f-x2): "
            "the memory limit of the container was hit (64 MiB of 64 MiB used)");
}

TEST_F(DetectTest, AKillInACgroupWithoutANameIsToldByItsProcess) {
  wire::OomKill kill = Kill();
  kill.victim = {};
  const Happening happening = OomKilled(agent_.Kill(5s, kill).kills.at(0), config_);
  EXPECT_EQ(happening.what.rule, "ContainerOomKilled");
  EXPECT_EQ(happening.what.labels, (Labels{{"node", "node-1"}, {"command", "eater"}}));
  EXPECT_EQ(happening.what.summary,
            "eater (pid 42), in a cgroup that cannot be named, was OOM-killed on node-1: "
            "the memory limit of /demo was hit (64 MiB of 64 MiB used)");
}

TEST_F(DetectTest, AKillWithoutALimitIsTheNodesTrouble) {
  wire::OomKill kill = Kill();
  kill.limit_owner.reset();
  const Applied seen = agent_.Kill(5s, kill);
  const Happening happening = OomKilled(seen.kills.at(0), config_);
  EXPECT_EQ(happening.what.rule, "NodeOutOfMemory");
  EXPECT_EQ(happening.what.labels, (Labels{{"node", "node-1"}}));
  EXPECT_EQ(happening.what.summary,
            "path/demo/hungry was OOM-killed on node-1: the whole machine was out of memory");
}

TEST_F(DetectTest, ThreeKillsInTenMinutesAreALoop) {
  agent_.Kill(1min, Kill());
  agent_.Kill(5min, Kill());
  EXPECT_THAT(Holding(Conditions(6min), "ContainerOomLoop"), IsEmpty());
  agent_.Kill(10min, Kill());
  const auto conditions = Conditions(10min);
  EXPECT_THAT(Holding(conditions, "ContainerOomLoop"), ElementsAre("workload=path/demo/hungry"));
  EXPECT_EQ(Find(conditions, "ContainerOomLoop")->summary,
            "path/demo/hungry was OOM-killed 3 times in 10 min");
  EXPECT_THAT(Holding(Conditions(11min + 1s), "ContainerOomLoop"), IsEmpty());
}

}  // namespace
}  // namespace loadline::collector
