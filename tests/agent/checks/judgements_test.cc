// What was read is judged by pure functions: tables of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/timex.h>

#include <filesystem>
#include <fstream>

#include "agent/checks/clock_sync.h"
#include "agent/checks/stalls.h"
#include "agent/checks/table_fill.h"
#include "agent/checks/zombies.h"
#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

void Put(const TemporaryFolder& folder, const std::string& path, const std::string& text) {
  const std::filesystem::path file = folder.path() + "/" + path;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

TEST(JudgeFill, IsBadWhenNearlyFullAndGoodWhenThereIsRoom) {
  struct Row {
    Fill fill;
    Health health;
  };
  for (const auto& [fill, health] :
       {Row{{0, 100}, Health::kGood}, Row{{79, 100}, Health::kGood}, Row{{80, 100}, Health::kUnknown},
        Row{{89, 100}, Health::kUnknown}, Row{{90, 100}, Health::kBad}, Row{{101, 100}, Health::kBad},
        Row{{5, 0}, Health::kUnknown}}) {
    EXPECT_EQ(JudgeFill("C", "R", "things", fill).health, health) << fill.used;
  }
  EXPECT_EQ(JudgeFill("C", "R", "things", std::nullopt).health, Health::kUnknown);
  EXPECT_EQ(JudgeFill("C", "R", "things", Fill{95, 100}).message, "95 of 100 things, 95 %");
}

TEST(TableFill, ReadsTheKernelsFiles) {
  const TemporaryFolder host;
  Put(host, "proc/sys/net/netfilter/nf_conntrack_count", "262000\n");
  Put(host, "proc/sys/net/netfilter/nf_conntrack_max", "262144\n");
  Put(host, "proc/loadavg", "0.52 0.58 0.59 3/31000 12345\n");
  Put(host, "proc/sys/kernel/pid_max", "4194304\n");
  Put(host, "proc/sys/kernel/threads-max", "32768\n");
  Put(host, "proc/sys/fs/file-nr", "3360\t0\t9223372036854775807\n");
  const auto conntrack = ReadConntrack(host.path());
  ASSERT_TRUE(conntrack.has_value());
  EXPECT_EQ(JudgeFill("C", "R", "x", conntrack).health, Health::kBad);
  const auto pids = ReadPids(host.path());
  ASSERT_TRUE(pids.has_value());
  EXPECT_EQ(pids->used, 31000U);
  EXPECT_EQ(pids->most, 32768U) << "the lesser of both";
  const auto files = ReadFileHandles(host.path());
  ASSERT_TRUE(files.has_value());
  EXPECT_EQ(JudgeFill("C", "R", "x", files).health, Health::kGood);
  EXPECT_FALSE(ReadConntrack("/nowhere"));
  EXPECT_FALSE(ReadPids("/nowhere"));
  EXPECT_FALSE(ReadFileHandles("/nowhere"));
}

TEST(JudgeClock, FollowsTheKernel) {
  EXPECT_EQ(JudgeClock(TIME_OK, STA_PLL, 1500).health, Health::kGood);
  EXPECT_EQ(JudgeClock(TIME_ERROR, STA_UNSYNC | STA_PLL, 16'000'000).health, Health::kBad);
  EXPECT_EQ(JudgeClock(TIME_INS, STA_INS, 1500).health, Health::kGood) << "a leap second";
  EXPECT_EQ(JudgeClock(-1, 0, 0).health, Health::kUnknown);
  EXPECT_NE(ClockSync().Look(Mono{}, {}).at(0).health, Health::kUnknown) << "the kernel says so here";
}

Health Memory(const StallShares& shares) {
  return JudgeStalls(shares).at(0).health;
}
Health Io(const StallShares& shares) {
  return JudgeStalls(shares).at(1).health;
}

TEST(JudgeStalls, AMachineThatOnlyReclaimsIsNoContainerThatDoes) {
  EXPECT_EQ(Memory({.memory = 0.7, .available_left = 0.03}), Health::kBad);
  EXPECT_EQ(Memory({.memory = 0.9, .available_left = 0.6}), Health::kGood) << "one container at its limit";
  EXPECT_EQ(Memory({.memory = 0.7, .available_left = 0.12}), Health::kUnknown);
  EXPECT_EQ(Memory({.memory = 0.3, .available_left = 0.03}), Health::kUnknown);
  EXPECT_EQ(Memory({.memory = 0.1, .available_left = 0.03}), Health::kGood);
  EXPECT_EQ(Memory({.available_left = 0.03}), Health::kUnknown);
  EXPECT_EQ(Memory({.memory = 0.7}), Health::kUnknown);
}

TEST(JudgeStalls, ADiskThatWorksHardIsNoneThatStands) {
  EXPECT_EQ(Io({.io = 0.99}), Health::kBad);
  EXPECT_EQ(Io({.io = 0.9}), Health::kUnknown);
  EXPECT_EQ(Io({.io = 0.5}), Health::kGood);
  EXPECT_EQ(Io({}), Health::kUnknown);
}

TEST(Stalls, TheShareIsOfTheWholeWindow) {
  std::deque<Stalls::Totals> totals;
  const auto memory = [&] { return Stalls::Share(totals, 60s, &Stalls::Totals::memory_us); };
  EXPECT_FALSE(memory());
  for (int i = 0; i <= 12; ++i)  // half of the time from the sixth on
    totals.push_back(
        {.at = Mono(i * 10s), .memory_us = i <= 6 ? 0U : static_cast<std::uint64_t>(i - 6) * 5'000'000});
  ASSERT_TRUE(memory().has_value());
  EXPECT_DOUBLE_EQ(memory().value_or(0), 0.5);
  totals.resize(4);
  EXPECT_FALSE(memory()) << "half a minute";
}

TEST(JudgeZombies, CountsAllAndThoseOfOneParent) {
  EXPECT_EQ(JudgeZombies(ZombieCount{.all = 3, .of_one = 3}).health, Health::kGood);
  EXPECT_EQ(JudgeZombies(ZombieCount{.all = 100, .of_one = 100}).health, Health::kBad);
  EXPECT_EQ(JudgeZombies(ZombieCount{.all = 200, .of_one = 2}).health, Health::kBad);
  EXPECT_EQ(JudgeZombies(ZombieCount{.all = 120, .of_one = 2}).health, Health::kUnknown);
  EXPECT_EQ(JudgeZombies(std::nullopt).health, Health::kUnknown);
}

TEST(ParentOfZombie, ReadsAnyName) {
  EXPECT_EQ(ParentOfZombie("12 (sh) Z 7 1 1 0"), 7U);
  EXPECT_EQ(ParentOfZombie("12 (a) R 3 (b)) Z 9 1 1"), 9U);
  EXPECT_FALSE(ParentOfZombie("12 (sh) S 7 1 1 0"));
  EXPECT_FALSE(ParentOfZombie("12 (Z 7) S 1"));
  EXPECT_FALSE(ParentOfZombie(""));
}

}  // namespace
}  // namespace loadline::agent
