#include "collector/simulate/simulate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

struct Printed {
  int status = 0;
  std::string out;
  std::string err;
};

Printed Simulate(const SimulateOptions& options) {
  CaptureStdout();
  CaptureStderr();
  const int status = RunSimulate(options);
  return {status, GetCapturedStdout(), GetCapturedStderr()};
}

TEST(Simulate, TellsARunAsATimeline) {
  const Printed printed = Simulate({.scenarios = {"agent-dead"}});
  EXPECT_EQ(printed.status, 0);
  EXPECT_THAT(printed.out, HasSubstr("agent_dead: agent dead, after 1"));
  EXPECT_THAT(printed.out, HasSubstr("restart agent: agent dead for 2 min: "));
  EXPECT_THAT(printed.out, HasSubstr("right: 1 of 1 faults, in 1 of 1 runs"));
  EXPECT_THAT(printed.out, HasSubstr("bounds broken: 0"));
}

TEST(Simulate, SpeaksJsonWithTheSumAtTheEnd) {
  const Printed printed = Simulate({.scenarios = {"agent-dead"}, .json = true});
  std::istringstream lines(printed.out);
  std::vector<nlohmann::json> objects;
  for (std::string line; std::getline(lines, line);) objects.push_back(nlohmann::json::parse(line));
  ASSERT_EQ(objects.size(), 3U);
  EXPECT_EQ(objects[0]["fault"], "agent_dead");
  EXPECT_EQ(objects[0]["right"], true);
  EXPECT_EQ(objects[1]["act"], "restart agent");
  EXPECT_EQ(objects[2]["scenario"], "agent-dead");
  EXPECT_EQ(objects[2]["verdict_right_share"], 1);
  EXPECT_EQ(objects[2]["broken"], 0);
  EXPECT_EQ(objects[2]["acts"]["restart agent"], 1);
}

TEST(Simulate, ManySeedsAreSummedUp) {
  const Printed printed = Simulate({.scenarios = {"agent-dead", "zone-silent"}, .seeds = 3});
  EXPECT_EQ(printed.status, 0);
  EXPECT_THAT(printed.out, HasSubstr("agent-dead"));
  EXPECT_THAT(printed.out, HasSubstr("100.0"));
  EXPECT_EQ(std::ranges::count(printed.out, '\n'), 3) << printed.out;
}

TEST(Simulate, PrintsWhatOthersWouldSayBesideIt) {
  const Printed printed = Simulate({.scenarios = {"node-killed"}, .beside = true});
  EXPECT_EQ(printed.status, 0);
  EXPECT_THAT(printed.out, HasSubstr("dry run: would cordon"));
  EXPECT_THAT(printed.out, HasSubstr("Kubernetes: not ready            1 of 1"));
  const Printed json = Simulate({.scenarios = {"node-killed"}, .seeds = 2, .beside = true, .json = true});
  EXPECT_THAT(json.out, HasSubstr("\"peer\":\"loadline\",\"faults\":2,\"seen\":2"));
  EXPECT_THAT(json.out, HasSubstr("\"peer\":\"karpenter\",\"faults\":2,\"seen\":0,\"p50_ms\":null"));
}

TEST(Simulate, NamesAndPrintsWhatComesWithIt) {
  EXPECT_THAT(Simulate({.list = true}).out, HasSubstr("kernel-hung          A kernel hangs"));
  const Printed printed = Simulate({.print = "kernel-hung"});
  EXPECT_EQ(printed.status, 0);
  EXPECT_THAT(printed.out, HasSubstr("kind: kernel_hung"));
  EXPECT_EQ(Simulate({.print = "kernel-hangs"}).status, 2);
}

TEST(Simulate, ReadsAFileAndSaysWhatIsWrongWithIt) {
  const TemporaryFolder folder;
  const std::string file = folder.path() + "/x.yaml";
  std::ofstream(file) << "pools: [{name: web, nodes: 4}]\nlast: 1m\nfaults: [{kind: node_dead}]\n";
  const Printed wrong = Simulate({.scenarios = {file}});
  EXPECT_EQ(wrong.status, 2);
  EXPECT_THAT(wrong.err, HasSubstr("x.yaml: line 3: fault: kind: there is no 'node_dead'"));
  std::ofstream(file) << "pools: [{name: web, nodes: 4}]\nlast: 1m\n";
  EXPECT_THAT(Simulate({.scenarios = {file}}).out, HasSubstr("4 nodes, 1 min"));
  EXPECT_EQ(Simulate({.scenarios = {"no-such"}}).err,
            "simulate: there is no scenario 'no-such': --list names them\n");
  EXPECT_EQ(Simulate({}).status, 2);
}

}  // namespace
}  // namespace loadline::collector
