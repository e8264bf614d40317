#include <gtest/gtest.h>

#include "schemas/wire/decode.h"
#include "schemas/wire/encode.h"
#include "schemas/wire/text.h"
#include "tests/support/random_records.h"

namespace loadline::wire {
namespace {

// All parts put together again, checked for what every part must keep.
Report Joined(const std::vector<Report>& parts, const Report& whole) {
  Report joined = whole;
  joined.identities.clear();
  joined.containers.clear();
  joined.gone.clear();
  joined.losses = {};
  joined.agent_cpu_us = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const Report& part = parts[i];
    EXPECT_TRUE(Encode(Record{.epoch = 1, .sequence = i + 1, .body = part}));
    EXPECT_EQ(part.more, i + 1 < parts.size());
    EXPECT_EQ(part.window_start_ns, whole.window_start_ns);
    EXPECT_EQ(part.window_end_ns, whole.window_end_ns);
    EXPECT_EQ(part.node, whole.node);
    EXPECT_TRUE(part.identities.empty() || joined.containers.empty()) << "identities come first";
    EXPECT_TRUE(part.containers.empty() || joined.gone.empty()) << "gone comes last";
    joined.identities.insert(joined.identities.end(), part.identities.begin(), part.identities.end());
    joined.containers.insert(joined.containers.end(), part.containers.begin(), part.containers.end());
    joined.gone.insert(joined.gone.end(), part.gone.begin(), part.gone.end());
    joined.losses.ring_full += part.losses.ring_full;
    joined.agent_cpu_us += part.agent_cpu_us;
  }
  return joined;
}

TEST(SplitToFit, AReportThatFitsStaysWhole) {
  test::RandomRecords random(2);
  Report report = random.Report(100);
  report.more = false;
  EXPECT_EQ(SplitToFit(report), std::vector{report});
}

TEST(SplitToFit, AnEmptyReportIsOnePart) {
  EXPECT_EQ(SplitToFit({}).size(), 1u);
}

TEST(SplitToFit, AForkStormOfNamesIsCutIntoPartsThatFitAndLoseNothing) {
  Report report{.window_start_ns = 5, .window_end_ns = 10, .samples = 10};
  report.losses.ring_full = 3;
  report.agent_cpu_us = 900;
  report.node.disks = {{.path = "/", .free = 1, .total = 2}};
  test::RandomRecords random(3);
  for (std::uint32_t ref = 1; ref <= 20'000; ++ref) {
    report.identities.push_back(
        {.ref = ref, .path = "/kubepods/burstable/pod/" + std::string(64, 'c') + std::to_string(ref)});
    report.containers.push_back(random.Container(ref));
    report.gone.push_back(ref);
  }
  const std::vector<Report> parts = SplitToFit(report);
  EXPECT_GT(parts.size(), 2u);
  EXPECT_EQ(Joined(parts, report), report);
}

TEST(SplitToFit, ManySmallThingsKeepToTheBoundsOfLists) {
  Report report;
  for (std::uint32_t ref = 1; ref <= 200'000; ++ref) report.gone.push_back(ref);
  for (const Report& part : SplitToFit(report)) {
    EXPECT_TRUE(Decode(*Encode(Record{.epoch = 1, .sequence = 1, .body = part})));
  }
}

TEST(SplitToFit, TextFarAboveItsBoundStillFits) {
  Report report{.identities = {{.ref = 1, .path = std::string(3 << 20, 'x')}, {.ref = 2, .path = "/two"}}};
  const std::vector<Report> parts = SplitToFit(report);
  ASSERT_EQ(parts.size(), 2u);
  for (const Report& part : parts) EXPECT_TRUE(Encode(Record{.epoch = 1, .sequence = 1, .body = part}));
}

}  // namespace
}  // namespace loadline::wire
