#include "schemas/base/units.h"

#include <gtest/gtest.h>

namespace loadline {
namespace {

TEST(Units, CpuIsPrintedAsKubernetesWritesIt) {
  EXPECT_EQ(FormatCpu(0), "0");
  EXPECT_EQ(FormatCpu(25), "25m");
  EXPECT_EQ(FormatCpu(1000), "1");
  EXPECT_EQ(FormatCpu(1500), "1.5");
  EXPECT_EQ(FormatCpu(1168), "1168m");
  EXPECT_EQ(FormatCpu(900), "900m");
}

TEST(Units, BytesAreRoundedToThreeDigitsForPeople) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1000), "0.98 KiB");
  EXPECT_EQ(FormatBytes(1024), "1 KiB");
  EXPECT_EQ(FormatBytes(1536 * kMiB), "1.5 GiB");
  EXPECT_EQ(FormatBytes(734 * kMiB), "734 MiB");
  EXPECT_EQ(FormatBytes(1023 * kMiB), "1 GiB");
  EXPECT_EQ(FormatBytes(-2 * kMiB), "-2 MiB");
}

TEST(Units, DurationsHaveAtMostTwoUnits) {
  EXPECT_EQ(FormatSeconds(0.25), "250 ms");
  EXPECT_EQ(FormatSeconds(45), "45 s");
  EXPECT_EQ(FormatSeconds(200), "3 min 20 s");
  EXPECT_EQ(FormatSeconds(7500), "2 h 5 min");
  EXPECT_EQ(FormatSeconds(3 * 86400 + 4 * 3600 + 59), "3 d 4 h");
  EXPECT_EQ(FormatSeconds(3600), "1 h");
}

}  // namespace
}  // namespace loadline
