#include "agent/health/kmsg_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(KmsgRecord, HasLevelSequenceTimeAndText) {
  const auto record = ParseKmsgRecord("3,1234,98765432,-;EXT4-fs error (device sda1)\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->facility, 0);
  EXPECT_EQ(record->level, 3);
  EXPECT_EQ(record->sequence, 1234u);
  EXPECT_EQ(record->since_boot, std::chrono::microseconds(98765432));
  EXPECT_FALSE(record->continues);
  EXPECT_EQ(record->text, "EXT4-fs error (device sda1)");
}

TEST(KmsgRecord, OfAProgramHasItsFacility) {
  const auto record = ParseKmsgRecord("30,7,1,-;systemd[1]: Reached target.\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->facility, 3);
  EXPECT_EQ(record->level, 6);
}

TEST(KmsgRecord, HasTheValuesOfTheLinesBehindIt) {
  const auto record =
      ParseKmsgRecord("4,339,5140900,-;hv_netvsc eth0: up\n SUBSYSTEM=vmbus\n DEVICE=+vmbus:a\\x20b=c\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->text, "hv_netvsc eth0: up");
  EXPECT_THAT(record->values, ElementsAre(Pair("SUBSYSTEM", "vmbus"), Pair("DEVICE", "+vmbus:a b=c")));
}

TEST(KmsgRecord, KeepsWhatLaterKernelsAdd) {
  const auto record = ParseKmsgRecord("6,1,2,-,caller=T123,more=1;text; more");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->text, "text; more");
  EXPECT_FALSE(record->continues);
  EXPECT_TRUE(ParseKmsgRecord("6,1,2,+,caller=T123;text")->continues);
  EXPECT_FALSE(ParseKmsgRecord("6,1,2,c;text")->continues);
}

TEST(KmsgRecord, UnescapesWhatTheKernelEscaped) {
  EXPECT_EQ(ParseKmsgRecord("6,1,2,-;a\\x09b\\x0ac\\x5cx41")->text, "a\tb\nc\\x41");
  EXPECT_EQ(ParseKmsgRecord("6,1,2,-;\\xzz \\x4 \\x")->text, "\\xzz \\x4 \\x");
}

TEST(KmsgRecord, IsNothingElse) {
  for (const char* other :
       {"", "6", "6,1", "6,1,2", "6,1,2,", "6,1,2,-", "6,1,x,-;t", "a,1,2,-;t", "-6,1,2,-;t", "6,1,2,-\n;t",
        "[ 1.000000] 6,1,2,-;t", "6,99999999999999999999,2,-;t"})
    EXPECT_FALSE(ParseKmsgRecord(other)) << other;
}

TEST(KmsgGaps, CountEveryMissingRecordAndNoOther) {
  KmsgGaps gaps;
  EXPECT_EQ(gaps.Saw(1000), 0u);  // what was before is nobody's loss
  EXPECT_EQ(gaps.Saw(1001), 0u);
  EXPECT_EQ(gaps.Saw(1'001'002), 1'000'000u);
  EXPECT_EQ(gaps.Saw(1'001'004), 1u);
  EXPECT_EQ(gaps.lost(), 1'000'001u);
}

TEST(KmsgGaps, BeginAnewWithAnotherBoot) {
  KmsgGaps gaps;
  (void)gaps.Saw(500);
  EXPECT_EQ(gaps.Saw(0), 0u);
  EXPECT_EQ(gaps.Saw(2), 1u);
  EXPECT_EQ(gaps.lost(), 1u);
}

}  // namespace
}  // namespace loadline::agent
