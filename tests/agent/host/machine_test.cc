#include "agent/host/machine.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

TEST(Machine, IsReadBelowTheRoot) {
  const Machine machine = ReadMachine({.root = "tests/data/hosts/hybrid"});
  EXPECT_EQ(machine.name, "node-1");
  EXPECT_EQ(machine.boot_id, "1267a6cb-9cf8-4da0-b27b-043d6eb1f2db");
  EXPECT_EQ(machine.kernel_version, "6.18.44-fc-v669");
  EXPECT_EQ(machine.capacity, (wire::NodeCapacity{.cpu = 2000, .memory = 24'684'084 * kKiB}));
}

TEST(Machine, WhatCannotBeReadIsEmpty) {
  const Machine machine = ReadMachine({.root = "tests/data/hosts/none"});
  EXPECT_EQ(machine.name, "");
  EXPECT_EQ(machine.capacity, wire::NodeCapacity{});
  EXPECT_EQ(ReadMemoryAvailable({.root = "tests/data/hosts/none"}), std::nullopt);
}

TEST(Machine, MeminfoIsInKibibytes) {
  EXPECT_EQ(ParseMeminfo("MemTotal:       24684084 kB\nMemAvailable:        12 kB\n", "MemAvailable"),
            12 * kKiB);
  EXPECT_EQ(ParseMeminfo("MemAvailableX: 1 kB\n", "MemAvailable"), std::nullopt);
}

TEST(Machine, MoreMemoryThanThereCanBeIsTheMostThereCanBe) {
  const auto value = ParseMeminfo("MemTotal: 18446744073709551615 kB\n", "MemTotal");
  ASSERT_TRUE(value);
  EXPECT_GT(*value, Bytes{1} << 62);
}

TEST(Machine, CpuListsAreCounted) {
  EXPECT_EQ(ParseCpuList("0-3,8,10-11\n"), 7);
  EXPECT_EQ(ParseCpuList("0\n"), 1);
  EXPECT_EQ(ParseCpuList("x,5-3,"), 0);
  EXPECT_EQ(ParseCpuList("0-1,15-429496329611,0-18446744073709551615"), 2);
  std::string again_and_again;
  for (int i = 0; i < 40'000; ++i) again_and_again += "0-65535,";
  EXPECT_EQ(ParseCpuList(again_and_again), 65536);
}

TEST(Machine, OwnCostIsNotNothing) {
  EXPECT_GT(ReadOwnCost().rss, kMiB);
}

}  // namespace
}  // namespace loadline::agent
