#include "agent/kernel/probe_aggregates.h"

#include <gtest/gtest.h>

#include "agent/identity/cgroup_table.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr HierarchyId kCpu = 1;
constexpr HierarchyId kMemory = 4;

// Probes whose maps are filled by the test.
class ProbeAggregatesTest : public ::testing::Test {
 protected:
  ProbeAggregatesTest() {
    aggregates_.throttle.hierarchy = kCpu;
    aggregates_.exits.hierarchy = kMemory;
    aggregates_.run_queue.hierarchy = kCpu;
    aggregates_.throttle.take = [this] { return std::exchange(throttled_, {}); };
    aggregates_.exits.take = [this] { return std::exchange(exits_, {}); };
    aggregates_.run_queue.take = [this] { return std::exchange(waited_, {}); };
  }

  // The samples are of these cgroups.
  std::vector<CgroupCounters> Merge(const std::vector<std::uint32_t>& refs) {
    std::vector<CgroupCounters> samples;
    for (const std::uint32_t ref : refs) samples.emplace_back().ref = ref;
    aggregates_.Merge(samples);
    return samples;
  }

  CgroupTable table_;
  ProbeAggregates aggregates_{table_};
  Gathered<throttle_aggregate> throttled_;
  Gathered<exit_aggregate> exits_;
  Gathered<run_queue_aggregate> waited_;
};

TEST_F(ProbeAggregatesTest, SumsGoOnAndTheLongestIsOfTheTimeSinceTheLastOne) {
  const std::uint32_t web = table_.Born(kCpu, 7, "/web");
  throttled_ = {{7, {.episodes = 2, .longest_ns = 50, .total_ns = 60}}};
  EXPECT_EQ(Merge({web})[0].probes->throttle_longest_ns, 50U);
  throttled_ = {{7, {.episodes = 1, .longest_ns = 5, .total_ns = 5}}};
  const auto probes = Merge({web})[0].probes;
  ASSERT_TRUE(probes);
  EXPECT_EQ(probes->throttle_episodes, 3U);
  EXPECT_EQ(probes->throttle_episodes_ns, 65U);
  EXPECT_EQ(probes->throttle_longest_ns, 5U);
}

TEST_F(ProbeAggregatesTest, CountersGoOn) {
  const std::uint32_t web = table_.Born(kCpu, 7, "/web");
  waited_ = {{7, {.wait_ns = 10, .waits = 2}}};
  Merge({web});
  waited_ = {{7, {.wait_ns = 10, .waits = 3}}};
  EXPECT_EQ(Merge({web})[0].probes->counters[wire::Counter::kRunQueueWaits], 5U);
}

TEST_F(ProbeAggregatesTest, EqualIdsOfTwoHierarchiesAreTwoCgroups) {
  const std::uint32_t web = table_.Born(kCpu, 7, "/web");
  const std::uint32_t job = table_.Born(kMemory, 7, "/job");
  throttled_ = {{7, {.episodes = 1}}};
  exits_ = {{7, {.exits = 3}}};
  const auto samples = Merge({web, job});
  EXPECT_EQ(samples[0].probes->throttle_episodes, 1U);
  EXPECT_EQ(samples[0].probes->exits, 0U);
  EXPECT_EQ(samples[1].probes->exits, 3U);
}

// The probe's map is fetched before the news of the birth has come through the ring.
TEST_F(ProbeAggregatesTest, WhatHasNoNameYetIsToldWhenItHasOne) {
  exits_ = {{7, {.exits = 3}}};
  EXPECT_TRUE(Merge({}).empty());
  const std::uint32_t job = table_.Born(kMemory, 7, "/job");
  const auto samples = Merge({job});
  EXPECT_EQ(samples[0].probes->exits, 3U);
  EXPECT_EQ(aggregates_.unknown(), 0U);
}

TEST_F(ProbeAggregatesTest, WhatNeverHasANameIsCountedOnce) {
  exits_ = {{7, {.exits = 3}}};
  for (int merge = 0; merge < 4; ++merge) EXPECT_TRUE(Merge({}).empty());
  EXPECT_EQ(aggregates_.unknown(), 1U);
}

TEST_F(ProbeAggregatesTest, WhatIsGoneIsToldUnderItsNameOnce) {
  const std::uint32_t job = table_.Born(kMemory, 7, "/job");
  table_.Died(kMemory, 7);
  exits_ = {{7, {.exits = 3, .cpu_ns = 9, .largest_rss_pages = 1}}};
  const auto samples = Merge({});
  ASSERT_EQ(samples.size(), 1U);
  EXPECT_EQ(samples[0].ref, job);
  EXPECT_EQ(samples[0].probes->exits_cpu_ns, 9U);
  EXPECT_FALSE(samples[0].cpu);
  EXPECT_TRUE(Merge({}).empty());
}

TEST_F(ProbeAggregatesTest, WhatComesAfterTheTombstoneIsOfNobody) {
  table_.Born(kMemory, 7, "/job");
  table_.Died(kMemory, 7);
  table_.Advance(Mono{} + 61s);
  exits_ = {{7, {.exits = 3}}};
  EXPECT_TRUE(Merge({}).empty());
  EXPECT_TRUE(Merge({}).empty());
  EXPECT_EQ(aggregates_.unknown(), 1U);
}

TEST_F(ProbeAggregatesTest, AProbeThatIsOffGathersNothing) {
  aggregates_.exits.take = TakingFromMap<exit_aggregate>(-1);
  EXPECT_TRUE(Merge({}).empty());
}

}  // namespace
}  // namespace loadline::agent
