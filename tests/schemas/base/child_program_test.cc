#include "schemas/base/child_program.h"

#include <gmock/gmock.h>

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
  EXPECT_THAT(Why(slow), HasSubstr("/bin/sh gave no answer in"));
  ChildProgram chatty = Shell("exec yes");
  chatty.max_output = 10'000;
  EXPECT_EQ(Why(chatty), "/bin/sh said more than 10000 bytes");
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
