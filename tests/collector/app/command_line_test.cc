#include "collector/app/command_line.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "collector/ingest/curve_keys.h"

namespace loadline::collector {
namespace {

using testing::HasSubstr;

struct Outcome {
  int status = 0;
  std::string output;
};

Outcome OutcomeOf(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "loadline-collector");
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  testing::internal::CaptureStdout();
  const int status = RunCommandLine(static_cast<int>(pointers.size()), pointers.data());
  return {status, testing::internal::GetCapturedStdout()};
}

TEST(CollectorCommandLine, MakesAKeyThatCanBeUsed) {
  const Outcome made = OutcomeOf({"make-key"});
  EXPECT_EQ(made.status, 0);
  ASSERT_TRUE(made.output.ends_with('\n'));
  EXPECT_TRUE(PublicKeyOf(made.output.substr(0, made.output.size() - 1)));
  EXPECT_NE(OutcomeOf({"make-key"}).output, made.output);
}

TEST(CollectorCommandLine, AnUnknownArgumentIsNotIgnored) {
  EXPECT_EQ(OutcomeOf({"--colour=red"}).status, 2);
}

TEST(CollectorCommandLine, PrintsEverySettingWithItsDefault) {
  const Outcome defaults = OutcomeOf({"--print-defaults"});
  EXPECT_EQ(defaults.status, 0);
  EXPECT_THAT(defaults.output, HasSubstr("write_token_file:"));
}

}  // namespace
}  // namespace loadline::collector
