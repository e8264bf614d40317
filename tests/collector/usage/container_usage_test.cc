#include "collector/usage/container_usage.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <utility>

#include "collector/usage/byte_reader.h"
#include "collector/usage/claims.h"
#include "tests/support/saved_usage.h"

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
  const std::string bytes = test::SavedUsage(usage);
  const auto loaded = test::LoadedUsage(bytes);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(test::SavedUsage(*loaded), bytes);
}

// Whether what is written so is read as peaks.
bool ArePeaks(std::int64_t last, std::uint16_t packed) {
  state::Builder to;
  const std::vector<std::uint16_t> blocks{packed};
  to.Finish(state::fb::CreateBlockRingDirect(to, last, &blocks));
  BlockPeaks peaks;
  return peaks.Read(flatbuffers::GetRoot<state::fb::BlockRing>(to.GetBufferPointer()));
}

TEST(BlockPeaks, WhatLiesBeyondTimeOrNumbersWasNotSaved) {
  constexpr std::uint16_t kOne = 0x3f80;
  EXPECT_TRUE(ArePeaks(160'000, kOne));
  EXPECT_FALSE(ArePeaks(std::int64_t{1} << 40, kOne));
  EXPECT_FALSE(ArePeaks(std::numeric_limits<std::int64_t>::min(), kOne));
  EXPECT_FALSE(ArePeaks(160'000, 0x7f80)) << "infinite";
  EXPECT_FALSE(ArePeaks(160'000, 0xbf80)) << "negative";
}

template <typename T>
std::string BytesOf(T value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

TEST(ByteReader, MakesInstantsThatCanBeSubtractedAndLengthsThatCanBeAdded) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  const auto reads = [](std::int64_t count, auto read) {
    const std::string bytes = BytesOf(count);
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
    const std::string bytes = BytesOf(written);
    ByteReader in(bytes);
    EXPECT_EQ(in.GetAmount<double>(), read);
    EXPECT_TRUE(in.ok());
  }
}

TEST(ContainerUsage, DamagedBytesAreRefused) {
  ContainerUsage usage;
  usage.AddCpu({.at = kStart + 10s, .interval = 1min, .usage_cores = 0.1});
  const std::string bytes = test::SavedUsage(usage);
  EXPECT_FALSE(test::LoadedUsage(""));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(test::LoadedUsage(bytes.substr(0, size))) << size;
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
  ContainerUsage loaded = *test::LoadedUsage(test::SavedUsage(usage));
  loaded.ForgetKillsOf(TellerOf("node-2"));
  ASSERT_EQ(loaded.ooms().size(), 1u);
  EXPECT_EQ(loaded.ooms().front().teller, TellerOf("node-1"));
}

// A container that used 700 MiB and was killed at 900 MiB, as versions before schemas/state.fbs saved it.
class UsageBeforeTags : public ::testing::TestWithParam<const char*> {};
INSTANTIATE_TEST_SUITE_P(Formats, UsageBeforeTags, ::testing::Values("usage-3.bin", "usage-4.bin"));

TEST_P(UsageBeforeTags, IsReadOnce) {
  std::ifstream file(std::string("tests/data/state/") + GetParam(), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  const auto loaded = ContainerUsage::ReadBeforeTags(bytes);
  ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
  ASSERT_EQ(loaded->ooms().size(), 1u);
  EXPECT_EQ(loaded->ooms().front().limit, 900 * kMiB);
  const bool knows_teller = bytes[0] == 4;
  EXPECT_EQ(loaded->ooms().front().teller, knows_teller ? TellerOf("node-1") : 0u);
  EXPECT_EQ(loaded->memory().mean(), 700 * kMiB);
  for (const std::string& damaged : {std::string(), bytes.substr(0, bytes.size() - 1), bytes + "x"})
    EXPECT_FALSE(ContainerUsage::ReadBeforeTags(damaged));
}

}  // namespace
}  // namespace loadline::collector
