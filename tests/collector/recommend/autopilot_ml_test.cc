#include "collector/recommend/autopilot_ml.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
const Context kNoFloor{.pod_floor = Amounts{}};

// A sample each five minutes for `days`: `usual` bytes, and `burst` in every `every`th.
ContainerUsage Lived(int days, Bytes usual, Bytes burst, int every) {
  ContainerUsage usage;
  usage.KeepSamples();
  for (int i = 1; i <= days * 288; ++i) {
    const Bytes held = i % every == 0 ? burst : usual;
    usage.AddMemory({.at = kStart + i * 5min, .interval = 5min, .working_set = held});
  }
  return usage;
}

Bytes MemoryOf(const ContainerUsage& usage, int days) {
  return MakeAutopilotMl()->Recommend(usage, kNoFloor, kStart + days * 24h).memory.target;
}

TEST(AutopilotMl, SteadyUseIsHeldWithoutAMargin) {
  const Bytes target = MemoryOf(Lived(5, 1000 * kMiB, 1000 * kMiB, 1), 5);
  EXPECT_GE(target, 1000 * kMiB);
  EXPECT_LE(target, 1040 * kMiB);  // the end of its bucket
}

// Holding 4000 where 1000 is used wastes three quarters. A burst in each tenth sample costs 0.1 * 20 = 2
// uncovered, which is more; one in each hundredth costs 0.2, which is less.
TEST(AutopilotMl, ABurstIsCoveredWhenItsOverrunCostsMoreThanTheWaste) {
  EXPECT_GE(MemoryOf(Lived(5, 1000 * kMiB, 4000 * kMiB, 10), 5), 4000 * kMiB);
  EXPECT_LE(MemoryOf(Lived(5, 1000 * kMiB, 4000 * kMiB, 100), 5), 2000 * kMiB);
}

TEST(AutopilotMl, WithoutSamplesItAnswersAsTheWindowedForm) {
  ContainerUsage usage;
  for (int i = 1; i <= 288; ++i) {
    usage.AddMemory({.at = kStart + i * 5min, .interval = 5min, .working_set = 500 * kMiB});
  }
  const Wall now = kStart + 24h;
  EXPECT_EQ(MakeAutopilotMl()->Recommend(usage, kNoFloor, now).memory.target,
            (*MakeAlgorithm("autopilot"))->Recommend(usage, kNoFloor, now).memory.target);
}

}  // namespace
}  // namespace loadline::collector
