#include "collector/recommend/loadline.h"

#include <gtest/gtest.h>

#include <cmath>

#include "collector/recommend/growth.h"
#include "collector/recommend/workload.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

// A container that used the same for days.
ContainerUsage Steady(double cores, Bytes bytes, int days = 7) {
  ContainerUsage usage;
  for (int i = 1; i <= days * 24 * 12; ++i) {
    usage.AddCpu({.at = kStart + i * 5min, .interval = 5min, .usage_cores = cores});
    usage.AddMemory({.at = kStart + i * 5min, .interval = 5min, .working_set = bytes});
  }
  return usage;
}

const Wall kAfterAWeek = kStart + 7 * 24h;

Recommendation Recommend(const ContainerUsage& usage, const Context& context = {}, Wall now = kAfterAWeek) {
  return MakeLoadline()->Recommend(usage, context, now);
}

TEST(Loadline, SteadyUseGetsASmallMargin) {
  const Recommendation answer = Recommend(Steady(0.5, 600 * kMiB));
  EXPECT_GT(answer.cpu.target, 500);
  EXPECT_LT(answer.cpu.target, 600);
  EXPECT_GT(answer.memory.target, 600 * kMiB);
  EXPECT_LT(answer.memory.target, 700 * kMiB);
  EXPECT_EQ(answer.memory.reason.cause, Cause::kUsage);
  EXPECT_DOUBLE_EQ(answer.memory.confidence, 1);
  for (const Sizing* sizing : {&answer.cpu, &answer.memory}) {
    EXPECT_LE(sizing->lower, sizing->target);
    EXPECT_GE(sizing->upper, sizing->target);
    EXPECT_GE(sizing->risk, 0);
    EXPECT_LT(sizing->risk, 0.2);
  }
}

TEST(Loadline, TheKnobMovesFromThriftyToSafe) {
  const ContainerUsage usage = Steady(0.5, 600 * kMiB);
  Bytes before = 0;
  for (const double knob : {0.0, 0.5, 1.0}) {
    const Recommendation answer = Recommend(usage, {.knob = knob});
    EXPECT_GT(answer.memory.target, before);
    before = answer.memory.target;
  }
}

TEST(Loadline, WithoutSamplesItIsTheFloor) {
  const Recommendation answer = Recommend(ContainerUsage());
  EXPECT_EQ(answer.cpu.target, 21);
  EXPECT_EQ(answer.memory.target, 32 * kMiB);
  EXPECT_EQ(answer.cpu.reason.cause, Cause::kNoData);
}

TEST(Loadline, ARequestThatIsNearEnoughStays) {
  const ContainerUsage usage = Steady(0.5, 600 * kMiB);
  const Recommendation fresh = Recommend(usage);
  Context context{.request = {.cpu = fresh.cpu.target + 10, .memory = fresh.memory.target + 5 * kMiB}};
  EXPECT_EQ(Recommend(usage, context).memory.target, context.request.memory);
  EXPECT_EQ(Recommend(usage, context).memory.reason.cause, Cause::kHold);
  context.request.memory = 4 * fresh.memory.target;
  EXPECT_EQ(Recommend(usage, context).memory.target, fresh.memory.target);
}

TEST(Loadline, AKillAtTheLimitCountsMoreThanTheLastReading) {
  // Killed at 1 GiB while the last reading was 300 MiB: burstable, a request of 256 MiB.
  ContainerUsage usage = Steady(0.1, 300 * kMiB);
  usage.AddOom({.at = kAfterAWeek, .usage = kGiB, .limit = kGiB, .request = 256 * kMiB});
  const Recommendation answer =
      Recommend(usage, {.request = {.cpu = 100, .memory = 256 * kMiB}}, kAfterAWeek + 1min);
  EXPECT_GE(answer.memory.target, kGiB);
  EXPECT_EQ(answer.memory.reason.cause, Cause::kOomKill);
}

TEST(Loadline, AHorizontalAutoscalersResourceFollowsItsTarget) {
  const Context context{.hpa = {.cpu = 0.5}};
  const Recommendation answer = Recommend(Steady(0.5, 600 * kMiB), context);
  EXPECT_NEAR(static_cast<double>(answer.cpu.target), 1000, 40);
  EXPECT_EQ(answer.cpu.reason.cause, Cause::kHpa);
}

TEST(Loadline, ARequestNearTheScalePointOfAnAutoscalerStays) {
  const ContainerUsage usage = Steady(0.5, 600 * kMiB);
  for (const MilliCores near : {900, 1000, 1200}) {
    EXPECT_EQ(Recommend(usage, {.request = {.cpu = near}, .hpa = {.cpu = 0.5}}).cpu.target, near);
  }
  for (const MilliCores far : {500, 800, 1300, 4000}) {
    const Sizing cpu = Recommend(usage, {.request = {.cpu = far}, .hpa = {.cpu = 0.5}}).cpu;
    EXPECT_NEAR(static_cast<double>(cpu.target), 1000, 40) << far;
  }
}

// Whoever goes by the bounds, as upstream's updater does, resizes at once what is below the lower one.
TEST(Loadline, BelowWhatKilledAndWhatIsHeldARequestIsOutOfBounds) {
  ContainerUsage usage = Steady(0.5, 600 * kMiB);
  EXPECT_GE(Recommend(usage).memory.lower, 600 * kMiB);
  usage.AddOom({.at = kAfterAWeek, .usage = 700 * kMiB, .limit = 700 * kMiB, .request = 700 * kMiB});
  EXPECT_GT(Recommend(usage).memory.lower, 700 * kMiB);
}

// A day between half and one and a half times 300m, as people come and go.
ContainerUsage BusyByDay(Duration length) {
  ContainerUsage usage;
  for (Duration at = 5min; at <= length; at += 5min) {
    const double turn = Seconds(at) / 86'400 * 2 * M_PI;
    usage.AddCpu({.at = kStart + at, .interval = 5min, .usage_cores = 0.3 - 0.15 * std::cos(turn)});
    usage.AddMemory({.at = kStart + at, .interval = 5min, .working_set = 600 * kMiB});
  }
  return usage;
}

// A request that is a tenth too small may be exceeded for hours of each day: the lower bound is what hysteresis would keep.
TEST(Loadline, ACpuRequestThatHysteresisWouldNotKeepIsOutOfBounds) {
  const ContainerUsage usage = BusyByDay(7 * 24h);
  const Sizing fresh = Recommend(usage).cpu;
  EXPECT_GT(fresh.lower, fresh.target * 85 / 100);
  EXPECT_LT(fresh.lower, fresh.target);
  const auto with = [&](MilliCores request) {
    return Recommend(usage, {.request = {.cpu = request, .memory = 700 * kMiB}}).cpu;
  };
  const MilliCores kept = fresh.lower + 3;
  EXPECT_EQ(with(kept).target, kept);
  EXPECT_LE(with(kept).lower, kept);
  EXPECT_EQ(with(fresh.lower - 3).target, fresh.target);
  EXPECT_GE(with(fresh.lower - 3).lower, fresh.lower - 2);
}

TEST(Loadline, ARequestWhoseLimitLeavesHardlyRoomForWhatIsHeldDoesNotStay) {
  const ContainerUsage usage = Steady(0.5, 600 * kMiB);
  const auto memory_of = [&](Bytes request, Bytes limit) {
    return Recommend(usage, {.request = {.memory = request}, .limit = {.memory = limit}, .knob = 0.2}).memory;
  };
  EXPECT_EQ(memory_of(662 * kMiB, 662 * kMiB).reason.cause, Cause::kHold);
  EXPECT_EQ(memory_of(625 * kMiB, 1250 * kMiB).reason.cause, Cause::kHold) << "its limit leaves room";
  const Sizing tight = memory_of(625 * kMiB, 625 * kMiB);
  EXPECT_EQ(tight.reason.cause, Cause::kUsage);
  EXPECT_GT(tight.lower, 625 * kMiB);
  EXPECT_LE(tight.lower, tight.target);
}

TEST(Loadline, AKnownHeapIsMadeRoomFor) {
  const Context context{.heap = {.max_heap = 2 * kGiB}};
  EXPECT_EQ(Recommend(Steady(0.5, 600 * kMiB), context).memory.target, 5 * kGiB / 2);
}

TEST(Loadline, CapsAreNamedInTheirOrder) {
  const Context context{.max_allowed = {.cpu = 400}, .node_allocatable = {.cpu = 300}};
  const Recommendation answer = Recommend(Steady(0.5, 600 * kMiB), context);
  EXPECT_EQ(answer.cpu.target, 300);
  EXPECT_GT(answer.cpu.uncapped, 500);
  EXPECT_EQ(answer.cpu.reason.caps, (std::vector{Cap::kMaxAllowed, Cap::kNode}));
}

TEST(Loadline, AThrottledContainerIsToldWhatToDoWithItsLimit) {
  ContainerUsage usage = Steady(0.08, 100 * kMiB);
  for (int i = 1; i <= 3; ++i) {
    usage.AddCpu({.at = kAfterAWeek + i * 10s,
                  .interval = 10s,
                  .usage_cores = 0.1,
                  .limit = 100,
                  .periods = 100,
                  .throttled_periods = 100,
                  .throttled_seconds = 9});
  }
  const Context burstable{.request = {.cpu = 50, .memory = kGiB}, .limit = {.cpu = 100}};
  const Recommendation answer = Recommend(usage, burstable, kAfterAWeek + 30s);
  EXPECT_EQ(answer.cpu.reason.cause, Cause::kThrottling);
  EXPECT_EQ(answer.cpu_limit_advice, LimitAdvice::kRemove);
  const Context guaranteed{
      .request = {.cpu = 100, .memory = kGiB}, .limit = {.cpu = 100, .memory = kGiB}, .guaranteed = true};
  EXPECT_EQ(Recommend(usage, guaranteed, kAfterAWeek + 30s).cpu_limit_advice, LimitAdvice::kRaise);
  EXPECT_EQ(Recommend(usage, guaranteed, kAfterAWeek + 30s).limit.cpu,
            Recommend(usage, guaranteed, kAfterAWeek + 30s).cpu.target);  // Still Guaranteed.
}

// Two minutes at 2000m, then 150m.
ContainerUsage Starting(int minutes) {
  ContainerUsage usage;
  usage.Started(kStart);
  for (int i = 1; i <= minutes; ++i)
    usage.AddCpu({.at = kStart + i * 1min, .interval = 1min, .usage_cores = i <= 2 ? 2.0 : 0.15});
  return usage;
}

TEST(Loadline, AStartIsKeptApartAsABoost) {
  const Recommendation answer = Recommend(Starting(60), {}, kStart + 1h);
  EXPECT_LT(answer.cpu.target, 250);
  EXPECT_NEAR(answer.boost.factor * static_cast<double>(answer.cpu.target), 2000, 30);
  EXPECT_EQ(answer.boost.duration, 2min);
}

TEST(Loadline, UntilThereIsASteadyStateTheStartHasToDo) {
  const Recommendation answer = Recommend(Starting(3), {}, kStart + 3min);
  EXPECT_GE(answer.cpu.target, 2000);
  EXPECT_EQ(answer.boost.factor, 1);
}

TEST(Loadline, AJobThatEndsWithinItsStartIsSizedByWhatItDid) {
  ContainerUsage past;
  ContainerUsage run;
  run.Started(kStart);
  run.AddCpu({.at = kStart + 20s, .interval = 20s, .usage_cores = 0.5});  // its whole life
  run.Ended();
  past.Merge(run);
  const Recommendation answer = Recommend(past, {}, kStart + 1h);
  EXPECT_GE(answer.cpu.target, 500);
  EXPECT_LT(answer.cpu.target, 800);
  EXPECT_EQ(answer.boost.factor, 1);
}

TEST(Growth, AStraightLineIsALeakAndASlowingOneIsNot) {
  std::vector<float> straight, slowing, flat;
  for (int block = 0; block < 40; ++block) {
    straight.push_back(500 + 12.5f * static_cast<float>(block));
    slowing.push_back(1000 - 500 * std::exp(-0.15f * static_cast<float>(block)));
    flat.push_back(500);
  }
  const Growth growth = JudgeGrowth(straight, 8);
  EXPECT_TRUE(growth.leak);
  EXPECT_NEAR(growth.per_day, 100, 1);
  EXPECT_FALSE(JudgeGrowth(slowing, 8).leak);
  EXPECT_FALSE(JudgeGrowth(flat, 8).leak);
  EXPECT_FALSE(JudgeGrowth({}, 8).leak);
}

TEST(Growth, ALeakIsStillKnownAfterTheRestartItCaused) {
  std::vector<float> blocks;
  for (int block = 0; block < 40; ++block) blocks.push_back(500 + 12.5f * static_cast<float>(block));
  blocks.insert(blocks.end(), {500, 510, 525});
  EXPECT_TRUE(JudgeGrowth(blocks, 8).leak);
}

TEST(Workload, AReplicaThatNeedsMuchMoreIsNamed) {
  const ContainerUsage normal = Steady(0.1, 200 * kMiB);
  const ContainerUsage hungry = Steady(0.1, 900 * kMiB);
  const std::vector<Instance> replicas = {
      {.name = "a", .usage = &normal}, {.name = "b", .usage = &hungry}, {.name = "c", .usage = &normal}};
  const WorkloadRecommendation answer = RecommendWorkload(*MakeLoadline(), replicas, {}, kAfterAWeek);
  ASSERT_EQ(answer.groups.size(), 1u);
  ASSERT_EQ(answer.outliers.size(), 1u);
  EXPECT_EQ(answer.outliers[0].instance, 1u);
  EXPECT_EQ(answer.outliers[0].resource, Resource::kMemory);
  EXPECT_NEAR(answer.outliers[0].times_the_median, 4.5, 0.1);
}

TEST(Loadline, NobodyIsToAskForMoreCpusThanItMayRunOn) {
  const ContainerUsage usage = Steady(3.9, 600 * kMiB);
  EXPECT_GT(Recommend(usage).cpu.target, 4000);
  const Recommendation answer = Recommend(usage, {.cpuset = 4000});
  EXPECT_EQ(answer.cpu.target, 4000);
  EXPECT_EQ(answer.cpu.reason.caps.back(), Cap::kCpuset);
  EXPECT_LE(answer.cpu.upper, 4000);
  EXPECT_GT(answer.memory.target, 600 * kMiB) << "CPUs are no bound of memory";
}

}  // namespace
}  // namespace loadline::collector
