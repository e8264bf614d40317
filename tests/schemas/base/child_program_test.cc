#include "schemas/base/child_program.h"

#include <gmock/gmock.h>

#include <fstream>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace loadline {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

ChildProgram Shell(const std::string& script) {
  return {.command = {"/bin/sh", "-c", script}};
}

std::string Why(const ChildProgram& program) {
  const Result<ChildAnswer> answer = RunChild(program);
  return answer ? "it answered " + answer->output : answer.error().message;
}

TEST(RunChild, GivesInputAndReturnsOutputAndStatus) {
  ChildProgram program = Shell("read line; echo \"$line for $WHO\"; exit 3");
  program.input = "a message\nand more";
  program.environment = {"WHO=somebody"};
  const Result<ChildAnswer> answer = RunChild(program);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->output, "a message for somebody\n");
  EXPECT_EQ(answer->exit_status, 3);
}

TEST(RunChild, LargeInputAndOutputPassWhole) {
  ChildProgram program = Shell("cat");
  program.input = std::string(900'000, 'x');
  EXPECT_EQ(RunChild(program)->output, program.input);
}

TEST(RunChild, OneThatIsMissingIsNamed) {
  EXPECT_THAT(Why({.command = {"no-such-program"}}), HasSubstr("no-such-program: No such file"));
}

TEST(RunChild, OneThatIsTooSlowOrSaysTooMuchIsKilled) {
  ChildProgram slow = Shell("exec sleep 100");
  slow.patience = 200ms;
  EXPECT_EQ(Why(slow), "/bin/sh did not end within 200 ms");
  ChildProgram chatty = Shell("exec yes");
  chatty.max_output = 10'000;
  EXPECT_EQ(Why(chatty), "/bin/sh said more than 10000 bytes");
}

TEST(RunChild, WhatIsTooMuchIsCutWhereThatIsWishedAndAFloodIsNot) {
  ChildProgram program = Shell("head -c 100000 /dev/zero | tr '\\0' x; exit 1");
  program.max_output = 10;
  program.cut_output = true;
  const Result<ChildAnswer> answer = RunChild(program);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->output, "xxxxxxxxxx");
  EXPECT_EQ(answer->exit_status, 1);
  program.command = {"/bin/cat", "/dev/zero"};
  EXPECT_EQ(Why(program), "/bin/cat said more than 1048576 bytes");
}

TEST(RunChild, OneThatClosesItsOutputAndStaysIsKilledInTime) {
  ChildProgram silent = Shell("exec >&-; exec sleep 100");
  silent.patience = 200ms;
  EXPECT_EQ(Why(silent), "/bin/sh did not end within 200 ms");
}

// Whether that process runs; one that has ended and waits for its parent does not.
bool Runs(const std::string& pid) {
  std::string stat;
  std::getline(std::ifstream("/proc/" + pid + "/stat"), stat);
  return !stat.empty() && stat.find(") Z ") == std::string::npos;
}

TEST(RunChild, WhatItStartedEndsWithItAndIsNotWaitedFor) {
  const SystemClock clock;
  const Mono began = clock.Now();
  for (const Duration patience : {Duration(100s), Duration(200ms)}) {
    const TemporaryFolder folder;
    const std::string file = folder.path() + "/pid";
    ChildProgram parent =
        Shell("sleep 100 & echo $! >" + file + "; echo begun" + (patience < 1s ? "; wait" : ""));
    parent.patience = patience;
    const Result<ChildAnswer> answer = RunChild(parent);
    EXPECT_EQ(answer.has_value(), patience > 1s);
    if (answer) {
      EXPECT_EQ(answer->output, "begun\n");
    }
    std::string pid;
    std::getline(std::ifstream(file), pid);
    ASSERT_FALSE(pid.empty());
    for (int i = 0; i < 1000 && Runs(pid); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_FALSE(Runs(pid));
  }
  EXPECT_LT(clock.Now() - began, 60s);
}

TEST(RunChild, OneThatDiesIsTold) {
  EXPECT_EQ(Why(Shell("kill -9 $$")), "/bin/sh ended by signal 9");
}

TEST(RunChild, ARequestToStopEndsIt) {
  std::stop_source stop;
  stop.request_stop();
  const SystemClock clock;
  const Mono began = clock.Now();
  const Result<ChildAnswer> answer = RunChild(Shell("exec sleep 100"), stop.get_token());
  EXPECT_EQ(answer.error().message, "/bin/sh was stopped");
  EXPECT_LT(clock.Now() - began, 30s);
}

}  // namespace
}  // namespace loadline
