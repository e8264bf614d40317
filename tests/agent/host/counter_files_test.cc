#include "agent/host/counter_files.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

CgroupCounters Parse(std::span<const CounterFile> files, std::string_view name, std::string_view text) {
  CgroupCounters counters;
  for (const CounterFile& file : files) {
    if (file.name == name) {
      EXPECT_TRUE(file.parse(text, counters)) << name;
    }
  }
  return counters;
}

TEST(CounterFiles, CpuMaxIsQuotaAndPeriodAndMaxIsNoLimit) {
  EXPECT_EQ(Parse(UnifiedCounterFiles(), "cpu.max", "20000 100000\n").cpu->quota_us, 20'000U);
  const auto unlimited = Parse(UnifiedCounterFiles(), "cpu.max", "max 50000\n");
  EXPECT_EQ(unlimited.cpu->quota_us, 0U);
  EXPECT_EQ(unlimited.cpu->period_us, 50'000U);
}

TEST(CounterFiles, LegacyNoLimitIsMinusOneOrAlmostTwoToThe63) {
  EXPECT_EQ(ParseLimit("-1\n"), 0U);
  EXPECT_EQ(ParseLimit("9223372036854771712\n"), 0U);
  EXPECT_EQ(ParseLimit("max\n"), 0U);
  EXPECT_EQ(ParseLimit("67108864\n"), 67'108'864U);
}

TEST(CounterFiles, KernelMemoryOfKernelsBefore518IsTheSumOfItsParts) {
  const auto counters = Parse(UnifiedCounterFiles(), "memory.stat",
                              "anon 1\nfile 2\nkernel_stack 100\npagetables 20\npercpu 3\nsock 4\n"
                              "slab_reclaimable 50\nslab_unreclaimable 50\nslab 100\n");
  EXPECT_EQ(counters.memory->kernel, 227);
}

TEST(CounterFiles, RefaultsOfOldAndNewKernelsAreOneCount) {
  EXPECT_EQ(
      Parse(UnifiedCounterFiles(), "memory.stat", "workingset_refault_anon 3\nworkingset_refault_file 440\n")
          .memory->refaults,
      443U);
  EXPECT_EQ(Parse(LegacyCounterFiles(), "memory.stat", "workingset_refault 1\ntotal_workingset_refault 12\n")
                .memory->refaults,
            12U);
}

TEST(CounterFiles, PressureOfOldKernelsHasNoFullForCpu) {
  EXPECT_EQ(ParsePressure("some avg10=34.11 avg60=14.43 avg300=5.57 total=37711494\n"),
            (PressureTotals{.some_us = 37'711'494, .full_us = 0}));
  EXPECT_EQ(ParsePressure("some avg10=0.00 avg60=0.00 avg300=0.00 total=12\nfull avg10=0.00 total=3\n"),
            (PressureTotals{.some_us = 12, .full_us = 3}));
}

TEST(CounterFiles, MoreBytesThanThereCanBeAreTheMostThereCanBe) {
  for (const auto files : {UnifiedCounterFiles(), LegacyCounterFiles()}) {
    for (const CounterFile& file : files) {
      if (file.controller != std::string_view("memory")) continue;
      CgroupCounters counters;
      file.parse("18446744073709551615\n", counters);
      file.parse("anon 18446744073709551615\nfile 9223372036854775808\nslab 18446744073709551615\n",
                 counters);
      ASSERT_TRUE(counters.memory) << file.name;
      EXPECT_GE(counters.memory->current, 0) << file.name;
      EXPECT_GE(counters.memory->anon, 0) << file.name;
      EXPECT_GE(counters.memory->file, 0) << file.name;
      EXPECT_GE(counters.memory->kernel, 0) << file.name;
    }
  }
}

TEST(CounterFiles, GarbageIsRefusedAndChangesNothing) {
  for (const auto files : {UnifiedCounterFiles(), LegacyCounterFiles()}) {
    for (const CounterFile& file : files) {
      CgroupCounters counters;
      (void)file.parse("\x01\xff garbage\n\n nr_periods\nnr_periods x\nusage_usec -3\n", counters);
      if (counters.cpu) {
        EXPECT_EQ(counters.cpu->usage_ns + counters.cpu->periods + counters.cpu->quota_us, 0U);
      }
      if (counters.memory) {
        EXPECT_EQ(counters.memory->current + counters.memory->limit, 0);
      }
    }
  }
  EXPECT_EQ(ParsePressure("some total=\nfull\ntotal=9"), PressureTotals{});
}

TEST(CounterFiles, BurstsAreOfCpuStatAndHaveABoundOfTheirOwn) {
  const auto v2 =
      Parse(UnifiedCounterFiles(), "cpu.stat",
            "usage_usec 7\nnr_periods 9\nnr_throttled 1\nthrottled_usec 2\nnr_bursts 3\nburst_usec 45\n");
  EXPECT_EQ(v2.cpu->bursts, 3U);
  EXPECT_EQ(v2.cpu->burst_used_ns, 45'000U);
  const auto v1 = Parse(LegacyCounterFiles(), "cpu.stat",
                        "nr_periods 9\nnr_throttled 1\nthrottled_time 2\nnr_bursts 3\nburst_time 45\n");
  EXPECT_EQ(v1.cpu->bursts, 3U);
  EXPECT_EQ(v1.cpu->burst_used_ns, 45U);
  EXPECT_EQ(Parse(UnifiedCounterFiles(), "cpu.max.burst", "20000\n").cpu->burst_us, 20'000U);
  EXPECT_EQ(Parse(LegacyCounterFiles(), "cpu.cfs_burst_us", "20000\n").cpu->burst_us, 20'000U);
}

}  // namespace
}  // namespace loadline::agent
