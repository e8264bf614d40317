#include "agent/app/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "schemas/wire/memory_growth.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A node that lives on a manual clock: waiting moves time, and scripted things happen meanwhile.
class FakeNode final : public NodeSource {
 public:
  explicit FakeNode(ManualClock& clock) : clock_(clock) {}

  bool WaitUntil(Mono deadline, int, const OnEvent& on_event) override {
    clock_.Advance(deadline - clock_.Now() + lateness);
    lateness = 0s;
    while (!events.empty() && events.front().first <= clock_.Now()) {
      on_event(events.front().second);
      events.pop_front();
    }
    return clock_.Now() < stop_at;
  }
  Result<std::span<const CgroupCounters>> Sample(Mono, Depth depth) override {
    ++samples_taken;
    if (on_sample) on_sample();
    depths.push_back(depth);
    if (failing) return Failure(ErrorKind::kUnavailable, "no counters today");
    for (CgroupCounters& counters : counters_) counters.cpu->usage_ns += 250'000'000;
    return counters_;
  }
  std::optional<PressureCounters> Pressure(std::uint32_t) override {
    return PressureCounters{.cpu_some_us = 1000 * static_cast<std::uint64_t>(++pressure_reads)};
  }
  std::optional<IoCounters> Io(std::uint32_t) override {
    return IoCounters{.read_bytes = 4096 * static_cast<std::uint64_t>(pressure_reads), .reads = 1};
  }
  std::optional<Allotment> Allotted(std::uint32_t) override {
    ++allotments_read;
    return Allotment{.cpus = 4, .huge_pages = wire::HugePagesWindow{.held = 2 * kMiB, .limit = 4 * kMiB}};
  }
  std::optional<CgroupCount> Cgroups() override { return CgroupCount{.alive = 12, .dying = 3}; }
  Duration TakeLongestWalk() override { return 70us; }
  Duration CostToOthers() const override { return cost_to_others; }
  std::vector<wire::HealthEvent> Health(Mono, Wall) override { return std::exchange(health, {}); }
  std::optional<PressureCounters> MachinePressure() override { return std::nullopt; }
  std::optional<Bytes> MemoryAvailable() override { return 3 * kGiB; }
  std::vector<wire::NodeWindow::Disk> Disks() override { return {}; }
  const CgroupTable& table() const override { return table_; }
  std::vector<std::uint32_t> TakeBorn() override { return std::exchange(born_, {}); }
  wire::LossCounts losses() const override { return {.ring_full = 7}; }

  std::uint32_t Add(const std::string& path, bool at_run_time = false) {
    const auto ref = table_.Born(0, next_id_++, path);
    counters_.push_back({.ref = ref});
    counters_.back().cpu.emplace();
    if (at_run_time) born_.push_back(ref);
    return ref;
  }

  void SetMemory(std::size_t i, const MemoryCounters& memory) { counters_.at(i).memory = memory; }

  std::deque<std::pair<Mono, KernelEvent>> events;
  std::vector<wire::HealthEvent> health;
  Duration lateness{};  // of the next wait
  Mono stop_at = Mono::max();
  bool failing = false;
  int samples_taken = 0;
  std::function<void()> on_sample;
  std::vector<Depth> depths;
  int pressure_reads = 0;
  int allotments_read = 0;
  Duration cost_to_others{};

 private:
  ManualClock& clock_;
  CgroupTable table_;
  std::vector<CgroupCounters> counters_;
  std::vector<std::uint32_t> born_;
  std::uint64_t next_id_ = 2;
};

class FakeUplink final : public Uplink {
 public:
  explicit FakeUplink(const Clock& clock) : clock_(clock) {}
  std::uint64_t Send(wire::Report report) override {
    reports.push_back(std::move(report));
    return ++status.last_sequence;
  }
  std::uint64_t Send(wire::Event event) override {
    events.emplace_back(clock_.Now(), std::move(event));
    return ++status.last_sequence;
  }
  UplinkStatus Status() const override { return status; }

  std::vector<wire::Report> reports;
  std::vector<std::pair<Mono, wire::Event>> events;
  UplinkStatus status;

 private:
  const Clock& clock_;
};

class AgentTest : public ::testing::Test {
 protected:
  void RunFor(Duration duration) {
    node_.stop_at = clock_.Now() + duration;
    agent_.Run(-1);
  }
  ManualClock clock_;
  FakeNode node_{clock_};
  FakeUplink uplink_{clock_};
  Agent agent_{{}, node_, uplink_, clock_};
};

TEST_F(AgentTest, ReportsAfterTwoSecondsAndThenEveryTen) {
  node_.Add("/web");
  RunFor(32s);
  ASSERT_EQ(uplink_.reports.size(), 4U);
  EXPECT_EQ(uplink_.reports[0].samples, 2U);
  EXPECT_EQ(uplink_.reports[1].samples, 10U);
  EXPECT_EQ(uplink_.reports[1].window_end_ns - uplink_.reports[1].window_start_ns, 10'000'000'000);
  EXPECT_EQ(uplink_.reports[1].containers.at(0).cpu->usage_us, 2'500'000U);
  EXPECT_EQ(uplink_.reports[1].node.memory_available, 3 * kGiB);
  EXPECT_EQ(uplink_.reports[0].losses.ring_full, 7U);
  EXPECT_EQ(uplink_.reports[1].losses.ring_full, 0U);
}

TEST_F(AgentTest, SaysOfTheNodeWhatIsReadOnceAWindow) {
  node_.Add("/web");
  RunFor(12s);
  ASSERT_EQ(uplink_.reports.size(), 2U);
  const wire::Report& report = uplink_.reports.back();
  EXPECT_EQ(report.node.cgroups, 12U);
  EXPECT_EQ(report.node.dying_cgroups, 3U);
  EXPECT_EQ(report.longest_walk_us, 70U);
  EXPECT_EQ(report.backed_off, 0U);
  ASSERT_TRUE(report.containers.at(0).io);
  EXPECT_EQ(report.containers.at(0).io->read_bytes, 4096U);
}

TEST_F(AgentTest, WhatItCostsOtherTasksIsItsOwnCostAndInItsBudget) {
  node_.Add("/web");
  node_.on_sample = [&] { node_.cost_to_others += 50ms; };
  RunFor(72s);
  EXPECT_GE(uplink_.reports.at(1).agent_cpu_us, 450'000U);
  EXPECT_EQ(uplink_.reports.at(1).backed_off, 0U) << "the first windows may cost more";
  EXPECT_GE(uplink_.reports.back().backed_off, 1U) << "50m of 20m";
}

TEST_F(AgentTest, WhatIsAllottedIsSaidOnceAndReadSeldom) {
  node_.Add("/web");
  RunFor(122s);
  ASSERT_EQ(uplink_.reports.size(), 13U);
  const wire::ContainerWindow& first = uplink_.reports[0].containers.at(0);
  EXPECT_EQ(first.cpu_bounds, wire::CpuBounds{.cpus = 4});
  EXPECT_EQ(first.huge_pages, (wire::HugePagesWindow{.held = 2 * kMiB, .limit = 4 * kMiB}));
  EXPECT_FALSE(uplink_.reports[1].containers.at(0).cpu_bounds);
  EXPECT_FALSE(uplink_.reports[1].containers.at(0).huge_pages);
  EXPECT_LE(node_.allotments_read, 4);
}

TEST_F(AgentTest, AWindowIsAsLongAsItWasWhateverTheWallClockDoes) {
  node_.Add("/web");
  node_.on_sample = [this] {
    if (node_.samples_taken == 5) clock_.StepWall(-30s);
    if (node_.samples_taken == 15) clock_.StepWall(3600s);
  };
  RunFor(32s);
  ASSERT_EQ(uplink_.reports.size(), 4U);
  for (const wire::Report& report : uplink_.reports)
    EXPECT_EQ(report.window_end_ns - report.window_start_ns, report.samples * 1'000'000'000LL);
}

TEST_F(AgentTest, ReadsEverythingAtTheEndOfAWindowAndWhatMovesBetween) {
  uplink_.status.window_ms = 3000;
  RunFor(6s);
  const auto all = Depth::kAll;
  const auto moving = Depth::kMoving;
  EXPECT_THAT(node_.depths, ElementsAre(all, moving, all, moving, moving, all, all));
}

TEST_F(AgentTest, StoppedClosesItsWindowAndSendsIt) {
  node_.Add("/web");
  RunFor(5s);
  ASSERT_EQ(uplink_.reports.size(), 2U);
  EXPECT_EQ(uplink_.reports[1].samples, 3U);
}

TEST_F(AgentTest, WhatTheKernelLogSaysLeavesWithinASecond) {
  node_.health.push_back({.source = "kernel-log", .reason = "TaskHung"});
  RunFor(1s);
  ASSERT_EQ(uplink_.events.size(), 1U);
  EXPECT_EQ(std::get<wire::HealthEvent>(uplink_.events[0].second).reason, "TaskHung");
}

TEST_F(AgentTest, AnOomKillLeavesAtOnce) {
  node_.Add("/web");
  node_.events.emplace_back(Mono(4s), OomVictim{.victim = {.hierarchy = 0, .id = 2}, .command = "java"});
  RunFor(9s);
  ASSERT_EQ(uplink_.events.size(), 1U);
  EXPECT_EQ(uplink_.events[0].first, Mono(4s));
  EXPECT_EQ(std::get<wire::OomKill>(uplink_.events[0].second).victim.path, "/web");
}

TEST_F(AgentTest, TheCollectorMayAskForAnotherWindow) {
  uplink_.status.window_ms = 5000;
  RunFor(12s);
  ASSERT_EQ(uplink_.reports.size(), 3U);
  EXPECT_EQ(uplink_.reports[2].samples, 5U);
}

TEST_F(AgentTest, SecondsThatTheLoopMissedAreCountedAndNotMadeUp) {
  node_.lateness = 5s;
  RunFor(12s);
  std::uint64_t missed = 0;
  for (const auto& report : uplink_.reports) missed += report.losses.missed_samples;
  EXPECT_EQ(missed, 5U);
  EXPECT_LE(node_.samples_taken, 9);
}

TEST_F(AgentTest, ASampleThatFailsIsALossAndNotTheEnd) {
  node_.failing = true;
  RunFor(12s);
  ASSERT_EQ(uplink_.reports.size(), 2U);
  EXPECT_EQ(uplink_.reports[1].losses.failed_readings, 10U);
}

TEST_F(AgentTest, NamesAreSaidAgainToACollectorThatHasLostThem) {
  node_.Add("/web");
  RunFor(3s);
  uplink_.status.acknowledged_sequence = uplink_.status.last_sequence;
  RunFor(3s);
  EXPECT_THAT(uplink_.reports.back().identities, IsEmpty());
  uplink_.status.lost_up_to = uplink_.status.last_sequence;
  uplink_.status.acknowledged_sequence = uplink_.status.last_sequence;
  RunFor(3s);
  EXPECT_EQ(uplink_.reports.back().identities.size(), 0U);  // said in the window before
  std::size_t said = 0;
  for (const auto& report : uplink_.reports) said += report.identities.size();
  EXPECT_EQ(said, 2U);
}

TEST_F(AgentTest, NamesOnTheirWayAreNotRepeatedUnlessTheSpoolHasDroppedReports) {
  node_.Add("/web");
  RunFor(22s);  // nothing is ever acknowledged
  EXPECT_THAT(uplink_.reports.at(1).identities, IsEmpty());
  EXPECT_THAT(uplink_.reports.at(2).identities, IsEmpty());
  uplink_.status.dropped_reports = 1;
  RunFor(1s);
  EXPECT_EQ(uplink_.reports.back().identities.size(), 1U);
}

TEST_F(AgentTest, AContainerThatGrowsTowardsItsLimitIsToldAtOnceAndOnce) {
  node_.Add("/kubepods/burstable/pod1f0c-2a/" + std::string(64, 'c'));
  node_.Add("/system.slice/other.service");
  Bytes held = 30 * kMiB;
  node_.on_sample = [&] {
    held += 2 * kMiB;
    for (std::size_t i : {0, 1}) node_.SetMemory(i, {.current = held, .limit = 100 * kMiB});
  };
  RunFor(34s);
  ASSERT_EQ(uplink_.events.size(), 1U);
  const auto& near = std::get<wire::MemoryStall>(uplink_.events[0].second);
  EXPECT_EQ(near.cgroup.pod_uid, "1f0c-2a");
  EXPECT_EQ(near.limit, 100 * kMiB);
  EXPECT_GE(near.usage, 84 * kMiB);
  EXPECT_TRUE(wire::IsGrowth(near));
}

}  // namespace
}  // namespace loadline::agent
