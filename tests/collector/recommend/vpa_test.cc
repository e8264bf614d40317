#include "collector/recommend/vpa.h"

#include <gtest/gtest.h>

#include "collector/recommend/caps.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});

VpaAggregate ConstantCpu(double cores, int samples, Duration step) {
  VpaAggregate usage;
  for (int i = 0; i < samples; ++i) usage.AddCpu(cores, 0.1, kStart + i * step);
  return usage;
}

// The size of a pod's container that was killed once, with the peak it had before.
Bytes TargetAfterKill(Bytes request, Bytes peak) {
  VpaAggregate usage;
  VpaContainer container;
  container.AddMemory(peak, kStart, {}, usage);
  container.AddOom(request, kStart + 1min, {}, usage);
  return VpaSizing(usage, Resource::kMemory, {}, {}).target;
}

// What a kill makes of the window's peak.
Bytes PeakAfterKill(Bytes request, Bytes peak) {
  VpaAggregate usage;
  VpaContainer container;
  container.AddMemory(peak, kStart, {}, usage);
  container.AddOom(request, kStart + 1min, {}, usage);
  return std::max(container.state().oom_peak, container.state().memory_peak);
}

TEST(Vpa, ConfidenceGrowsWithSpanAndWithCount) {
  EXPECT_EQ(VpaConfidence(VpaAggregate(), 24h), 0);
  EXPECT_DOUBLE_EQ(VpaConfidence(ConstantCpu(1, 9, 2min), 24h), 0.00625);  // 9 samples of the 1440 of a day
  EXPECT_DOUBLE_EQ(VpaConfidence(ConstantCpu(1, 9, 2min), 18min), 0.5);
}

TEST(Vpa, ConfidenceScalesABound) {
  EXPECT_EQ(ScaleByConfidence(3140, 0.00625, 0.1, 2), 907'460);
  EXPECT_EQ(ScaleByConfidence(3'140'000'000, 0.00625, 0.1, 2), 907'460'000'000);
  EXPECT_EQ(ScaleByConfidence(3140, 0.5, 0.1, 2), 4521);
  EXPECT_EQ(ScaleByConfidence(3'140'000'000, 0.5, 0.1, 2), 4'521'600'000);
  EXPECT_EQ(ScaleByConfidence(3140, 0, 0.1, 2), 100'000'000'000'000);
  EXPECT_EQ(ScaleByConfidence(3140, 0, 0.1, -1), 0);
}

TEST(Vpa, WithoutSamplesEverythingIsTheFloor) {
  const Sizing cpu = VpaSizing(VpaAggregate(), Resource::kCpu, {}, {});
  EXPECT_EQ(std::vector({cpu.lower, cpu.target, cpu.upper}), (std::vector<std::int64_t>{25, 25, 25}));
  const Sizing memory = VpaSizing(VpaAggregate(), Resource::kMemory, {}, {});
  EXPECT_EQ(std::vector({memory.lower, memory.target, memory.upper}),
            (std::vector<std::int64_t>(3, 262'144'000)));
}

TEST(Vpa, FloorIsSharedByTheContainersOfAPod) {
  const Context two{.containers_in_pod = 2};
  EXPECT_EQ(ContainerFloor(two, VpaOptions{}.pod_floor, Resource::kCpu), 12);
  EXPECT_EQ(ContainerFloor(two, VpaOptions{}.pod_floor, Resource::kMemory), 131'072'000);
  EXPECT_EQ(VpaSizing(VpaAggregate(), Resource::kCpu, two, {}).target, 12);
}

TEST(Vpa, AKillRaisesTheTarget) {
  struct Case {
    Bytes request, target;
  };
  for (const Case& c : std::vector<Case>{{256 * kMiB, 442'809'964},
                                         {500 * kMiB, 764'046'746},
                                         {512 * kMiB, 764'046'746},
                                         {1000 * kMiB, 1'470'157'273},
                                         {1024 * kMiB, 1'555'165'137},
                                         {2048 * kMiB, 2'975'900'105},
                                         {4096 * kMiB, 6'117'462'922},
                                         {100 * kMiB, 262'144'000}}) {
    EXPECT_EQ(TargetAfterKill(c.request, c.request * 9 / 10), c.target) << c.request / kMiB << " MiB";
  }
}

TEST(Vpa, AKillCountsTheLargerOfRequestAndPeak) {
  EXPECT_EQ(PeakAfterKill(1000 * kMiB, 1), 1200 * kMiB);
  EXPECT_EQ(PeakAfterKill(1 * kMiB, 1), 101 * kMiB);
  EXPECT_EQ(PeakAfterKill(1000 * kMiB, 3000 * kMiB), 3600 * kMiB);
}

TEST(Vpa, RepeatedKillsAtOneRequestDoNotRunAway) {
  VpaAggregate usage;
  VpaContainer container;
  container.AddMemory(1, kStart, {}, usage);
  container.AddOom(1000 * kMiB, kStart + 1min, {}, usage);
  container.AddOom(999 * kMiB, kStart + 2min, {}, usage);
  EXPECT_EQ(container.state().oom_peak, 1200 * kMiB);
  container.AddOom(2000 * kMiB, kStart + 3min, {}, usage);
  EXPECT_EQ(container.state().oom_peak, 2400 * kMiB);
}

TEST(Vpa, AnOldKillIsDropped) {
  VpaAggregate usage;
  VpaContainer container;
  container.AddMemory(1 * kMiB, kStart, {}, usage);
  container.AddOom(1000 * kMiB, kStart - 30h, {}, usage);
  EXPECT_EQ(container.state().oom_peak, 0);
}

TEST(Vpa, AKillInALaterIntervalOpensAWindow) {
  VpaAggregate usage;
  VpaContainer container;
  container.AddMemory(1 * kMiB, kStart, {}, usage);
  const Wall first_end = *container.state().window_end;
  container.AddOom(2000 * kMiB, first_end + 48h, {}, usage);
  EXPECT_EQ(container.state().window_end, first_end + 72h);
  EXPECT_EQ(container.state().oom_peak, 2400 * kMiB);
}

TEST(Vpa, AFreshKillAtTheEdgeOfItsWindowCounts) {
  VpaAggregate usage;
  VpaContainer container;
  container.AddMemory(1 * kMiB, kStart, {}, usage);
  container.AddOom(1000 * kMiB, kStart - 23h, {}, usage);
  EXPECT_EQ(container.state().oom_peak, 1200 * kMiB);
}

TEST(Vpa, PolicyCapsTheTargetAndItsBoundsButNotTheUncappedTarget) {
  Recommendation recommendation{.cpu = {.lower = 31, .target = 42, .upper = 53, .uncapped = 42}};
  ApplyPolicy(recommendation, {.min_allowed = {.cpu = 50}});
  EXPECT_EQ(recommendation.cpu.lower, 50);
  EXPECT_EQ(recommendation.cpu.target, 50);
  EXPECT_EQ(recommendation.cpu.upper, 53);
  EXPECT_EQ(recommendation.cpu.uncapped, 42);

  recommendation.cpu = {.lower = 31, .target = 42, .upper = 53, .uncapped = 42};
  ApplyPolicy(recommendation, {.max_allowed = {.cpu = 40}});
  EXPECT_EQ(recommendation.cpu.lower, 31);
  EXPECT_EQ(recommendation.cpu.target, 40);
  EXPECT_EQ(recommendation.cpu.upper, 40);
}

TEST(Vpa, WholeCpusAreRoundedUp) {
  Recommendation recommendation{.cpu = {.lower = 5200, .target = 8600, .upper = 9000, .uncapped = 8600}};
  ApplyPolicy(recommendation, {.whole_cpus = true});
  EXPECT_EQ(recommendation.cpu.lower, 6000);
  EXPECT_EQ(recommendation.cpu.target, 9000);
  EXPECT_EQ(recommendation.cpu.upper, 9000);
  EXPECT_EQ(recommendation.cpu.uncapped, 9000);
}

TEST(Vpa, LimitsKeepTheirProportionToTheRequest) {
  EXPECT_EQ(ProportionalLimit(2000, 1000, 10'000), 20'000);
  EXPECT_EQ(ProportionalLimit(2000, 1500, 1000), 1333);
  EXPECT_EQ(ProportionalLimit(200, 150, 100), 133);
  EXPECT_EQ(ProportionalLimit(0, 150, 100), 0);
  EXPECT_EQ(ProportionalLimit(200, 0, 100), 100);
  EXPECT_EQ(ProportionalLimit(std::int64_t{1} << 62, 1, 100), std::numeric_limits<std::int64_t>::max());
}

TEST(Vpa, ADayOfConstantUseHasNarrowLowerAndDoubleUpperBound) {
  const Sizing sizing = VpaSizing(ConstantCpu(0.1, 1441, 1min), Resource::kCpu, {}, {});
  EXPECT_EQ(sizing.lower, 125);
  EXPECT_EQ(sizing.target, 126);
  EXPECT_EQ(sizing.upper, 252);
}

}  // namespace
}  // namespace loadline::collector
