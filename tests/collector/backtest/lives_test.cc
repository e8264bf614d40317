// Containers that live for weeks while their answers are applied.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <vector>

#include "collector/backtest/simulated_container.h"
#include "collector/recommend/workload.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr double kMiBytes = static_cast<double>(kMiB);

std::unique_ptr<Algorithm> Ours() {
  return *MakeAlgorithm("loadline");
}

double DaysOf(const SimulatedContainer& container) {
  return Seconds(container.age()) / 86'400;
}

TEST(Lives, DataThatGrowsAndIsThereAgainAfterEachRestartIsGivenRoom) {
  const auto ours = Ours();
  SimulatedContainer container(
      *ours, {.request = {.cpu = 100, .memory = 1536 * kMiB}, .memory_limit = true, .step = 5min});
  while (container.age() < days(60)) {
    container.Live({.cores = 0.1, .bytes = (1024 + 100 * DaysOf(container)) * kMiBytes});
    container.Resize();
  }
  EXPECT_LE(container.kills(), 5);
  EXPECT_LT(container.request().memory, (1024 + 6000) * kMiB * 13 / 10) << "nor is it fed without end";
}

TEST(Lives, AHeapThatIsEmptiedEveryFewDaysHasWhatItCameToThreeTimes) {
  const auto ours = Ours();
  SimulatedContainer container(
      *ours, {.request = {.cpu = 100, .memory = 2048 * kMiB}, .memory_limit = true, .step = 5min});
  while (container.age() < days(42)) {
    const double of_a_turn = std::fmod(DaysOf(container), 2.5) / 2.5;
    container.Live({.cores = 0.1, .bytes = (300 + 1200 * of_a_turn) * kMiBytes});
    if (container.age() % 24h != 0s) continue;
    container.Resize();
    if (container.age() >= days(8)) {
      EXPECT_GE(container.request().memory, 1498 * kMiB) << DaysOf(container);
    }
  }
}

TEST(Lives, AnAutoscalerOnMemoryHidesNoKills) {
  const auto ours = Ours();
  SimulatedContainer container(*ours, {.request = {.cpu = 100, .memory = 512 * kMiB}, .memory_limit = true});
  container.context().hpa.memory = 0.8;
  for (int minute = 1; container.age() < days(7); ++minute) {
    container.Live({.cores = 0.1, .bytes = (minute % 30 < 2 ? 900 : 250) * kMiBytes});
    container.Resize();
  }
  EXPECT_LE(container.kills(), 2);
}

TEST(Lives, OneIncidentIsForgottenInAMonth) {
  const auto ours = Ours();
  SimulatedContainer container(*ours, {.request = {.cpu = 100, .memory = kGiB}, .step = 10min});
  container.context().limit.memory = 8 * kGiB;
  const auto asks_on_day = [&](int day) {
    while (container.age() < days(day)) container.Live({.cores = 0.1, .bytes = 500 * kMiBytes});
    return ours->Recommend(container.usage(), container.context(), container.now()).memory.target;
  };
  EXPECT_LE(asks_on_day(7), kGiB);
  container.usage().AddOom({.at = container.now(), .usage = 8 * kGiB, .limit = 8 * kGiB, .request = kGiB});
  EXPECT_GT(asks_on_day(7), 8 * kGiB);
  EXPECT_LE(asks_on_day(7), 12 * kGiB);
  EXPECT_LT(asks_on_day(14), 8 * kGiB);
  EXPECT_LE(asks_on_day(36), kGiB);
  container.context().request.memory = 0;
  EXPECT_LE(asks_on_day(60), 600 * kMiB);
}

// One version after the other, each a pod of its own.
TEST(Lives, WhatTheLastVersionNeededFadesWithIt) {
  const auto ours = Ours();
  const Wall start = SimulatedContainer::kBegin;
  ContainerUsage past;
  for (int minute = 1; minute <= 48 * 60; ++minute)
    past.AddMemory({.at = start + minute * 1min, .interval = 1min, .working_set = 8 * kGiB});
  past.Ended();
  ContainerUsage now;
  std::int64_t before = 9 * kGiB;
  for (int minute = 48 * 60 + 1; minute <= 42 * 24 * 60; ++minute) {
    const Wall at = start + minute * 1min;
    now.AddMemory({.at = at, .interval = 1min, .working_set = 500 * kMiB});
    if (minute % (24 * 60) != 0) continue;
    const std::vector<Instance> instances = {{.usage = &now}, {.usage = &past, .gone = true}};
    const auto target = RecommendWorkload(*ours, instances, {}, at).groups[0].recommendation.memory.target;
    const int day = minute / (24 * 60);
    EXPECT_LE(target, before) << day;
    const Bytes most = day >= 30 ? 600 * kMiB : day >= 14 ? kGiB : day >= 5 ? 3 * kGiB : 9 * kGiB;
    EXPECT_LE(target, most) << day;
    before = target;
  }
}

// Of which the first ten minutes are no start-up.
TEST(Lives, AJobOfTwelveMinutesIsSizedByItsWork) {
  const auto ours = Ours();
  ContainerUsage past;
  Wall at = SimulatedContainer::kBegin;
  for (int run = 0; run < 20; ++run, at += 48min) {
    ContainerUsage job;
    job.Started(at);
    for (int minute = 1; minute <= 12; ++minute) {
      at += 1min;
      job.AddCpu({.at = at, .interval = 1min, .usage_cores = minute <= 10 ? 4 : 0.1});
    }
    EXPECT_GE(ours->Recommend(job, {}, at).cpu.target, 4000) << "before its first run ends, too";
    job.Ended();
    past.Merge(job);
  }
  EXPECT_GE(ours->Recommend(past, {}, at).cpu.target, 4000);
  EXPECT_LE(ours->Recommend(past, {}, at).cpu.target, 5000);
}

// Once a month for two hours; in between nothing is known of it but what is remembered.
TEST(Lives, AMonthlyJobHasItsSizeBeforeItRuns) {
  const auto ours = Ours();
  ContainerUsage past;
  for (int month = 0; month < 3; ++month) {
    const Wall begin = SimulatedContainer::kBegin + month * days(30);
    if (month > 0) {
      EXPECT_GE(ours->Recommend(past, {}, begin).memory.target, 3 * kGiB) << month;
    }
    ContainerUsage run;
    for (int minute = 1; minute <= 120; ++minute) {
      const Bytes held = minute < 100 ? 200 * kMiB : 3 * kGiB;
      run.AddMemory({.at = begin + minute * 1min, .interval = 1min, .working_set = held});
    }
    run.Ended();
    past.Resumed(begin);
    past.Merge(run);
  }
}

TEST(Lives, BurstsThatAreDoneWithinEachSecondAreNotDemandBeyondTheLimit) {
  const auto ours = Ours();
  ContainerUsage usage;
  const wire::CpuWindow::Bin bin{.bucket = 13, .count = 10};  // from 177m to 196m
  Wall at = SimulatedContainer::kBegin;
  for (int i = 0; i < 24 * 360; ++i) {
    at += 10s;
    usage.AddCpu({.at = at,
                  .interval = 10s,
                  .usage_cores = 0.16,
                  .one_second = {&bin, 1},
                  .limit = 200,
                  .periods = 80,
                  .throttled_periods = 70,
                  .throttled_seconds = 54.6});
  }
  Context context{.request = {.cpu = 100}, .limit = {.cpu = 200}};
  const Recommendation burstable = ours->Recommend(usage, context, at);
  EXPECT_LE(burstable.cpu.target, 300);
  EXPECT_GE(burstable.cpu.target, 160);
  EXPECT_EQ(burstable.cpu_limit_advice, LimitAdvice::kRemove);
  EXPECT_GE(burstable.limit.cpu, 400) << "while it throttles the limit is doubled";
  context = {
      .request = {.cpu = 200, .memory = kGiB}, .limit = {.cpu = 200, .memory = kGiB}, .guaranteed = true};
  const Recommendation guaranteed = ours->Recommend(usage, context, at);
  EXPECT_EQ(guaranteed.cpu_limit_advice, LimitAdvice::kRaise);
  EXPECT_GT(guaranteed.cpu.target, 200) << "its request is its limit";
  EXPECT_LE(guaranteed.cpu.target, 300);
}

}  // namespace
}  // namespace loadline::collector
