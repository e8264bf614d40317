#include "collector/model/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Wall kAt{std::chrono::seconds(1'700'000'000)};

wire::HealthEvent Happened(const std::string& reason, std::uint32_t times = 1) {
  return {.source = "kernel-log", .reason = reason, .message = "a line", .times = times};
}
wire::HealthEvent Holds(const std::string& condition, const std::string& reason = "Reason") {
  return {.source = "kernel-log", .condition = condition, .reason = reason, .message = "a line"};
}
wire::HealthEvent Ended(const std::string& condition, const std::string& source = "kernel-log") {
  return {.source = source, .condition = condition, .reason = "Reason", .ended = true};
}

TEST(Findings, OneReasonIsOneThingHoweverOftenItComes) {
  Findings findings;
  EXPECT_TRUE(findings.Take(Happened("IOError"), kAt));
  EXPECT_FALSE(findings.Take(Happened("IOError", 70), kAt + 10s)) << "no news";
  ASSERT_THAT(findings.all(), SizeIs(1));
  EXPECT_EQ(findings.all()[0].times, 71U);
  EXPECT_EQ(findings.all()[0].first, kAt);
  EXPECT_EQ(findings.all()[0].last, kAt + 10s);
  EXPECT_TRUE(findings.Take(Happened("IOError"), kAt + 11min))
      << "after ten minutes without it is another story";
}

// An agent that is started anew reads the kernel's log again.
TEST(Findings, WhatIsToldAgainIsNotCountedAgain) {
  Findings findings;
  findings.Take(Happened("IOError"), kAt);
  findings.Take(Happened("IOError"), kAt + 200ms);
  findings.Take(Happened("IOError"), kAt - 1min);
  EXPECT_EQ(findings.all()[0].times, 1U);
  EXPECT_EQ(findings.all()[0].last, kAt);
}

TEST(Findings, AConditionHoldsUntilItHasEnded) {
  Findings findings;
  findings.Take(Holds("ReadonlyFilesystem"), kAt);
  findings.Take(Holds("ReadonlyFilesystem", "Another"), kAt);
  findings.Take(Holds("GpuLost"), kAt);
  findings.Forget(kAt + 24h * 30);
  EXPECT_THAT(findings.all(), SizeIs(3));
  EXPECT_TRUE(findings.Take(Ended("ReadonlyFilesystem"), kAt + 1h));
  EXPECT_THAT(findings.all(), SizeIs(1));
  EXPECT_FALSE(findings.Take(Ended("ReadonlyFilesystem"), kAt + 1h)) << "it did not hold";
}

TEST(Findings, ABootEndsConditionsAndKeepsWhatHappened) {
  Findings findings;
  findings.Take(Holds("GpuLost"), kAt);
  findings.Take(Happened("KernelOops"), kAt);
  findings.Booted();
  ASSERT_THAT(findings.all(), SizeIs(1));
  EXPECT_EQ(findings.all()[0].reason, "KernelOops");
  findings.Forget(kAt + 25h);
  EXPECT_THAT(findings.all(), IsEmpty());
}

TEST(Findings, AreBoundedAndWhatHoldsGoesLast) {
  Findings findings;
  findings.Take(Holds("GpuLost"), kAt - 1h);
  for (int i = 0; i < 200; ++i) findings.Take(Happened("Reason" + std::to_string(i)), kAt + i * 1s);
  EXPECT_THAT(findings.all(), SizeIs(Findings::kMost));
  EXPECT_EQ(findings.all().front().condition, "GpuLost");
  EXPECT_EQ(findings.all().back().reason, "Reason199");
}

// Who looks elsewhere may see nothing of what another one saw.
TEST(Findings, AConditionIsEndedByWhoeverFoundIt) {
  Findings findings;
  wire::HealthEvent by_check{.source = "check", .condition = "Broken", .reason = "Reason", .message = "seen"};
  wire::HealthEvent by_log = by_check;
  by_log.source = "kernel-log";
  EXPECT_TRUE(findings.Take(by_log, kAt));
  EXPECT_TRUE(findings.Take(by_check, kAt));
  EXPECT_THAT(findings.all(), SizeIs(2));
  EXPECT_TRUE(findings.Take(Ended("Broken", "check"), kAt + 1min));
  EXPECT_FALSE(findings.Take(Ended("Broken", "check"), kAt + 2min));
  ASSERT_THAT(findings.all(), SizeIs(1));
  EXPECT_EQ(findings.all()[0].source, "kernel-log");
}

}  // namespace
}  // namespace loadline::collector
