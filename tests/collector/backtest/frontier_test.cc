// Our default against upstream on recorded usage: less slack and no more kills, on both resources, on every
// source.
#include <gtest/gtest.h>

#include <filesystem>

#include "collector/backtest/replay.h"
#include "collector/backtest/report.h"

namespace loadline::collector {
namespace {

const std::filesystem::path kTraces = "../shared/data/traces";
constexpr Duration kDay = std::chrono::hours(24);

struct Case {
  const char* source;
  bool hold_memory;
  bool floors;
  Duration period = kDay;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.source << (c.hold_memory ? ", peaks of 6 h" : "") << (c.floors ? "" : ", no floors");
}

Figures MeanOf(const std::vector<Trace>& series, const char* algorithm, const Case& c) {
  const auto made = *MakeAlgorithm(algorithm);
  std::vector<Figures> figures;
  for (const Trace& trace : series) {
    figures.push_back(Replay(trace, *made, {.warmup = c.period, .cadence = c.period, .floors = c.floors}));
  }
  return Summarize(c.source, algorithm, figures).mean;
}

class Frontier : public testing::TestWithParam<Case> {};

TEST_P(Frontier, LoadlineWastesLessThanUpstreamAndIsExceededNoMoreOften) {
  const Case& c = GetParam();
  if (!std::filesystem::exists(kTraces / c.source)) GTEST_SKIP() << "no traces at " << kTraces / c.source;
  auto series = ReadSource(kTraces, c.source);
  ASSERT_TRUE(series.has_value()) << series.error().message;
  if (c.hold_memory) {
    for (Trace& trace : *series) HoldMemoryForSixHours(trace);
  }
  const Figures ours = MeanOf(*series, "loadline", c);
  const Figures upstream = MeanOf(*series, "vpa", c);
  if (ours.memory_slack) {
    EXPECT_LT(*ours.memory_slack, *upstream.memory_slack);
    EXPECT_LE(*ours.oom_days, *upstream.oom_days);
  }
  if (ours.cpu_slack) {
    EXPECT_LT(*ours.cpu_slack, *upstream.cpu_slack);
    EXPECT_LE(*ours.cpu_over, *upstream.cpu_over);
  }
  // One change in three days where the request is set once a day.
  EXPECT_LE(*ours.changes_per_day * (c.period / std::chrono::duration<double>(kDay)), 1.0 / 3);
}

INSTANTIATE_TEST_SUITE_P(
    Sources, Frontier,
    testing::Values(Case{"google2011_jobs", false, true}, Case{"bitbrains_rnd_30d", true, true},
                    Case{"bitbrains_rnd_30d", true, false}, Case{"bitbrains_rnd_30d", false, true},
                    Case{"bitbrains_rnd_30d", false, false}, Case{"kruize_openshift", false, true},
                    Case{"kruize_openshift", false, false}, Case{"llm_aging_leak", false, true},
                    Case{"cpu_only", false, true}, Case{"nezha_k8s_short", false, true, kDay / 4},
                    Case{"nezha_k8s_short", false, false, kDay / 4}),
    [](const testing::TestParamInfo<Case>& info) {
      return std::string(info.param.source) + (info.param.hold_memory ? "_held" : "") +
             (info.param.floors ? "" : "_without_floors");
    });

}  // namespace
}  // namespace loadline::collector
