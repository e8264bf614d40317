#include "collector/model/model.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "collector/model/view.h"
#include "tests/collector/model/model_fixture.h"
#include "tests/support/saved_usage.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::DoubleEq;
using ::testing::ElementsAre;

TEST_F(ModelTest, OnlyWhatIsFirstToldOfInALaterWindowHasJustStarted) {
  const auto startup = [&](std::size_t at) {
    return model_.replicas()[model_.containers()[static_cast<ContainerId>(at)].replicas.at(0)]
        .usage.cpu()
        .startup()[0];
  };
  // Busy for a minute and a half from its first window on.
  const auto run = [&](Duration from) {
    for (int i = 1; i < 9; ++i)
      node_1_.Report(from + i * kWindow, {Busy(1, 5'000'000, 0), Busy(2, 5'000'000, 0)});
  };
  node_1_.Report(10s, {Busy(1, 5'000'000, 0)}, {UnitIdentity(1, "old.service")});
  node_1_.Report(20s, {Busy(1, 5'000'000, 0), Busy(2, 5'000'000, 0)}, {UnitIdentity(2, "new.service")});
  run(20s);
  EXPECT_EQ(startup(0), 0);
  EXPECT_FLOAT_EQ(startup(1), 0.5);
}

TEST_F(ModelTest, AfterALossNobodyIsTakenForNew) {
  node_1_.Report(10s, {Busy(1, 5'000'000, 0)}, {UnitIdentity(1, "old.service")});
  wire::Report report;
  report.window_start_ns = At(110s).time_since_epoch().count();
  report.window_end_ns = At(120s).time_since_epoch().count();
  report.identities = {UnitIdentity(2, "new.service")};
  report.containers = {Busy(2, 5'000'000, 0)};
  node_1_.Send({.sequence = 12, .body = report}, 121s);
  for (int i = 13; i < 22; ++i) node_1_.Report(i * kWindow, {Busy(2, 5'000'000, 0)});
  EXPECT_EQ(model_.replicas()[1].usage.cpu().startup()[0], 0);
}

TEST_F(ModelTest, ACgroupThatHoldsOthersIsNoWorkload) {
  node_1_.Report(10s, {},
                 {PathIdentity(1, "/demo"), PathIdentity(2, "/demo/hungry"), PathIdentity(3, "/demos")});
  EXPECT_THAT(WorkloadIds(model_), ElementsAre("path/demo/hungry", "path/demos"));
  // However late the first of them comes, and in whatever order they are told of.
  node_1_.Report(20s, {Busy(3, 1'000'000, kMiB)},
                 {PathIdentity(4, "/demos/a/b"), PathIdentity(5, "/demos/a")});
  EXPECT_THAT(WorkloadIds(model_), ElementsAre("path/demo/hungry", "path/demos/a/b"));
  node_1_.Report(30s, {Busy(1, 1'000'000, kMiB), Busy(3, 1'000'000, kMiB), Busy(5, 1'000'000, kMiB)});
  EXPECT_THAT(WorkloadIds(model_), ElementsAre("path/demo/hungry", "path/demos/a/b"));
}

class NobodysNames final : public NameResolver {
 public:
  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion&) const override {
    return std::nullopt;
  }
};

TEST(ModelOfAMachineWithSeveralNodes, AKillInAPodOfAnotherNodeIsLeftToItsOwnAgent) {
  const NobodysNames names;
  Model model({}, names);
  AgentFeed node(model, "node-1");
  const wire::CgroupIdentity other{
      .kind = wire::CgroupKind::kPodContainer, .path = "/pod1/a", .pod_uid = "1", .container_id = "a"};
  EXPECT_TRUE(node.Kill(10s, {.victim = other, .limit_owner = other}).kills.empty());
  EXPECT_TRUE(model.timeline().happenings().empty());
  EXPECT_EQ(node.Kill(20s, {.victim = PathIdentity(1, "/init")}).kills.size(), 1U)
      << "a process of the system";
}

class DaemonSetNames final : public NameResolver {
 public:
  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion&) const override {
    return ContainerName{"kube-system/DaemonSet/logs", "kube-system", "DaemonSet", "logs", "logs"};
  }
};

TEST(ModelOfADaemonSet, WhatItsPodsUsedIsRememberedByClassOfNode) {
  const DaemonSetNames names;
  Model model({}, names);
  AgentFeed small(model, "small"), large(model, "large");
  model.Greet({.node = "small", .capacity = {.cpu = 2000, .memory = 8 * kGiB - 300 * kMiB}}, At(0s));
  model.Greet({.node = "large", .capacity = {.cpu = 16'000, .memory = 64 * kGiB}}, At(0s));
  for (AgentFeed* feed : {&small, &large}) {
    feed->Report(10s, {Busy(1, 1'000'000, kMiB)}, {PathIdentity(1, "/pod")});
    feed->Report(20s, {}, {}, {1});
  }
  const auto pasts = [](const Model& of) {
    std::vector<std::string> classes;
    for (const auto& past : of.containers()[0].class_pasts) classes.push_back(past.node_class);
    return classes;
  };
  EXPECT_THAT(pasts(model), ElementsAre("2 CPUs, 8 GiB", "16 CPUs, 64 GiB"));
  EXPECT_EQ(model.containers()[0].past, nullptr);

  Model again({}, names);
  SaveModel(model, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  EXPECT_EQ(pasts(again), pasts(model));
}

TEST_F(ModelTest, WorkloadsAreUnitsContainersAndPathsButNotSlicesAndNestedCgroups) {
  using enum wire::CgroupKind;
  const std::string id64(64, 'a');
  node_1_.Report(10s, {},
                 {{.ref = 1, .kind = kRoot, .path = "/"},
                  {.ref = 2, .kind = kSlice, .path = "/system.slice"},
                  UnitIdentity(3, "nginx.service"),
                  {.ref = 4, .kind = kDocker, .path = "/docker/" + id64, .container_id = id64},
                  {.ref = 5,
                   .kind = kDocker,
                   .path = "/docker/" + id64 + "/init.scope",
                   .container_id = id64,
                   .sub_path = "/init.scope"},
                  {.ref = 6, .kind = kPod, .path = "/kubepods/pod-u", .pod_uid = "u"},
                  {.ref = 7,
                   .kind = kPodContainer,
                   .path = "/kubepods/pod-u/" + id64,
                   .pod_uid = "u",
                   .container_id = id64},
                  PathIdentity(8, "/demo/a b")});
  EXPECT_THAT(WorkloadIds(model_),
              ElementsAre("docker/aaaaaaaaaaaa", "path/demo/a%20b", "pod/u", "unit/nginx.service"));
}

TEST_F(ModelTest, LiveFiguresAreThoseOfTheLastWindowSummedOverReplicas) {
  auto busy = Busy(1, 5'000'000, 100 * kMiB);
  busy.throttle = wire::ThrottleWindow{.periods = 100,
                                       .throttled_periods = 40,
                                       .throttled_us = 2'000'000,
                                       .episodes = 40,
                                       .longest_us = 90'000};
  busy.limits = wire::CgroupLimits{.cpu_limit = 500, .memory_limit = 256 * kMiB};
  node_1_.Report(10s, {busy}, {UnitIdentity(1, "web.service")});
  node_2_.Report(12s, {Busy(9, 1'000'000, 200 * kMiB)}, {UnitIdentity(9, "web.service")});
  const ContainerView& view = Only(model_);
  EXPECT_EQ(view.replicas, 2U);
  EXPECT_NEAR(view.cpu_cores, 0.6, 1e-9);
  EXPECT_EQ(view.memory_working_set, 200 * kMiB) << "the largest replica";
  EXPECT_NEAR(view.throttled_share, 0.4, 1e-9);
  EXPECT_NEAR(view.throttled_seconds, 2, 1e-9);
  EXPECT_NEAR(view.longest_throttle_seconds.value(), 0.09, 1e-9);
  EXPECT_EQ(view.cpu_limit, 500);
  EXPECT_EQ(view.periods_total, 100U);
  EXPECT_THAT(WorkloadViews(model_)[0]->nodes, ElementsAre("node-1", "node-2"));
}

TEST_F(ModelTest, AContainerThatIsNotInAReportWasIdle) {
  node_1_.Report(10s, {Busy(1, 5'000'000, 100 * kMiB)}, {UnitIdentity(1, "web.service")});
  node_1_.Report(20s, {});
  node_1_.Report(30s, {});
  const ContainerView& view = Only(model_);
  EXPECT_EQ(view.cpu_cores, 0);
  EXPECT_EQ(view.memory_working_set, 100 * kMiB) << "memory that did not change is what it was";
  EXPECT_NEAR(view.cpu_seconds_total, 5, 1e-9);
}

TEST_F(ModelTest, APathThatIsBornAgainOutlivesTheEndOfItsOldNumber) {
  node_1_.Report(10s, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "web.service")});
  node_1_.Report(20s, {Busy(2, 2'000'000, kMiB)}, {UnitIdentity(2, "web.service")}, {1});
  node_1_.Report(30s, {Busy(2, 4'000'000, kMiB)});
  EXPECT_EQ(Only(model_).replicas, 1U);
  EXPECT_NEAR(Only(model_).cpu_seconds_total, 7, 1e-9);
  // Told in the other order, the end of the new number is the end.
  node_1_.Report(40s, {}, {UnitIdentity(3, "web.service")}, {3});
  node_1_.Report(50s, {}, {}, {2});
  EXPECT_EQ(Only(model_).replicas, 0U);
}

TEST_F(ModelTest, TwoPartsOfOneWindowAreOneWindow) {
  wire::Report part;
  part.window_start_ns = At(0s).time_since_epoch().count();
  part.window_end_ns = At(10s).time_since_epoch().count();
  part.more = true;
  part.identities = {UnitIdentity(1, "a.service"), UnitIdentity(2, "b.service"),
                     UnitIdentity(3, "c.service")};
  part.containers = {Busy(1, 5'000'000, kMiB)};
  node_1_.Send({.sequence = 1, .body = part}, 11s);
  EXPECT_EQ(model_.samples(), 1U) << "nobody is taken for idle yet";
  node_1_.Report(10s, {Busy(2, 3'000'000, kMiB)});
  EXPECT_EQ(model_.samples(), 3U) << "c.service was";
  const auto views = WorkloadViews(model_);
  EXPECT_NEAR(views[0]->containers[0].cpu_cores, 0.5, 1e-9);
  EXPECT_NEAR(views[1]->containers[0].cpu_cores, 0.3, 1e-9);
  EXPECT_EQ(views[2]->containers[0].cpu_cores, 0);
}

TEST_F(ModelTest, HistoryHasAPointAWindow) {
  node_1_.Report(10s, {Busy(1, 1'000'000, 10 * kMiB)}, {UnitIdentity(1, "a.service")});
  node_1_.Report(20s, {Busy(1, 2'000'000, 20 * kMiB)});
  node_1_.Report(30s, {Busy(1, 3'000'000, 30 * kMiB)});
  const auto points = Only(model_).history.Points();
  ASSERT_EQ(points.size(), 2U) << "the last is open until the next window comes";
  EXPECT_NEAR(points[0].cpu_cores, 0.1, 0.0001);
  EXPECT_NEAR(points[1].cpu_cores, 0.2, 0.0001);
  EXPECT_NEAR(points[1].memory_bytes, 20 * kMiB, 0.001 * 20 * kMiB);
  EXPECT_EQ(points[1].at_ms - points[0].at_ms, 10'000);
}

TEST_F(ModelTest, GapsInTheSequenceAreCounted) {
  const auto report = [](std::uint64_t sequence) {
    return wire::Record{.sequence = sequence, .body = wire::Report{}};
  };
  node_1_.Send(report(5), 1s);
  EXPECT_EQ(model_.nodes()[0].missing_records, 0U) << "what was before we knew the node is not ours to miss";
  node_1_.Send(report(6), 2s);
  node_1_.Send(report(9), 3s);
  EXPECT_EQ(model_.nodes()[0].missing_records, 2U);
  AgentFeed restarted(model_, "node-1", 2);
  restarted.Send(report(4), 4s);
  EXPECT_EQ(model_.nodes()[0].missing_records, 5U) << "a new start begins with 1";
}

TEST_F(ModelTest, AfterAnAgentsRestartTheSameCgroupIsTheSameReplica) {
  node_1_.Report(10s, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "a.service")});
  AgentFeed restarted(model_, "node-1", 2);
  restarted.Report(20s, {Busy(77, 2'000'000, kMiB)}, {UnitIdentity(77, "a.service")});
  EXPECT_EQ(Only(model_).replicas, 1U);
  EXPECT_NEAR(Only(model_).cpu_seconds_total, 3, 1e-9);
  restarted.Report(30s, {Busy(1, 9'000'000, kMiB)});
  EXPECT_EQ(model_.unknown_refs(), 1U) << "numbers of the start before mean nothing";
}

wire::OomKill KillAt(const std::string& path, const std::string& owner, Bytes limit) {
  wire::OomKill kill{.victim = PathIdentity(0, path),
                     .owner_usage = limit,
                     .owner_limit = limit,
                     .pid = 42,
                     .command = "eater"};
  if (!owner.empty()) kill.limit_owner = PathIdentity(0, owner);
  return kill;
}

TEST_F(ModelTest, AKillNamesItsWorkloadEvenBeforeAnyReport) {
  const Applied seen = node_1_.Kill(5s, KillAt("/demo/hungry", "/demo/hungry", 64 * kMiB));
  ASSERT_EQ(seen.kills.size(), 1U);
  EXPECT_EQ(seen.kills[0].name.workload_id, "path/demo/hungry");
  EXPECT_EQ(seen.kills[0].node, "node-1");
  EXPECT_EQ(seen.kills[0].at, At(5s));
  EXPECT_EQ(Only(model_).oom_kills, 1U);
  EXPECT_EQ(model_.replicas()[0].usage.ooms().size(), 1U);
  EXPECT_EQ(model_.timeline().happenings().back().text,
            "path/demo/hungry (eater, 42) was OOM-killed at the limit of /demo/hungry");
}

TEST_F(ModelTest, AKillInACgroupWithoutANameIsToldAndNobodys) {
  const Applied seen =
      node_1_.Kill(5s, {.victim = {}, .limit_owner = wire::CgroupIdentity{}, .pid = 42, .command = "java"});
  ASSERT_EQ(seen.kills.size(), 1U);
  EXPECT_TRUE(seen.kills[0].name.workload_id.empty());
  EXPECT_EQ(model_.containers().size(), 0U);
  EXPECT_EQ(model_.timeline().happenings().back().text,
            "a cgroup that cannot be named (java, 42) was OOM-killed at the limit of a cgroup that cannot be "
            "named");
}

TEST_F(ModelTest, AStallAtTheLimitSaysWhoWaitedHowLongAndAtWhichLimit) {
  const wire::MemoryStall stall{.at_ns = At(5s).time_since_epoch().count(),
                                .cgroup = PathIdentity(0, "/demo/hungry"),
                                .stall_us = 12'000,
                                .usage = 60 * kMiB,
                                .limit = 64 * kMiB};
  node_1_.Send({.sequence = 1, .body = wire::Event(stall)}, 5s);
  const HappeningView& told = model_.timeline().happenings().back();
  EXPECT_EQ(told.kind, "memory_stall");
  EXPECT_EQ(told.workload_id, "path/demo/hungry");
  EXPECT_EQ(told.text, "path/demo/hungry waited 12 ms for memory at its limit: 60 MiB of 64 MiB used");
}

TEST_F(ModelTest, AGrowthTowardsTheLimitIsToldAsOne) {
  const wire::MemoryStall growth{.at_ns = At(5s).time_since_epoch().count(),
                                 .cgroup = PathIdentity(0, "/demo/hungry"),
                                 .usage = 60 * kMiB,
                                 .limit = 64 * kMiB};
  node_1_.Send({.sequence = 1, .body = wire::Event(growth)}, 5s);
  EXPECT_EQ(
      model_.timeline().happenings().back().text,
      "path/demo/hungry grows towards its memory limit and reaches it within 6 s: 60 MiB of 64 MiB cannot be "
      "reclaimed");
}

TEST_F(ModelTest, OnlyAKillAtTheOwnLimitTeachesTheRecommender) {
  node_1_.Kill(5s, KillAt("/demo/hungry", "/demo/hungry/inner", 64 * kMiB));
  EXPECT_EQ(model_.replicas()[0].usage.ooms().size(), 1U) << "a nested cgroup's limit is the container's";
  node_1_.Kill(6s, KillAt("/demo/hungry", "", 0));
  node_1_.Kill(7s, KillAt("/demo/hungry", "/demo/hung", 64 * kMiB));
  EXPECT_EQ(model_.replicas()[0].usage.ooms().size(), 1U)
      << "the node's end and others' limits say nothing of it";
  EXPECT_EQ(Only(model_).oom_kills, 3U);
}

TEST_F(ModelTest, WhatNoAgentCanSeeIsUnknownAndNotZero) {
  const auto greet = [&](const std::string& node, wire::Rung rung) {
    wire::Hello hello{.node = node};
    for (int signal = 0; signal < wire::kSignalCount; ++signal)
      hello.signals.push_back({wire::Signal(signal), rung, ""});
    model_.Greet(hello, At(0s));
  };
  greet("node-1", wire::Rung::kOff);
  node_1_.Report(10s, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "a.service")});
  EXPECT_EQ(Only(model_).cpu_pressure, std::nullopt);
  EXPECT_EQ(Only(model_).io_pressure, std::nullopt);
  EXPECT_EQ(Only(model_).run_queue_wait_seconds, std::nullopt);
  EXPECT_EQ(Only(model_).longest_throttle_seconds, std::nullopt);
  EXPECT_FALSE(Only(model_).sees_oom_kills);
  EXPECT_EQ(NodeViews(model_, [](const std::string&) { return NodeStanding{}; })[0].memory_pressure,
            std::nullopt);
  // One of its nodes is enough.
  greet("node-2", wire::Rung::kFiles);
  node_2_.Report(10s, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "a.service")});
  EXPECT_EQ(Only(model_).cpu_pressure, 0.0);
  EXPECT_EQ(Only(model_).longest_throttle_seconds, 0.0);
  EXPECT_TRUE(Only(model_).sees_oom_kills);
}

TEST_F(ModelTest, TheReplicaThatWaitsMostSaysWhoKeepsItFromCpu) {
  for (const char* node : {"node-1", "node-2"}) {
    wire::Hello hello{.node = node, .capacity = {.cpu = 4000, .memory = kGiB}};
    hello.signals = {{wire::Signal::kPressure, wire::Rung::kFiles, ""},
                     {wire::Signal::kRunQueue, wire::Rung::kOff, ""}};
    model_.Greet(hello, At(0s));
  }
  const auto waiting = [](std::uint32_t throttled_periods, std::uint32_t pressure_us,
                          std::uint32_t cpu_us = 1'000'000) {
    wire::ContainerWindow window = Busy(1, cpu_us, kMiB);
    window.throttle = wire::ThrottleWindow{.periods = 100, .throttled_periods = throttled_periods};
    window.pressure = wire::PressureWindow{.cpu_some_us = pressure_us};
    return window;
  };
  node_1_.Report(10s, {waiting(0, 500'000)}, {UnitIdentity(1, "a.service")});
  EXPECT_EQ(Only(model_).cpu_held_back_by, std::nullopt) << "a twentieth of the time";
  node_1_.Report(20s, {waiting(0, 4'000'000)});
  EXPECT_EQ(Only(model_).cpu_held_back_by, HeldBackBy::kNeighbours);
  node_1_.Report(30s, {waiting(0, 9'900'000, 39'000'000)});
  EXPECT_EQ(Only(model_).cpu_held_back_by, std::nullopt) << "it has the node for itself";
  node_1_.Report(40s, {waiting(0, 4'000'000)});
  node_2_.Report(40s, {waiting(80, 7'000'000)}, {UnitIdentity(1, "a.service")});
  EXPECT_EQ(Only(model_).cpu_held_back_by, HeldBackBy::kLimit);
}

TEST_F(ModelTest, WhatHappenedAtTheLimitsIsSummedUpAndSaved) {
  for (const Duration end : {10s, 20s}) {
    wire::ContainerWindow window = Busy(1, 1000, kMiB);
    window.memory_events = wire::MemoryEventsWindow{.high = 3, .max = 2, .oom = 8, .reclaim_stall_us = 7};
    window.throttle = wire::ThrottleWindow{.periods = 1, .episodes = 4};
    window.exits = wire::ExitWindow{.exits = 5, .cpu_us = 9, .largest_rss = kMiB};
    window.counters[wire::Counter::kRunQueueWaits] = 11;
    window.io = wire::IoWindow{.read_bytes = 100, .written_bytes = 50, .reads = 2, .writes = 1};
    window.processes = 6;
    window.memory->swap = 3 * kMiB;
    window.pressure = wire::PressureWindow{.memory_full_us = 5'000'000};
    node_1_.Report(end, {window}, {UnitIdentity(1, "a.service")});
  }
  Model again({}, names_);
  SaveModel(model_, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  for (Model* model : {&model_, &again}) {
    using enum wire::Counter;
    const wire::Counters& counters = Only(*model).counters;
    EXPECT_EQ(counters[kMemoryHigh], 6U);
    EXPECT_EQ(counters[kMemoryMax], 4U);
    EXPECT_EQ(counters[kMemoryOom], 16U);
    EXPECT_EQ(counters[kReclaimStallUs], 14U);
    EXPECT_EQ(counters[kThrottleEpisodes], 8U);
    EXPECT_EQ(counters[kProcessExits], 10U);
    EXPECT_EQ(counters[kProcessExitCpuUs], 18U);
    EXPECT_EQ(counters[kRunQueueWaits], 22U);
    EXPECT_EQ(counters[kIoReadBytes], 200U);
    EXPECT_EQ(counters[kIoWrittenBytes], 100U);
    EXPECT_EQ(counters[kIoReads], 4U);
    EXPECT_EQ(counters[kIoWrites], 2U);
    EXPECT_EQ(counters[kMemoryLow], 0U);
  }
  EXPECT_EQ(Only(model_).processes, 6U);
  EXPECT_EQ(Only(model_).largest_exited_process, kMiB);
  EXPECT_EQ(Only(model_).memory_swap, 3 * kMiB);
  EXPECT_NEAR(Only(model_).memory_pressure_full.value(), 0.5, 1e-9);
}

TEST_F(ModelTest, WhatTheKernelsLogSaysIsShownOfTheNodeAndEndsWithItsBoot) {
  const auto findings = [&] {
    return NodeViews(model_, [](const auto&) { return NodeStanding{}; })[0].findings;
  };
  const wire::HealthEvent event{.at_ns = At(10s).time_since_epoch().count(),
                                .source = "kernel-log",
                                .condition = "GpuLost",
                                .reason = "NvidiaGpuLost",
                                .message = "NVRM: GPU has fallen off the bus."};
  node_1_.Send({.sequence = 1, .body = wire::Event(event)}, 10s);
  ASSERT_EQ(findings().size(), 1U);
  EXPECT_EQ(findings()[0].condition, "GpuLost");
  ASSERT_EQ(model_.timeline().happenings().size(), 1U);
  EXPECT_EQ(model_.timeline().happenings()[0].kind, "node_fault");
  EXPECT_EQ(model_.timeline().happenings()[0].text,
            "node node-1: GpuLost: NvidiaGpuLost: NVRM: GPU has fallen off the bus.");
  node_1_.Boot("another");
  node_1_.Report(20s, {});
  EXPECT_TRUE(findings().empty());
}

TEST_F(ModelTest, AGroupKillIsOneKillOfManyVictims) {
  for (std::uint64_t decision = 1; decision <= 3; ++decision) {
    for (std::uint32_t pid = 1; pid <= 4; ++pid) {
      wire::OomKill kill = KillAt("/demo/hungry", "/demo/hungry", 64 * kMiB);
      kill.pid = pid;
      kill.decision = decision;
      kill.group = true;
      // However long the kernel takes for a large group.
      const Applied seen = node_1_.Kill(5s + decision * 100ms + pid * 30ms, kill);
      EXPECT_EQ(seen.kills.at(0).is_first, pid == 1);
    }
  }
  EXPECT_EQ(Only(model_).oom_kills, 3U);
  EXPECT_EQ(Only(model_).oom_victims, 12U);
  EXPECT_EQ(model_.containers()[0].recent_kills.size(), 3U);
  EXPECT_EQ(model_.replicas()[0].usage.ooms().size(), 3U);
  EXPECT_EQ(model_.timeline().happenings().size(), 3U);
}

TEST_F(ModelTest, WhatAnOlderAgentSaysWithinAnInstantIsOneKill) {
  for (std::uint32_t pid = 1; pid <= 4; ++pid) {
    wire::OomKill kill = KillAt("/demo/hungry", "/demo/hungry", 64 * kMiB);
    kill.pid = pid;
    node_1_.Kill(5s + pid * 2ms, kill);
    node_1_.Kill(5s + pid * 2ms, KillAt("/demo/other", "/demo/other", 64 * kMiB));
  }
  EXPECT_EQ(model_.containers()[0].oom_kills, 1U);
  EXPECT_EQ(model_.containers()[1].oom_kills, 1U);
  node_1_.Kill(6s, KillAt("/demo/hungry", "/demo/hungry", 64 * kMiB));
  EXPECT_EQ(model_.containers()[0].oom_kills, 2U);
}

TEST_F(ModelTest, AVictimInANestedCgroupCountsForTheContainerAbove) {
  const std::string id64(64, 'b');
  auto kill = KillAt("", "", 0);
  kill.victim = {.kind = wire::CgroupKind::kDocker,
                 .path = "/docker/" + id64 + "/worker",
                 .container_id = id64,
                 .sub_path = "/worker"};
  EXPECT_EQ(node_1_.Kill(5s, kill).kills[0].name.workload_id, "docker/bbbbbbbbbbbb");
  EXPECT_EQ(model_.replicas()[0].path, "/docker/" + id64);
}

TEST_F(ModelTest, WhereANodeStandsIsKeptUntilTheClusterTellsOtherwise) {
  node_1_.Report(10s, {});
  node_2_.Report(10s, {});
  const auto place = [](const std::string& node) -> std::optional<NodeTold> {
    if (node != "node-1") return std::nullopt;
    return NodeTold{{.pool = "spot", .zone = "eastus-1", .instance_type = "Standard_D4s_v5"}};
  };
  model_.Locate(place, At(11s));
  model_.Locate([](const std::string&) { return std::nullopt; }, At(12s));
  Model again({}, names_);
  SaveModel(model_, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  EXPECT_EQ(again.FindNode("node-1")->place.zone, "eastus-1");
  EXPECT_EQ(again.FindNode("node-1")->place.instance_type, "Standard_D4s_v5");
  EXPECT_EQ(again.FindNode("node-2")->place, NodePlace{});
  EXPECT_EQ(again.FindNode("node-3"), nullptr);
}

TEST_F(ModelTest, BeyondTheBoundContainersAreCountedNotKept) {
  Model small({.max_containers = 2}, names_);
  AgentFeed agent(small, "node-1");
  agent.Report(10s, {Busy(3, 1, kMiB)},
               {PathIdentity(1, "/a"), PathIdentity(2, "/b"), PathIdentity(3, "/c")});
  EXPECT_EQ(small.replicas().size(), 2U);
  EXPECT_EQ(small.refused_containers(), 1U);
}

TEST_F(ModelTest, ANodesClockIsNotBelievedAheadOfOurs) {
  wire::Report report;
  report.window_start_ns = At(100h).time_since_epoch().count();
  report.window_end_ns = At(100h + 10s).time_since_epoch().count();
  node_1_.Send({.sequence = 1, .body = report}, 10s);
  EXPECT_EQ(model_.nodes()[0].window_end, At(10s));
}

TEST_F(ModelTest, TheNodesOwnFiguresAreThoseOfTheRoot) {
  model_.Greet({.node = "node-1", .agent_version = "0.1.0", .capacity = {.cpu = 2000, .memory = 8 * kGiB}},
               At(1s));
  wire::Report report;
  report.window_start_ns = At(0s).time_since_epoch().count();
  report.window_end_ns = At(10s).time_since_epoch().count();
  report.identities = {{.ref = 1, .kind = wire::CgroupKind::kRoot, .path = "/"}};
  report.containers = {Busy(1, 15'000'000, 0)};
  report.node = {.memory_available = 6 * kGiB, .pressure = {.memory_some_us = 1'000'000}};
  report.losses.ring_full = 7;
  report.agent_cpu_us = 10'000;
  node_1_.Send({.sequence = 1, .body = report}, 10s);
  const NodeView view = NodeViews(model_, [](const std::string&) { return NodeStanding{}; }).at(0);
  EXPECT_NEAR(view.cpu_used_cores, 1.5, 1e-9);
  EXPECT_EQ(view.memory_used, 2 * kGiB);
  EXPECT_NEAR(view.memory_pressure.value(), 0.1, 1e-9);
  EXPECT_EQ(view.losses.ring_full, 7U);
  EXPECT_NEAR(view.agent_cpu_share, 0.001, 1e-9);
  EXPECT_EQ(view.agent_version, "0.1.0");
}

TEST_F(ModelTest, AnUnchangedWorkloadIsTheSameObjectInTheNextSnapshot) {
  node_1_.Report(10s, {}, {PathIdentity(1, "/a")});
  node_2_.Report(10s, {}, {PathIdentity(1, "/b")});
  const auto before = WorkloadViews(model_);
  node_1_.Report(20s, {Busy(1, 1, kMiB)});
  const auto after = WorkloadViews(model_);
  EXPECT_NE(before[0], after[0]);
  EXPECT_EQ(before[1], after[1]);
}

// ---- saved and loaded

void Wander(AgentFeed& agent, std::mt19937& random, Duration from, Duration to) {
  for (Duration t = from; t < to; t += kWindow) {
    std::vector<wire::ContainerWindow> windows;
    std::vector<wire::CgroupIdentity> identities;
    std::vector<std::uint32_t> gone;
    for (std::uint32_t ref = 1; ref <= 20; ++ref) {
      if (random() % 10 == 0) identities.push_back(PathIdentity(ref, "/w" + std::to_string(ref)));
      if (random() % 3 != 0) continue;
      auto window = Busy(ref, random() % 10'000'000, static_cast<Bytes>(random() % 100) * kMiB);
      window.throttle = wire::ThrottleWindow{.periods = 100,
                                             .throttled_periods = static_cast<std::uint32_t>(random() % 100)};
      windows.push_back(std::move(window));
      if (random() % 50 == 0) gone.push_back(ref);
    }
    agent.Report(t, std::move(windows), std::move(identities), std::move(gone));
    if (random() % 20 == 0) agent.Kill(t + 1s, KillAt("/w1", "/w1", 64 * kMiB));
  }
}

// Everything that people see, and all that algorithms read.
std::string Everything(const Model& model) {
  std::string all;
  for (const auto& workload : WorkloadViews(model)) {
    all += workload->id;
    for (const ContainerView& c : workload->containers) {
      all += fmt::format(" {} {} {} {} {} {} {} {} {}", c.replicas, c.cpu_cores, c.memory_working_set,
                         c.memory_peak, c.throttled_share, c.oom_kills, c.periods_total, c.cpu_seconds_total,
                         c.throttled_seconds_total);
      for (const UsagePoint& p : c.history.Points())
        all += fmt::format(" {}:{}:{}", p.at_ms, p.cpu_cores, p.memory_bytes);
    }
  }
  std::map<std::string, std::string> usages;
  model.replicas().ForEach([&](ReplicaId, const Replica& r) {
    usages[std::to_string(r.node) + r.path] = test::SavedUsage(r.usage);
  });
  model.containers().ForEach([&](ContainerId, const Container& c) {
    if (c.past) usages[model.workloads()[c.workload].id] = test::SavedUsage(*c.past);
  });
  for (const auto& [key, usage] : usages) all += key + usage;
  for (const HappeningView& happening : model.timeline().happenings()) all += happening.text;
  for (const NodeView& n : NodeViews(model, [](const std::string&) { return NodeStanding{}; })) {
    all += fmt::format(" {} {} {}", n.name, n.missing_records, n.containers);
  }
  return all;
}

TEST_F(ModelTest, SavedLoadedAndReplayedItEqualsOneThatWasNeverInterrupted) {
  const ModelOptions options{.samples = {{.window = 24h, .block = 5min}}};
  Model model(options, names_);
  std::mt19937 random(1);
  AgentFeed agent(model, "node-1");
  Wander(agent, random, 10s, 30min);

  Model loaded(options, names_);
  int pieces = 0;
  SaveModel(model, [&](const std::string& piece) {
    ++pieces;
    ASSERT_TRUE(Restored(loaded, piece));
  });
  EXPECT_GE(pieces, 2);
  EXPECT_EQ(Everything(loaded), Everything(model));

  std::mt19937 again = random;
  AgentFeed same_agent = agent;
  same_agent.SpeakTo(loaded);
  Wander(agent, random, 30min, 90min);
  Wander(same_agent, again, 30min, 90min);
  EXPECT_EQ(Everything(loaded), Everything(model));
}

TEST_F(ModelTest, OfTornPiecesNothingIsTakenAndTheyAreCounted) {
  std::mt19937 random(2);
  AgentFeed agent(model_, "node-1");
  Wander(agent, random, 10s, 5min);
  std::vector<std::string> pieces;
  SaveModel(model_, [&](std::string piece) { pieces.push_back(std::move(piece)); });
  ASSERT_EQ(pieces.size(), 3U);
  Model fresh({}, names_);
  for (const std::string& piece : pieces) {
    for (std::size_t cut = 0; cut < piece.size(); cut += 1 + piece.size() / 50) {
      LeftOut left_out;
      RestoreModel(fresh, std::string_view(piece).substr(0, cut), left_out);
      EXPECT_EQ(left_out.unknown + left_out.damaged, 1U) << "cut at " << cut << " of " << piece.size();
    }
  }
  EXPECT_EQ(fresh.nodes().size() + fresh.workloads().size(), 0U);
}

TEST_F(ModelTest, WhatIsDamagedCostsNothingElse) {
  node_1_.Report(10s, {Busy(1, 1'000'000, kMiB), Busy(2, 1'000'000, kMiB)},
                 {UnitIdentity(1, "one.service"), UnitIdentity(2, "two.service")});
  std::vector<std::string> pieces;
  SaveModel(model_, [&](std::string piece) { pieces.push_back(std::move(piece)); });
  // The nodes are gone, and what their names were stands with the replicas.
  pieces.at(1) = "LLS1 as a disk may have it";
  Model loaded({}, names_);
  LeftOut left_out;
  for (const std::string& piece : pieces) RestoreModel(loaded, piece, left_out);
  EXPECT_EQ(left_out.unknown + left_out.damaged, 1U);
  EXPECT_EQ(WorkloadIds(loaded), WorkloadIds(model_));
  EXPECT_TRUE(loaded.Knows("node-1"));
  EXPECT_EQ(loaded.samples(), model_.samples());
  // Twice the same state is no twice as large model.
  for (const std::string& piece : pieces) RestoreModel(loaded, piece, left_out);
  EXPECT_EQ(loaded.replicas().size(), model_.replicas().size());
}

TEST_F(ModelTest, OfLimitsTheLargestThatTwoNodesTellOfCountsOnceThereAreThree) {
  AgentFeed node_3(model_, "node-3");
  const auto tell = [](AgentFeed& node, Bytes limit, MilliCores request) {
    wire::ContainerWindow window = Busy(1, 1000, kMiB);
    window.limits = wire::CgroupLimits{.cpu_request = request, .memory_limit = limit};
    node.Report(10s, {window}, {UnitIdentity(1, "web.service")});
  };
  AgentFeed node_4(model_, "node-4");
  node_4.Kill(9s, {.victim = UnitIdentity(1, "web.service")});  // of whose limits nothing was told yet
  tell(node_1_, kGiB, 100);
  tell(node_2_, 2 * kGiB, 64'000);
  EXPECT_EQ(Only(model_).memory_limit, 2 * kGiB) << "nobody knows which is right";
  tell(node_3, 3 * kGiB, 200);
  EXPECT_EQ(Only(model_).memory_limit, 2 * kGiB);
  EXPECT_EQ(Only(model_).cpu_request, 200);
}

TEST_F(ModelTest, WhatItMayRunOnAndHoldsInHugePagesIsShownAndSaved) {
  model_.Greet({.node = "node-1", .capacity = {.cpu = 8000, .memory = 16 * kGiB}}, At(0s));
  wire::ContainerWindow window = Busy(1, 1000, kMiB);
  node_1_.Report(10s, {window}, {UnitIdentity(1, "a.service")});
  EXPECT_EQ(Only(model_).memory_huge_pages, std::nullopt) << "its agent does not say";
  EXPECT_EQ(Only(model_).allowed_cpus, 0U);
  window.huge_pages = wire::HugePagesWindow{.held = 2 * kMiB, .limit = 4 * kMiB};
  window.cpu_bounds = wire::CpuBounds{.cpus = 2, .burst_us = 20'000};
  window.limits = wire::CgroupLimits{.cpu_limit = 3000};
  window.counters[wire::Counter::kCpuBursts] = 3;
  node_1_.Report(20s, {window});
  Model again({}, names_);
  SaveModel(model_, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  node_1_.SpeakTo(again);
  node_1_.Report(30s, {Busy(1, 1000, kMiB)});  // says none of it again
  for (const Model* model : {&model_, &again}) {
    const ContainerView view = Only(*model);
    EXPECT_EQ(view.memory_huge_pages, 2 * kMiB);
    EXPECT_EQ(view.huge_pages_limit, 4 * kMiB);
    EXPECT_EQ(view.memory_working_set, kMiB) << "they are beside it";
    EXPECT_EQ(view.allowed_cpus, 2U);
    EXPECT_EQ(view.cpu_burst, 20ms);
    EXPECT_EQ(view.counters[wire::Counter::kCpuBursts], 3U);
    EXPECT_EQ(view.effective_cpu_limit, (LimitAt{2000, LimitLevel::kCpuset}));
  }
}

TEST_F(ModelTest, AllCpusOfTheNodeAreNoLimitAndATighterQuotaIsTheLimit) {
  model_.Greet({.node = "node-1", .capacity = {.cpu = 8000, .memory = 16 * kGiB}}, At(0s));
  wire::ContainerWindow window = Busy(1, 1000, kMiB);
  window.cpu_bounds = wire::CpuBounds{.cpus = 8};
  node_1_.Report(10s, {window}, {UnitIdentity(1, "a.service")});
  EXPECT_EQ(Only(model_).effective_cpu_limit.amount, 0);
  window.cpu_bounds = wire::CpuBounds{.cpus = 4};
  window.limits = wire::CgroupLimits{.cpu_limit = 500};
  node_1_.Report(20s, {window});
  EXPECT_EQ(Only(model_).effective_cpu_limit, (LimitAt{500, LimitLevel::kContainer}));
}

}  // namespace
}  // namespace loadline::collector
