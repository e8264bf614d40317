// The replay agrees with the figures published with the traces, which were measured by another program.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "collector/backtest/replay.h"
#include "collector/backtest/report.h"

namespace loadline::collector {
namespace {

const std::filesystem::path kTraces = "../shared/data/traces";

struct Published {
  const char* algorithm;
  bool floors;
  // Percent; negative: not published.
  double memory_slack, oom_days, cpu_slack, cpu_over;
};

// Published to a tenth or a hundredth of a percentage point; a tenth is the tolerance.
void ExpectNear(const std::optional<double>& share, double percent, const char* what) {
  if (percent < 0) return;
  ASSERT_TRUE(share.has_value()) << what;
  EXPECT_NEAR(*share * 100, percent, 0.1) << what;
}

void ExpectPublished(const std::string& source, bool hold_memory, Duration period,
                     const std::vector<Published>& rows) {
  if (!std::filesystem::exists(kTraces / source)) GTEST_SKIP() << "no traces at " << kTraces / source;
  auto series = ReadSource(kTraces, source);
  ASSERT_TRUE(series.has_value()) << series.error().message;
  if (hold_memory) {
    for (Trace& trace : *series) HoldMemoryForSixHours(trace);
  }
  for (const Published& row : rows) {
    SCOPED_TRACE(std::string(row.algorithm) + (row.floors ? "" : " without floors"));
    const auto algorithm = *MakeAlgorithm(row.algorithm);
    std::vector<Figures> figures;
    for (const Trace& trace : *series) {
      figures.push_back(
          Replay(trace, *algorithm, {.warmup = period, .cadence = period, .floors = row.floors}));
    }
    const Figures mean = Summarize(source, row.algorithm, figures).mean;
    ExpectNear(mean.memory_slack, row.memory_slack, "memory slack");
    ExpectNear(mean.oom_days, row.oom_days, "OOM days");
    ExpectNear(mean.cpu_slack, row.cpu_slack, "CPU slack");
    ExpectNear(mean.cpu_over, row.cpu_over, "CPU over");
  }
}

constexpr Duration kDay = std::chrono::hours(24);

TEST(PublishedFigures, OfGoogleJobs) {
  ExpectPublished("google2011_jobs", false, kDay,
                  {{"vpa", true, 26.1, 4.20, 29.5, 1.91},
                   {"vpa", false, 26.1, 4.20, 29.5, 1.91},
                   {"krr", true, 25.6, 3.45, 21.3, 7.42},
                   {"max:3:0.05", true, 17.0, 9.59, -1, -1},
                   {"max:7:0.15", true, 25.4, 3.57, -1, -1},
                   {"max:all:0.5", true, 42.9, 1.78, -1, -1}});
}

TEST(PublishedFigures, OfBusinessMachinesWithHeldMemory) {
  ExpectPublished("bitbrains_rnd_30d", true, kDay,
                  {{"vpa", true, 58.5, 7.58, 59.8, 2.14},
                   {"vpa", false, 49.3, 8.09, 58.0, 2.40},
                   {"krr", true, 58.3, 3.90, 50.1, 5.11},
                   {"krr", false, 54.7, 4.20, 39.1, 5.71},
                   {"max:3:0.1", false, 44.1, 12.9, -1, -1},
                   {"max:all:0.3", false, 61.5, 2.35, -1, -1}});
}

TEST(PublishedFigures, OfBusinessMachines) {
  ExpectPublished("bitbrains_rnd_30d", false, kDay,
                  {{"vpa", true, 82.1, 9.18, -1, -1}, {"vpa", false, 76.6, 9.70, -1, -1}});
}

TEST(PublishedFigures, OfOpenShiftContainers) {
  ExpectPublished("kruize_openshift", false, kDay,
                  {{"vpa", true, 63.4, 0, 70.5, 0},
                   {"vpa", false, 32.8, 0, 68.4, 0},
                   {"krr", true, 48.0, 0, 55.2, 1.08},
                   {"krr", false, 22.8, 0.95, 16.6, 6.35}});
}

TEST(PublishedFigures, OfShortPods) {
  ExpectPublished("nezha_k8s_short", false, kDay / 4,
                  {{"vpa", true, 26.8, 1.85, 88.0, 0.21}, {"vpa", false, 22.3, 1.85, 80.4, 0.45}});
}

}  // namespace
}  // namespace loadline::collector
