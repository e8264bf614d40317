#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/top/top_rows.h"
#include "agent/top/top_table.h"
#include "schemas/base/printable.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

TEST(TopRows, ShowWhatHappenedBetweenTwoSamples) {
  CgroupTable table;
  TopRows top(table);
  const auto web = table.Born(0, 2, "/system.slice/web.service");
  CgroupCounters sample{.ref = web};
  sample.cpu =
      CpuCounters{.usage_ns = 9'000'000'000, .periods = 50, .throttled_periods = 50, .quota_us = 20'000};
  sample.memory =
      MemoryCounters{.current = 3 * kMiB, .peak = 5 * kMiB, .limit = 8 * kMiB, .events_oom_kill = 2};
  top.Add(std::vector{sample}, Mono(10s));
  EXPECT_EQ(top.rows().at(0).cores, 0);
  top.AddPressure(web, {.cpu_some_us = 5'000'000});
  sample.cpu->usage_ns += 300'000'000;
  sample.cpu->periods += 20;
  sample.cpu->throttled_periods += 5;
  top.Add(std::vector{sample}, Mono(12s));
  top.AddPressure(web, {.cpu_some_us = 5'400'000});
  const TopRow& row = top.rows().at(0);
  EXPECT_EQ(row.name, "web.service");
  EXPECT_TRUE(row.leaf);
  EXPECT_DOUBLE_EQ(row.cores, 0.15);
  EXPECT_DOUBLE_EQ(row.throttled, 0.25);
  EXPECT_DOUBLE_EQ(row.cpu_stall, 0.2);
  EXPECT_EQ(row.memory, 3 * kMiB);
  EXPECT_EQ(row.peak, 5 * kMiB);
  EXPECT_EQ(row.cpu_limit, 200);
  EXPECT_EQ(row.oom_kills, 2U);
}

TEST(TopRows, KillsSeenByTheProbeCountWhereTheKernelCountsNone) {
  CgroupTable table;
  TopRows top(table);
  CgroupCounters sample{.ref = table.Born(0, 2, "/web")};
  sample.memory.emplace();
  top.AddOomKill(sample.ref);
  top.Add(std::vector{sample}, Mono(1s));
  EXPECT_EQ(top.rows().at(0).oom_kills, 1U);
  top.AddOomKill(sample.ref);
  sample.memory->events_oom_kill = 2;  // where it does count, each kill is one
  top.Add(std::vector{sample}, Mono(2s));
  EXPECT_EQ(top.rows().at(0).oom_kills, 2U);
}

TEST(TopRows, WhateverACgroupIsCalledItMovesNobodysCursor) {
  CgroupTable table;
  TopRows top(table);
  CgroupCounters sample{.ref = table.Born(0, 2, "/evil\x1b]0;pwned\x07\x1b[31m\xc2\x9b\x9b\u202e")};
  sample.memory.emplace();
  top.Add(std::vector{sample}, Mono(1s));
  EXPECT_EQ(top.rows().at(0).name, R"(/evil\x1b]0;pwned\x07\x1b[31m\xc2\x9b\x9b\xe2\x80\xae)");
}

// Û is c3 9b: cut in its midst, 9b would be the beginning of a sequence.
TEST(RenderTop, CutsNoCharacterInItsMidst) {
  for (std::size_t length = 55; length < 70; ++length) {
    std::string name(length, 'a');
    for (int i = 0; i < 30; ++i) name += "\u00db";
    for (const std::size_t width : {0U, 20U, 101U, 117U}) {
      const std::string picture = RenderTop({{.name = name}, {.name = "\u00db" + name}}, {.width = width});
      EXPECT_EQ(PrintableLines(picture), picture) << length << " " << width;
    }
  }
}

std::vector<TopRow> Rows() {
  return {
      {.name = "a", .cores = 0.5, .memory = 10 * kMiB},
      {.name = "b", .cores = 1.5, .throttled = 0.4, .memory = 5 * kMiB, .limit = 5 * kMiB, .oom_kills = 3},
      {.name = "idle"},
      {.name = "/kubepods", .leaf = false, .cores = 2}};
}

std::vector<std::string> Names(const std::vector<TopRow>& rows) {
  std::vector<std::string> names;
  for (const TopRow& row : rows) names.push_back(row.name);
  return names;
}

TEST(TopTable, SelectsWhatRunsBySize) {
  EXPECT_THAT(Names(SelectRows(Rows(), {})), ::testing::ElementsAre("b", "a"));
  EXPECT_THAT(Names(SelectRows(Rows(), {.sort = TopColumn::kMemory})), ::testing::ElementsAre("a", "b"));
  EXPECT_THAT(Names(SelectRows(Rows(), {.sort = TopColumn::kMemory, .reverse = true})),
              ::testing::ElementsAre("b", "a"));
  EXPECT_THAT(Names(SelectRows(Rows(), {.sort = TopColumn::kName, .all = true})),
              ::testing::ElementsAre("/kubepods", "a", "b", "idle"));
}

TEST(TopTable, IsAHeadAndALineForEachRow) {
  EXPECT_EQ(RenderTop(SelectRows(Rows(), {}), {}),
            "NAME                    CPUv     OF   THR%   WAIT    MEMORY      PEAK     LIMIT   OOM  PSI-C%  "
            "PSI-M%  PSI-I%\n"
            "b                      1.500      -   40.0      -     5 MiB         -     5 MiB     3       -  "
            "     -       -\n"
            "a                      0.500      -      -      -    10 MiB         -         -     -       -  "
            "     -       -\n");
}

TEST(TopTable, FitsTheTerminal) {
  auto rows = Rows();
  rows[0].name = "/a/very/long/path/of/a/cgroup/that/does/not/fit/anywhere/at/all/in/a/terminal";
  const TopView view{.width = 120, .height = 1};
  const std::string picture = RenderTop({rows[0], rows[1]}, view);
  EXPECT_EQ(std::ranges::count(picture, '\n'), 2);
  for (std::size_t start = 0; start < picture.size();) {
    const std::size_t end = picture.find('\n', start);
    EXPECT_LE(end - start, 120U);
    start = end + 1;
  }
  EXPECT_THAT(picture, ::testing::HasSubstr(".."));
}

TEST(TopTable, MarksWhatIsWrong) {
  const TopView view{.colour = true};
  const std::string picture = RenderTop(SelectRows(Rows(), view), view);
  EXPECT_THAT(picture, ::testing::HasSubstr("\x1b[31;1m   40.0\x1b[0m"));
  EXPECT_THAT(picture, ::testing::HasSubstr("\x1b[31;1m     3\x1b[0m"));
}

TEST(TopTable, EveryColumnHasANameAndAKey) {
  EXPECT_EQ(TopColumnNames().size(), static_cast<std::size_t>(kTopColumns));
  EXPECT_EQ(TopColumnOf('c'), TopColumn::kCpu);
  EXPECT_EQ(TopColumnOf('o'), TopColumn::kOom);
  EXPECT_EQ(TopColumnOf('#'), std::nullopt);
}

}  // namespace
}  // namespace loadline::agent
