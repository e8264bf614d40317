#include "schemas/wire/encode.h"

#include <gtest/gtest.h>

#include "schemas/wire/decode.h"
#include "schemas/wire/text.h"
#include "tests/support/random_records.h"

namespace loadline::wire {
namespace {

Record ReportRecord(Report report) {
  return {.epoch = 7, .sequence = 1, .body = std::move(report)};
}

Report DecodedReport(const Frame& frame) {
  const auto message = Decode(frame);
  EXPECT_TRUE(message) << (message ? "" : message.error().what);
  return std::get<Report>(std::get<Record>(message.value()).body);
}

TEST(Encode, WhatIsEncodedIsDecodedAgain) {
  test::RandomRecords random(1);
  for (int i = 0; i < 5000; ++i) {
    const Message message = random.Message();
    const auto frame = Encode(message);
    ASSERT_TRUE(frame) << frame.error().message;
    const auto again = Decode(*frame);
    ASSERT_TRUE(again) << Name(again.error().fault) << " " << again.error().what;
    ASSERT_EQ(*again, message) << "message " << i;
  }
}

TEST(Encode, MemoryIsRoundedUpToPages) {
  Report report{
      .containers = {{.ref = 1, .memory = MemoryWindow{.current = 4096, .peak = 4097, .kernel = 1}}}};
  const MemoryWindow memory = *DecodedReport(*Encode(ReportRecord(report))).containers[0].memory;
  EXPECT_EQ(memory.current, 4096);
  EXPECT_EQ(memory.peak, 8192);
  EXPECT_EQ(memory.kernel, 4096);
}

TEST(Encode, WhatDoesNotFitThirtyTwoBitsIsTheLargestThatDoes) {
  Report report{
      .containers = {{.ref = 1, .limits = CgroupLimits{.cpu_limit = 1ll << 40, .memory_limit = 1ll << 60}}}};
  const CgroupLimits limits = *DecodedReport(*Encode(ReportRecord(report))).containers[0].limits;
  EXPECT_EQ(limits.cpu_limit, 0xffff'ffffll);
  EXPECT_EQ(limits.memory_limit, 0xffff'ffffll * 4096);
}

TEST(Encode, ContainersInWhichNothingHappenedAreAbsent) {
  Report report{.containers = {{.ref = 1},
                               {.ref = 2, .cpu = CpuWindow{}, .throttle = ThrottleWindow{}},
                               {.ref = 3, .exits = ExitWindow{.exits = 1}}}};
  const Report again = DecodedReport(*Encode(ReportRecord(report)));
  ASSERT_EQ(again.containers.size(), 1u);
  EXPECT_EQ(again.containers[0].ref, 3u);
}

TEST(Encode, MemoryThatIsZeroIsSentAsAChange) {
  Report report{.containers = {{.ref = 1, .memory = MemoryWindow{}}}};
  EXPECT_EQ(DecodedReport(*Encode(ReportRecord(report))).containers, report.containers);
}

// The agent knows of a cgroup by its kernel's number alone when there are too many, or it is beyond its own root.
TEST(Encode, AnEventOfACgroupWithoutANameIsDecodedAgain) {
  const Record kill{
      .epoch = 7, .sequence = 1, .body = Event(OomKill{.limit_owner = CgroupIdentity{}, .pid = 42})};
  const Record stall{.epoch = 7, .sequence = 2, .body = Event(MemoryStall{.stall_us = 10})};
  for (const Record& record : {kill, stall}) {
    const auto again = Decode(*Encode(record));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(std::get<Record>(*again), record);
  }
}

TEST(Encode, ContainersOutOfOrderAreRefused) {
  const Report twice{.containers = {{.ref = 2}, {.ref = 2}}};
  EXPECT_EQ(Encode(ReportRecord(twice)).error().kind, ErrorKind::kInvalid);
  const CpuWindow bins{.usage_us = 1, .one_second = {{.bucket = 5, .count = 1}, {.bucket = 4, .count = 1}}};
  const Report bins_down{.containers = {{.ref = 1, .cpu = bins}}};
  EXPECT_EQ(Encode(ReportRecord(bins_down)).error().kind, ErrorKind::kInvalid);
}

TEST(Encode, TextOfUsersIsCleanedAndCut) {
  Report report{.identities = {{.ref = 1, .path = "/evil\x1b[2J\xff", .unit = std::string(1000, 'u')}}};
  const CgroupIdentity identity = DecodedReport(*Encode(ReportRecord(report))).identities[0];
  EXPECT_EQ(identity.path, "/evil?[2J?");
  EXPECT_EQ(identity.unit, std::string(kMaxUnit, 'u'));
}

TEST(Encode, AWallClockSetBackMakesAnEmptyWindow) {
  const Report report{.window_start_ns = 100, .window_end_ns = 50};
  const Report again = DecodedReport(*Encode(ReportRecord(report)));
  EXPECT_EQ(again.window_start_ns, 50);
  EXPECT_EQ(again.window_end_ns, 50);
}

TEST(Encode, AFrameAboveTheBoundIsRefused) {
  Report report;
  for (std::uint32_t ref = 1; ref < 400; ++ref) {
    report.identities.push_back({.ref = ref, .path = std::string(kMaxPath, 'p')});
  }
  EXPECT_EQ(Encode(ReportRecord(report)).error().kind, ErrorKind::kExhausted);
}

// A container that is busy, has a CPU quota, and whose ten samples fall into four buckets.
ContainerWindow Busy(std::uint32_t ref) {
  return {.ref = ref,
          .cpu = CpuWindow{.usage_us = 8'000'000, .one_second = {{70, 2}, {71, 3}, {72, 4}, {75, 1}}},
          .throttle = ThrottleWindow{.periods = 100},
          .memory =
              MemoryWindow{.current = 300 * kMiB, .peak = 310 * kMiB, .anon = 200 * kMiB, .file = 90 * kMiB},
          .pressure = PressureWindow{.cpu_some_us = 120'000},
          .processes = 12};
}

TEST(Encode, ABusyContainerTakesAtMost64Bytes) {
  Report report;
  for (std::uint32_t ref = 1; ref <= 1000; ++ref) report.containers.push_back(Busy(ref));
  EXPECT_LE(Encode(ReportRecord(report))->size(), 64u * 1000);
}

TEST(Encode, AnEmptyReportTakesAFewBytes) {
  EXPECT_LE(Encode(ReportRecord({}))->size(), 192u);
}

}  // namespace
}  // namespace loadline::wire
