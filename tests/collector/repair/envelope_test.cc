// The bounds of repair in random histories, checked by code that counts for itself. A million of them:
// tests/bench/run envelope.
#include <gmock/gmock.h>

#include "collector/simulate/repair_checker.h"
#include "tests/support/repair_history.h"

namespace loadline::collector {
namespace {

using test::HistoryEnd;
using test::LevelOnlyHistory;
using test::RepairHistory;

constexpr std::uint64_t kHistories = 4000;

class RepairHistories : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RepairHistories, NoBoundIsBrokenInAnyHistory) {
  std::uint64_t repairs = 0;
  for (std::uint64_t i = 0; i < kHistories; ++i) {
    const std::uint64_t seed = GetParam() * kHistories + i;
    const HistoryEnd end = RepairHistory(seed);
    ASSERT_EQ(NamesOf(end.broken), "") << "history " << seed << ": " << end.first;
    repairs += static_cast<std::uint64_t>(end.taken);
  }
  EXPECT_GT(repairs, kHistories / 10) << "whoever does nothing breaks nothing";
}

INSTANTIATE_TEST_SUITE_P(Seeds, RepairHistories, ::testing::Range<std::uint64_t>(0, 5));

TEST(RepairEnvelope, ACapOnTheLevelAloneIsBrokenByTheSameHistories) {
  int broken = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) broken += LevelOnlyHistory(seed).broken != 0 ? 1 : 0;
  EXPECT_GT(broken, 100);
}

TEST(RepairEnvelope, AHistoryIsTheSameEachTime) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const HistoryEnd once = RepairHistory(seed);
    const HistoryEnd again = RepairHistory(seed);
    EXPECT_EQ(once.taken, again.taken);
    EXPECT_EQ(once.taken_wrongly, again.taken_wrongly);
  }
}

// Without a bound the histories break it: so each is needed, and each is looked at.
struct Loosened {
  const char* name;
  Broken breaks;
  void (*loosen)(RepairOptions&);
};

void EachScope(RepairOptions& options, void (*change)(ScopeLimits&)) {
  change(options.limits.pool);
  change(options.limits.zone);
  change(options.limits.cluster);
}

class RepairWithoutABound : public ::testing::TestWithParam<Loosened> {};

TEST_P(RepairWithoutABound, IsFoundOut) {
  std::uint32_t broken = 0;
  for (std::uint64_t seed = 0; seed < 3000 && (broken & static_cast<std::uint32_t>(GetParam().breaks)) == 0;
       ++seed)
    broken |= RepairHistory(seed, GetParam().loosen).broken;
  EXPECT_THAT(NamesOf(broken), testing::HasSubstr(NamesOf(static_cast<std::uint32_t>(GetParam().breaks))));
}

INSTANTIATE_TEST_SUITE_P(
    Bounds, RepairWithoutABound,
    ::testing::Values(
        Loosened{"Settle", Broken::kBlind, [](RepairOptions& o) { o.limits.settle = Duration::zero(); }},
        Loosened{"Stall", Broken::kBlind, [](RepairOptions& o) { o.limits.stall = std::chrono::hours(9); }},
        Loosened{"Mode", Broken::kMode,
                 [](RepairOptions& o) {
                   o.mode = RepairMode::kAuto;
                   o.pools.clear();
                 }},
        Loosened{"After", Broken::kTooSoon,
                 [](RepairOptions& o) {
                   for (auto& [_, rule] : o.policy.rules) rule.after = Duration::zero();
                 }},
        Loosened{"Storm", Broken::kStorm, [](RepairOptions& o) { o.limits.storm_least = 1000; }},
        Loosened{"Level", Broken::kUnfit,
                 [](RepairOptions& o) { EachScope(o, [](ScopeLimits& s) { s.unfit_share = 1; }); }},
        Loosened{"LastFit", Broken::kLastFit, [](RepairOptions& o) { o.limits.fit_left = 0; }},
        Loosened{"InFlight", Broken::kInFlight,
                 [](RepairOptions& o) { EachScope(o, [](ScopeLimits& s) { s.in_flight = 1000; }); }},
        Loosened{"Rate", Broken::kRate,
                 [](RepairOptions& o) { EachScope(o, [](ScopeLimits& s) { s.starts = 1000; }); }},
        Loosened{"Day", Broken::kDay,
                 [](RepairOptions& o) { EachScope(o, [](ScopeLimits& s) { s.day_least = 1000; }); }},
        Loosened{"CoolDown", Broken::kNodeAgain,
                 [](RepairOptions& o) { o.limits.cool_down = Duration::zero(); }},
        Loosened{"Flaps", Broken::kNodeAgain, [](RepairOptions& o) { o.limits.flaps = 1000; }}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace loadline::collector
