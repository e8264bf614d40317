#include "collector/backtest/report.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

TEST(Report, FiguresAreMeansOverTheSeriesThatHaveThem) {
  const std::vector<Figures> series = {{.memory_slack = 0.2, .changes_per_day = 0},
                                       {.memory_slack = 0.4, .cpu_over = 0.1, .changes_per_day = 1},
                                       {}};
  const SourceFigures row = Summarize("shop", "vpa", series);
  EXPECT_EQ(row.series, 2u);
  EXPECT_DOUBLE_EQ(*row.mean.memory_slack, 0.3);
  EXPECT_DOUBLE_EQ(*row.mean.cpu_over, 0.1);
  EXPECT_DOUBLE_EQ(*row.mean.changes_per_day, 0.5);
  EXPECT_FALSE(row.mean.oom_days.has_value());
}

TEST(Report, JsonHoldsFractionsAndNulls) {
  const SourceFigures row{.source = "shop", .algorithm = "vpa", .series = 2, .mean = {.memory_slack = 0.25}};
  EXPECT_EQ(ToJson(row),
            R"({"source":"shop","algorithm":"vpa","series":2,"memory_slack":0.25,"oom_days":null,)"
            R"("cpu_slack":null,"cpu_over":null,"changes_per_day":null})");
}

}  // namespace
}  // namespace loadline::collector
