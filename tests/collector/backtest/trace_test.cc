#include "collector/backtest/trace.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <zlib.h>

#include <cmath>
#include <fstream>

namespace loadline::collector {
namespace {

class TraceFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/traces-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::filesystem::create_directories(folder_ / "shop");
    std::ofstream(folder_ / "shop/meta.csv")
        << "id,note,interval_s,epoch_start\nweb,\"a, b\",300,1700000000\n";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void WriteSeries(const std::string& text) {
    gzFile file = gzopen((folder_ / "shop/web.csv.gz").c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
  }

  std::filesystem::path folder_;
};

TEST_F(TraceFolder, SeriesAreReadWithTheirStartAndGaps) {
  WriteSeries("t_seconds,cpu_cores,memory_bytes\n0,0.5,1000\n300,2e-05,\n9000,,7\n");
  const auto series = ReadSource(folder_, "shop");
  ASSERT_TRUE(series.has_value()) << series.error().message;
  ASSERT_EQ(series->size(), 1u);
  const Trace& trace = series->front();
  EXPECT_EQ(trace.id, "web");
  EXPECT_EQ(trace.start, Wall(std::chrono::seconds(1'700'000'000)));
  EXPECT_EQ(trace.interval, std::chrono::seconds(300));
  ASSERT_EQ(trace.points.size(), 3u);
  EXPECT_EQ(trace.points[0].cores, 0.5);
  EXPECT_EQ(trace.points[0].bytes, 1000);
  EXPECT_TRUE(std::isnan(trace.points[1].bytes));
  EXPECT_TRUE(std::isnan(trace.points[2].cores));
  EXPECT_EQ(trace.points[2].seconds, 9000);
}

TEST_F(TraceFolder, DamagedRowsAreNamedByFileAndLine) {
  WriteSeries("t_seconds,cpu_cores,memory_bytes\n0,0.5,1000\n300,lots,5\n");
  const auto series = ReadSource(folder_, "shop");
  ASSERT_FALSE(series.has_value());
  EXPECT_TRUE(series.error().message.ends_with("web.csv.gz: line 3: not three numbers"))
      << series.error().message;
}

TEST_F(TraceFolder, WhatIsNoFiniteNumberOrBeyondACenturyIsRefused) {
  for (const char* row : {"0,inf,1000", "0,0.5,nan", "inf,0.5,1000", "1e18,0.5,1000"}) {
    WriteSeries(std::string("t_seconds,cpu_cores,memory_bytes\n") + row + "\n");
    EXPECT_FALSE(ReadSource(folder_, "shop").has_value()) << row;
  }
  WriteSeries("t_seconds,cpu_cores,memory_bytes\n0,0.5,1000\n");
  for (const char* row : {"web,inf,0", "web,1e300,0", "web,0.2,0"}) {
    std::ofstream(folder_ / "shop/meta.csv") << "id,interval_s,epoch_start\n" << row << "\n";
    EXPECT_FALSE(ReadSource(folder_, "shop").has_value()) << row;
  }
  // Where the beginning is none it is arbitrary, as where it is not told.
  std::ofstream(folder_ / "shop/meta.csv") << "id,interval_s,epoch_start\nweb,60,1e300\n";
  EXPECT_TRUE(ReadSource(folder_, "shop").has_value());
}

TEST_F(TraceFolder, SourcesAreTheFoldersWithMeta) {
  std::filesystem::create_directories(folder_ / "empty");
  EXPECT_EQ(*ListSources(folder_), std::vector<std::string>{"shop"});
  EXPECT_FALSE(ListSources(folder_ / "nowhere").has_value());
}

}  // namespace
}  // namespace loadline::collector
