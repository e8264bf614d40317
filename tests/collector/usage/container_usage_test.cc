#include "collector/usage/container_usage.h"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

#include "collector/usage/claims.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

TEST(ContainerUsage, ShortWindowsBecomeMinutesForUpstreamsHistogram) {
  ContainerUsage usage;
  for (int window = 1; window <= 60; ++window) {
    usage.AddCpu({.at = kStart + window * 10s, .interval = 10s, .usage_cores = 0.1});
  }
  EXPECT_EQ(usage.vpa().samples(), 10);
  EXPECT_EQ(usage.vpa().first_sample(), kStart);
}

TEST(ContainerUsage, SavedBytesGiveTheSameState) {
  ContainerUsage usage;
  for (int window = 1; window <= 1000; ++window) {
    const Wall at = kStart + window * 10s;
    usage.AddCpu({.at = at, .interval = 10s, .usage_cores = 0.1 * (window % 7)});
    usage.AddMemory({.at = at, .interval = 10s, .working_set = window * kMiB});
  }
  usage.AddOom({.at = kStart + 3h, .usage = 900 * kMiB, .limit = 900 * kMiB, .request = 900 * kMiB});
  const std::string bytes = usage.Save();
  const auto loaded = ContainerUsage::Load(bytes);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  EXPECT_EQ(loaded->Save(), bytes);
}

// Whether what is written so is read as peaks.
bool ArePeaks(std::int64_t last, std::uint16_t packed) {
  ByteWriter out;
  out.Put(last);
  out.PutVarint(1);
  out.Put(packed);
  const std::string bytes = out.Take();
  ByteReader in(bytes);
  BlockPeaks peaks;
  peaks.Read(in);
  return in.ok();
}

TEST(BlockPeaks, WhatLiesBeyondTimeOrNumbersWasNotSaved) {
  constexpr std::uint16_t kOne = 0x3f80;
  EXPECT_TRUE(ArePeaks(160'000, kOne));
  EXPECT_FALSE(ArePeaks(std::int64_t{1} << 40, kOne));
  EXPECT_FALSE(ArePeaks(std::numeric_limits<std::int64_t>::min(), kOne));
  EXPECT_FALSE(ArePeaks(160'000, 0x7f80)) << "infinite";
  EXPECT_FALSE(ArePeaks(160'000, 0xbf80)) << "negative";
}

TEST(ByteReader, MakesInstantsThatCanBeSubtractedAndLengthsThatCanBeAdded) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto reads = [](std::int64_t count, auto read) {
    ByteWriter out;
    out.Put(count);
    const std::string bytes = out.Take();
    ByteReader in(bytes);
    const auto value = read(in);
    EXPECT_TRUE(in.ok()) << "a node's clock costs nothing that was learnt";
    return value;
  };
  const auto instant = [](ByteReader& in) { return in.GetInstant(); };
  const auto length = [](ByteReader& in) { return in.GetLength(); };
  EXPECT_EQ(reads(7, instant), Wall(Duration(7)));
  EXPECT_EQ(reads(kLeast, instant), kFirstInstant);
  EXPECT_EQ(reads(kMost, instant), kLastInstant);
  EXPECT_EQ(reads(7, length), Duration(7));
  EXPECT_EQ(reads(-1, length), Duration::zero());
  EXPECT_LT(reads(kMost, instant) + reads(kMost, length), Wall::max());
}

TEST(ByteReader, WhatIsNoAmountIsNone) {
  for (const auto& [written, read] : {std::pair(0.5, 0.5),
                                      {-1e-20, 0.0},
                                      {std::numeric_limits<double>::infinity(), 0.0},
                                      {std::numeric_limits<double>::quiet_NaN(), 0.0}}) {
    ByteWriter out;
    out.Put(written);
    const std::string bytes = out.Take();
    ByteReader in(bytes);
    EXPECT_EQ(in.GetAmount<double>(), read);
    EXPECT_TRUE(in.ok());
  }
}

TEST(ContainerUsage, DamagedBytesAreRefused) {
  const std::string bytes = ContainerUsage().Save();
  EXPECT_FALSE(ContainerUsage::Load("").has_value());
  EXPECT_FALSE(ContainerUsage::Load(bytes.substr(0, bytes.size() - 1)).has_value());
  EXPECT_FALSE(ContainerUsage::Load(bytes + "x").has_value());
}

TEST(ContainerUsage, MergeKeepsTheLatestKills) {
  ContainerUsage one, other;
  one.AddOom({.at = kStart + 2h, .limit = 2 * kMiB});
  other.AddOom({.at = kStart + 1h, .limit = 1 * kMiB});
  one.Merge(other);
  ASSERT_EQ(one.ooms().size(), 2u);
  EXPECT_EQ(one.ooms().front().limit, 1 * kMiB);
  EXPECT_EQ(one.ooms().back().limit, 2 * kMiB);
}

TEST(ContainerUsage, KillsAreKnownByWhoTellsOfThem) {
  ContainerUsage usage;
  usage.AddOom({.at = kStart + 1h, .limit = 1 * kMiB, .teller = TellerOf("node-1")});
  usage.AddOom({.at = kStart + 2h, .limit = 2 * kMiB, .teller = TellerOf("node-2")});
  ContainerUsage loaded = *ContainerUsage::Load(usage.Save());
  loaded.ForgetKillsOf(TellerOf("node-2"));
  ASSERT_EQ(loaded.ooms().size(), 1u);
  EXPECT_EQ(loaded.ooms().front().teller, TellerOf("node-1"));
}

TEST(ContainerUsage, WhatTheVersionBeforeSavedCanBeRead) {
  ContainerUsage usage;
  usage.AddMemory({.at = kStart + 10s, .interval = 10s, .working_set = 700 * kMiB});
  usage.AddOom({.at = kStart + 1h, .limit = 900 * kMiB, .teller = TellerOf("node-1")});
  // It had all but who tells of the kill: four bytes before the number of kept samples, which is the last.
  std::string bytes = usage.Save();
  bytes.erase(bytes.size() - 5, 4);
  bytes[0] = 3;
  const auto loaded = ContainerUsage::Load(bytes);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  ASSERT_EQ(loaded->ooms().size(), 1u);
  EXPECT_EQ(loaded->ooms().front().limit, 900 * kMiB);
  EXPECT_EQ(loaded->ooms().front().teller, 0u);
  EXPECT_EQ(loaded->memory().mean(), usage.memory().mean());
}

}  // namespace
}  // namespace loadline::collector
