#include "agent/health/log_scan.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;

struct Scanned {
  std::vector<std::string> told;
  LogScan scan{*RuleEngine::Make({{.file = "f", .condition = "", .reason = "Bad", .pattern = "bad .*"},
                                  {.file = "f", .condition = "", .reason = "Pair", .pattern = "one\\ntwo"}}),
               [this](std::uint64_t line, const RuleMatch& match) {
                 told.push_back(fmt::format("{} {} {}", line, match.rule->reason, match.text));
               }};
};

TEST(LogScan, NumbersTheLinesOfTheFile) {
  Scanned log;
  log.scan.Add("good\n\n[    1.000000] bad thing\ngood\n[    2.000000] one\n[    3.000000] two\n");
  log.scan.End();
  EXPECT_THAT(log.told, ElementsAre("3 Bad bad thing", "6 Pair one\ntwo"));
  EXPECT_EQ(log.scan.lines(), 6u);
  EXPECT_EQ(log.scan.matches(), 2u);
}

TEST(LogScan, IsTheSameInPiecesOfAnySize) {
  const std::string text = "x\nbad thing\none\ntwo\n\nbad end";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    Scanned log;
    for (std::size_t at = 0; at < text.size(); at += size)
      log.scan.Add(std::string_view(text).substr(at, size));
    log.scan.End();
    EXPECT_THAT(log.told, ElementsAre("2 Bad bad thing", "4 Pair one\ntwo", "6 Bad bad end")) << size;
    EXPECT_EQ(log.scan.lines(), 6u);
  }
}

TEST(LogScan, CountsAFloodThatWasNotSeenToTheRecord) {
  Scanned log;
  log.scan.Add("6,10,1,-;good\n6,1000011,2,-;bad thing\n SUBSYSTEM=bad x\n");
  log.scan.End();
  EXPECT_THAT(log.told, ElementsAre("2 Bad bad thing"));
  EXPECT_EQ(log.scan.lost(), 1'000'000u);
}

TEST(LogScan, DoesNotKeepALineWithoutAnEnd) {
  Scanned log;
  const std::string piece(10'000, 'x');
  for (int i = 0; i < 100; ++i) log.scan.Add(piece);
  EXPECT_GT(log.scan.lines(), 10u);
  log.scan.Add("\nbad thing\n");
  EXPECT_EQ(log.told.size(), 1u);
}

}  // namespace
}  // namespace loadline::agent
