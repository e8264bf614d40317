// What must never be undercut against what may lower: every pair.
#include <gtest/gtest.h>

#include "collector/recommend/loadline.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
constexpr int kDays = 15;
const Wall kNow = kStart + days(kDays);
constexpr Bytes kNeed = 900 * kMiB;

// Fifteen days, an hour at a time.
template <typename Of>
ContainerUsage Lived(Of bytes) {
  ContainerUsage usage;
  for (int hour = 1; hour <= kDays * 24; ++hour) {
    const Wall at = kStart + hour * 1h;
    usage.AddCpu({.at = at, .interval = 1h, .usage_cores = 0.1});
    usage.AddMemory({.at = at, .interval = 1h, .working_set = bytes(hour)});
  }
  return usage;
}

// What the history looks like beside the need, and under which rule.
struct Lowers {
  const char* name;
  bool grows;  // as a leak does: from 150 MiB by 10 a day
  Context context;
};
const Amounts kSmall{.cpu = 100, .memory = 300 * kMiB};
const Lowers kLowers[] = {
    {"the forecast", false, {}},
    {"hysteresis", false, {.request = kSmall}},
    {"an autoscaler", false, {.request = kSmall, .limit = kSmall, .hpa = {.memory = 0.9}}},
    {"a leak", true, {.request = kSmall, .limit = kSmall}},
    {"a leak under an autoscaler", true, {.request = kSmall, .limit = kSmall, .hpa = {.memory = 0.9}}},
};

struct Must {
  const char* name;
  bool (*needs)(int hour);  // kNeed was used in it
  bool killed;
};
const Must kMusts[] = {
    {"what is held now", [](int hour) { return hour == kDays * 24; }, false},
    {"what killed", [](int) { return false; }, true},
    // Today is the fifteenth day, and twelve hours from now it was so a week ago and two.
    {"a peak that recurs",
     [](int hour) { return hour == (kDays - 7) * 24 + 12 || hour == (kDays - 14) * 24 + 12; }, false},
};

TEST(Precedence, NothingThatLowersUndercutsWhatMustNotBe) {
  for (const Lowers& lowers : kLowers) {
    for (const Must& must : kMusts) {
      ContainerUsage usage = Lived([&](int hour) {
        const Bytes usual = lowers.grows ? 150 * kMiB + hour * 10 * kMiB / 24 : 250 * kMiB;
        return must.needs(hour) ? kNeed : usual;
      });
      if (must.killed) usage.AddOom({.at = kNow - 1min, .usage = kNeed, .limit = kNeed});
      const Recommendation answer = MakeLoadline()->Recommend(usage, lowers.context, kNow);
      EXPECT_GE(answer.memory.target, kNeed) << lowers.name << " undercuts " << must.name;
      EXPECT_GE(answer.memory.lower, kNeed)
          << lowers.name << ": a request below " << must.name << " is in bounds";
    }
  }
}

TEST(Precedence, ALeakWhoseLimitLeavesRoomIsNotFed) {
  const ContainerUsage usage = Lived([](int hour) { return 150 * kMiB + hour * 10 * kMiB; });
  const Context wide{.request = kSmall, .limit = {.memory = 8 * kGiB}};
  const Recommendation held = MakeLoadline()->Recommend(usage, wide, kNow);
  EXPECT_EQ(held.memory.reason.cause, Cause::kLeak);
  EXPECT_EQ(held.memory.target, kSmall.memory);
  const Context narrow{.request = kSmall, .limit = kSmall};
  EXPECT_GT(MakeLoadline()->Recommend(usage, narrow, kNow).memory.target, 3750 * kMiB)
      << "its limit would kill it now";
}

TEST(Precedence, ALeakDoesNotHoldWhatItNeverCameTo) {
  const ContainerUsage usage =
      Lived([](int hour) { return 150 * kMiB + hour * 10 * kMiB / 24; });  // 300 MiB now
  const auto memory_with = [&](Bytes request) {
    const Context context{.request = {.cpu = 100, .memory = request}, .limit = {.memory = request}};
    return MakeLoadline()->Recommend(usage, context, kNow).memory;
  };
  EXPECT_EQ(memory_with(400 * kMiB).target, memory_with(6 * kGiB).target)
      << "the step after a kill is taken back";
  EXPECT_LT(memory_with(6 * kGiB).target, 400 * kMiB);
  EXPECT_EQ(memory_with(320 * kMiB).target, 320 * kMiB) << "what leaves room stays";
}

TEST(Precedence, ACapIsStrongerThanAll) {
  const ContainerUsage usage = Lived([](int) { return kNeed; });
  const Context context{.max_allowed = {.memory = 512 * kMiB}};
  EXPECT_EQ(MakeLoadline()->Recommend(usage, context, kNow).memory.target, 512 * kMiB);
}

TEST(Precedence, WhatIsGoneHoldsNothing) {
  ContainerUsage before = Lived([](int) { return 8 * kGiB; });
  before.Ended();
  ContainerUsage all;
  all.Merge(before);
  ContainerUsage now;
  for (int hour = 1; hour <= 40 * 24; ++hour)
    now.AddMemory({.at = kNow + hour * 1h, .interval = 1h, .working_set = 500 * kMiB});
  all.Merge(now);
  EXPECT_LT(MakeLoadline()->Recommend(all, {}, kNow + days(40)).memory.target, 600 * kMiB);
}

TEST(Precedence, WhatWasNotHeardOfForHoursHoldsNothingEither) {
  const ContainerUsage silent = Lived([](int hour) { return hour == kDays * 24 ? kNeed : 250 * kMiB; });
  EXPECT_GE(MakeLoadline()->Recommend(silent, {}, kNow + 1h).memory.target, kNeed);
  EXPECT_LT(MakeLoadline()->Recommend(silent, {}, kNow + 6h).memory.target, kNeed);
}

TEST(Precedence, InTheFirstMinutesNothingGoesBelowTheRequest) {
  ContainerUsage young;
  young.Started(kStart);
  young.AddCpu({.at = kStart + 20s, .interval = 20s, .usage_cores = 0.01});
  young.AddMemory({.at = kStart + 20s, .interval = 20s, .working_set = 60 * kMiB});
  const Context context{.request = {.cpu = 1000, .memory = kGiB}, .limit = {.cpu = 1000, .memory = kGiB}};
  const Recommendation answer = MakeLoadline()->Recommend(young, context, kStart + 20s);
  EXPECT_EQ(answer.cpu.target, 1000);
  EXPECT_EQ(answer.memory.target, kGiB);
  EXPECT_EQ(answer.memory.reason.cause, Cause::kEarly);
}

TEST(Precedence, InTheFirstMinutesTheReasonIsNotThatTheRequestIsNearEnough) {
  ContainerUsage young;
  young.Started(kStart);
  young.AddCpu({.at = kStart + 95s, .interval = 95s, .usage_cores = 0.001});
  young.AddMemory({.at = kStart + 95s, .interval = 95s, .working_set = 3 * kMiB});
  const Context context{.request = {.cpu = 10, .memory = 512 * kMiB}, .limit = {.memory = kGiB}};
  const Recommendation answer = MakeLoadline()->Recommend(young, context, kStart + 95s);
  EXPECT_EQ(answer.memory.target, 512 * kMiB);
  EXPECT_EQ(answer.memory.reason.cause, Cause::kEarly) << "a change is dear at first, so it was held already";
  EXPECT_EQ(answer.memory.reason.observed, 3 * kMiB);
}

}  // namespace
}  // namespace loadline::collector
