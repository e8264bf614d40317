#include "agent/health/log_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Words(std::string_view line) {
  std::vector<std::string_view> words;
  KernelWords(line, words);
  return {words.begin(), words.end()};
}

std::vector<std::string> Lines(LogText& log, std::string_view raw) {
  const auto lines = log.Lines(raw);
  return {lines.begin(), lines.end()};
}

TEST(KernelWords, AreTheSameInEveryLog) {
  for (const char* line : {
           "BUG: bad thing",
           "[    0.000000] BUG: bad thing",
           "[12345.678901] BUG: bad thing\r",
           "[   45.678901][ T3456] BUG: bad thing",
           "[   45.678901][    C1] BUG: bad thing",
           "[   45.678901] [ T3456] BUG: bad thing",
           "<3>[    1.234567] BUG: bad thing",
           "<3>BUG: bad thing",
           "kern  :err   : [    1.234567] BUG: bad thing",
           "[Tue Dec  1 00:46:32 2026] BUG: bad thing",
           "[Dec 1 00:46] BUG: bad thing",
           "[  +0.000012] BUG: bad thing",
           "[    1.234567<    0.000012>] BUG: bad thing",
           "2026-12-01T00:46:32,123456+00:00 BUG: bad thing",
           "2026-12-01T00:46:32.123456+00:00 node-1 kernel: [    1.234567] BUG: bad thing",
           "2026-12-01T00:46:32+0000 node-1 kernel: BUG: bad thing",
           "Dec  1 00:46:32 node-1 kernel: [    1.234567] BUG: bad thing",
           "Dec 01 00:46:32 node-1 kernel: BUG: bad thing",
           "Dec 01 00:46:32 node-1 BUG: bad thing",
           "Dec 01 00:46:32.123456 node-1 kernel: BUG: bad thing",
           "2026-12-01 00:46:32 node-1 kernel: BUG: bad thing",
           "Tue 2026-12-01 00:46:32 UTC node-1 kernel: BUG: bad thing",
           "1796000000.123456 node-1 kernel: BUG: bad thing",
           "Dec  1 00:46:32 kernel: BUG: bad thing",
           "[    1.234567] node-1 kernel: BUG: bad thing",
           "node-1 kernel: [    1.234567] BUG: bad thing",
           "kernel: BUG: bad thing",
       })
    EXPECT_EQ(Words(line).back(), "BUG: bad thing") << line;
}

TEST(KernelWords, OfOtherProgramsAreNone) {
  EXPECT_THAT(Words("Dec  1 00:46:32 node-1 sshd[123]: BUG: bad thing"), IsEmpty());
  EXPECT_THAT(Words("2026-12-01T00:46:32.123456+00:00 node-1 kubelet[9]: BUG: bad thing"), IsEmpty());
  // A program that the kernel itself speaks of.
  EXPECT_THAT(Words("Dec  1 00:46:32 node-1 kernel: app[123]: segfault at 0"),
              ElementsAre("app[123]: segfault at 0"));
  EXPECT_THAT(Words("[    1.000000] app[123]: segfault at 0"), ElementsAre("app[123]: segfault at 0"));
}

TEST(KernelWords, ThatAConsoleJoinedAreTakenApart) {
  EXPECT_THAT(Words("login: [   12.345678][   T99] BUG: bad thing"), ElementsAre("login:", "BUG: bad thing"));
  EXPECT_THAT(Words("[    1.000000] one[    2.000000] two"), ElementsAre("one", "two"));
}

TEST(KernelWords, KeepBracketsThatAreNoStamp) {
  EXPECT_THAT(Words("[  OK  ] Started thing."), ElementsAre("[  OK  ] Started thing."));
  EXPECT_THAT(Words("[ INFO: suspicious RCU usage. ]"), ElementsAre("[ INFO: suspicious RCU usage. ]"));
  EXPECT_THAT(Words("[    1.000000] [drm] version [1.2]"), ElementsAre("[drm] version [1.2]"));
  EXPECT_THAT(Words("[    1.000000]  [<ffffffff81000000>] f+0x1/0x2"),
              ElementsAre("[<ffffffff81000000>] f+0x1/0x2"));
}

TEST(KernelWords, KeepWhatOnlyLooksLikeAFacility) {
  EXPECT_THAT(Words("ata1: err: x"), ElementsAre("ata1: err: x"));
  EXPECT_THAT(Words("daemon:notice: x"), ElementsAre("x"));
}

TEST(KernelWords, OfNothingAreNone) {
  for (const char* line : {"", " ", "\r", "[    1.000000]", "[    1.000000] ", "<6>"})
    EXPECT_THAT(Words(line), IsEmpty()) << '"' << line << '"';
}

TEST(LogText, ReadsRecordsLineByLineAndCountsWhatIsMissing) {
  LogText log;
  EXPECT_THAT(Lines(log, "6,100,5,-;one"), ElementsAre("one"));
  EXPECT_THAT(Lines(log, " SUBSYSTEM=pci"), IsEmpty());
  EXPECT_THAT(Lines(log, " DEVICE=+pci:0000:00:00.0"), IsEmpty());
  EXPECT_THAT(Lines(log, "6,105,6,-;two\\x0athree"), ElementsAre("two", "three"));
  EXPECT_EQ(log.lost(), 4u);
}

TEST(LogText, JoinsThePiecesOfALine) {
  LogText log;
  EXPECT_THAT(Lines(log, "4,1,5,c;BUG: "), ElementsAre("BUG:"));
  EXPECT_THAT(Lines(log, "4,2,5,+;bad thing"), ElementsAre("BUG: bad thing"));
  EXPECT_THAT(Lines(log, "4,3,5,-;other"), ElementsAre("other"));
}

TEST(LogText, TakesAnIndentedLineOfATextLogAsText) {
  LogText log;
  EXPECT_THAT(Lines(log, " a=b"), ElementsAre("a=b"));
}

}  // namespace
}  // namespace loadline::agent
