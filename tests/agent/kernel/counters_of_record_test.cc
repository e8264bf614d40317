#include "agent/kernel/counters_of_record.h"

#include <gtest/gtest.h>

#include "bpf/events.h"

namespace loadline::agent {
namespace {

TEST(CountersOfRecord, PartsOfDifferentHierarchiesMeetInOneCgroup) {
  CgroupCounters counters;
  cgroup_record cpu{};
  cpu.parts = PART_BANDWIDTH;
  cpu.quota_ns = 50'000'000;
  cpu.period_ns = 100'000'000;
  cpu.shares = 512 << 10;
  cpu.periods = 9;
  cpu.throttled_periods = 3;
  cpu.throttled_ns = 123;
  cgroup_record account{};
  account.parts = PART_CPU_USAGE;
  account.usage_ns = 77;
  Apply(cpu, 1, counters);
  Apply(account, 2, counters);
  ASSERT_TRUE(counters.cpu);
  EXPECT_EQ(counters.cpu->quota_us, 50'000U);
  EXPECT_EQ(counters.cpu->period_us, 100'000U);
  EXPECT_EQ(counters.cpu->periods, 9U);
  EXPECT_EQ(counters.cpu->throttled_ns, 123U);
  EXPECT_EQ(counters.cpu->weight, 512U);
  EXPECT_TRUE(counters.cpu->weight_is_shares);
  EXPECT_EQ(counters.cpu->usage_ns, 77U);
  EXPECT_FALSE(counters.memory);
}

// cpu.weight 1, 79 and 10000 are kept as shares 10, 809 and 102400.
TEST(CountersOfRecord, TheWeightIsTheOneThatWasWritten) {
  for (const auto& [shares, weight] : {std::pair{10U, 1U}, {809U, 79U}, {1024U, 100U}, {102400U, 10000U}}) {
    cgroup_record record{};
    record.parts = PART_BANDWIDTH;
    record.quota_ns = ~0ULL;
    record.shares = std::uint64_t{shares} << 10;
    CgroupCounters counters;
    Apply(record, 0, counters);
    EXPECT_EQ(counters.cpu->weight, weight);
    EXPECT_EQ(counters.cpu->quota_us, 0U);
    EXPECT_FALSE(counters.cpu->weight_is_shares);
  }
}

TEST(CountersOfRecord, LimitHitsAreFailcntOnV1AndTheMaxEventOnV2) {
  cgroup_record record{};
  record.parts = PART_MEMORY;
  record.failures = 5;
  record.events[MEMORY_EVENT_MAX] = 2;
  CgroupCounters v1, v2;
  Apply(record, 4, v1);
  Apply(record, 0, v2);
  EXPECT_EQ(v1.memory->events_max, 5U);
  EXPECT_EQ(v2.memory->events_max, 2U);
}

}  // namespace
}  // namespace loadline::agent
