#include "agent/health/fault_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

constexpr Mono kStart{1000s};

FaultLog Make() {
  std::vector<LogRule> rules = {
      {.file = "test", .condition = "", .reason = "IOError", .pattern = "I/O error.*"},
      {.file = "test", .condition = "", .reason = "Oops", .pattern = "oops\\n.*here"},
      {.file = "test",
       .condition = "ReadonlyFilesystem",
       .reason = "FilesystemIsReadOnly",
       .pattern = "read-only"}};
  return {*RuleEngine::Make(std::move(rules)), kStart};
}

TEST(FaultLog, TellsTheFirstAtOnceAndThenHowManyCameInTenSeconds) {
  FaultLog log = Make();
  log.Add("I/O error, dev sda, sector 1", kStart + 1s);
  const auto first = log.Take(kStart + 1s);
  ASSERT_THAT(first, SizeIs(1));
  EXPECT_EQ(first[0].rule->reason, "IOError");
  EXPECT_EQ(first[0].text, "I/O error, dev sda, sector 1");
  EXPECT_EQ(first[0].times, 1U);
  for (int i = 0; i < 1'000; ++i) log.Add("I/O error, dev sda, sector 2", kStart + 2s);
  EXPECT_THAT(log.Take(kStart + 2s), IsEmpty());
  EXPECT_THAT(log.Take(kStart + 10s), IsEmpty());
  const auto rest = log.Take(kStart + 11s);
  ASSERT_THAT(rest, SizeIs(1));
  EXPECT_EQ(rest[0].times, 1'000U);
  EXPECT_EQ(rest[0].at, kStart + 2s);
  EXPECT_THAT(log.Take(kStart + 30s), IsEmpty()) << "nothing new";
}

TEST(FaultLog, OneKindHoldsBackNoOther) {
  FaultLog log = Make();
  log.Add("I/O error, dev sda", kStart);
  EXPECT_THAT(log.Take(kStart), SizeIs(1));
  log.Add("Remounting filesystem read-only", kStart);
  const auto other = log.Take(kStart);
  ASSERT_THAT(other, SizeIs(1));
  EXPECT_EQ(other[0].rule->condition, "ReadonlyFilesystem");
}

TEST(FaultLog, OfWhatWasBeforeOnlyWhatHoldsOnIsTold) {
  FaultLog log = Make();
  log.Add("I/O error, dev sda", kStart - 1s);
  log.Add("Remounting filesystem read-only", kStart - 500s);
  const auto told = log.Take(kStart);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].rule->reason, "FilesystemIsReadOnly");
  EXPECT_EQ(told[0].at, kStart - 500s);
}

TEST(FaultLog, SeveralLinesAreOneLineOfEvidence) {
  FaultLog log = Make();
  log.Add("an oops", kStart);
  log.Add("happened here", kStart);
  const auto told = log.Take(kStart);
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].text, "an oops | happened here");
}

}  // namespace
}  // namespace loadline::agent
