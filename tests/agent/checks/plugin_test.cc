// Programs of the user's, real ones: that answer, hang, flood, fork, and end oddly.
#include "agent/checks/plugin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// As node-problem-detector's own files are written.
constexpr const char* kNtp = R"({
  "plugin": "custom",
  "pluginConfig": {
    "invoke_interval": "30s", "timeout": "5s", "max_output_length": 80, "concurrency": 3,
    "enable_message_change_based_condition_update": false
  },
  "source": "ntp-custom-plugin-monitor", "metricsReporting": true,
  "conditions": [{"type": "NTPProblem", "reason": "NTPIsUp", "message": "ntp service is up"}],
  "rules": [
    {"type": "temporary", "reason": "NTPIsDown", "path": "./config/plugin/check_ntp.sh", "timeout": "3s"},
    {"type": "permanent", "condition": "NTPProblem", "reason": "NTPIsDown", "path": "./config/plugin/check_ntp.sh",
     "args": ["--fast", "-c=1"], "timeout": "3s"}
  ]
})";

TEST(ParsePluginFile, ReadsNodeProblemDetectorsOwn) {
  const auto file = ParsePluginFile("ntp.json", kNtp);
  ASSERT_TRUE(file) << file.error().message;
  ASSERT_THAT(file->rules, SizeIs(2));
  EXPECT_EQ(file->rules[0].condition, "");
  EXPECT_EQ(file->rules[1].condition, "NTPProblem");
  EXPECT_EQ(file->rules[1].reason, "NTPIsDown");
  EXPECT_EQ(file->rules[1].every, 30s);
  EXPECT_EQ(file->rules[1].timeout, 3s);
  EXPECT_EQ(file->rules[1].max_output, 80U);
  EXPECT_THAT(file->rules[1].arguments, ElementsAre("--fast", "-c=1"));
  EXPECT_EQ(file->concurrency, 3);
}

TEST(ParsePluginFile, WithoutAConfigurationItIsNodeProblemDetectors) {
  const auto file =
      ParsePluginFile("f", R"({"plugin":"custom","rules":[{"type":"temporary","reason":"R","path":"p"}]})");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->rules.at(0).every, 30s);
  EXPECT_EQ(file->rules.at(0).timeout, 5s);
  EXPECT_EQ(file->rules.at(0).max_output, 80U);
}

TEST(ParsePluginFile, FilesOfOtherMonitorsAreLeftOut) {
  EXPECT_EQ(ParsePluginFile("f", R"({"plugin":"kmsg","rules":[]})")->without_rules,
            "plugin 'kmsg' runs no program");
  EXPECT_EQ(ParsePluginFile("f", "{}")->without_rules, "names no plugin");
}

TEST(ParsePluginFile, SaysWhatIsWrong) {
  struct Row {
    const char* json;
    const char* error;
  };
  for (
      const auto& [json, error] : {
          Row{"[]", "f: is no JSON object"},
          Row{"{", "f: is no JSON object"},
          Row{R"({"plugin":"custom"})", "f: 'rules' is no list of at most 256 rules"},
          Row{R"({"plugin":"custom","rules":[{"reason":"R","path":"p"}]})",
              "f: rule 1 (R): type '' is neither temporary nor permanent"},
          Row{R"({"plugin":"custom","rules":[{"type":"temporary","path":"p"}]})",
              "f: rule 1 (): has no reason"},
          Row{R"({"plugin":"custom","rules":[{"type":"temporary","reason":"R"}]})",
              "f: rule 1 (R): has no path"},
          Row{R"({"plugin":"custom","rules":[{"type":"permanent","reason":"R","path":"p","condition":"C"}]})",
              "f: rule 1 (R): condition 'C' is not declared"},
          Row{R"({"plugin":"custom","pluginConfig":{"timeout":"soon"},"rules":[]})",
              "f: 'timeout' is no time of at least 1 ms, as \"30s\""},
          Row{R"({"plugin":"custom","rules":[{"type":"temporary","reason":"R","path":"p","timeout":"6s"}]})",
              "f: rule 1 (R): its timeout is longer than that of pluginConfig"},
          Row{R"({"plugin":"custom","rules":[{"type":"temporary","reason":"R","path":"p","args":[1]}]})",
              "f: rule 1 (R): 'args' is no list of texts"},
      }) {
    const auto file = ParsePluginFile("f", json);
    ASSERT_FALSE(file.has_value()) << json;
    EXPECT_EQ(file.error().message, error);
  }
}

TEST(ParseGoDuration, ReadsGos) {
  EXPECT_EQ(ParseGoDuration("30s"), 30s);
  EXPECT_EQ(ParseGoDuration("1m30s"), 90s);
  EXPECT_EQ(ParseGoDuration("1.5h"), 90min);
  EXPECT_EQ(ParseGoDuration("250ms"), 250ms);
  EXPECT_EQ(ParseGoDuration("0"), 0s);
  for (const char* wrong : {"", "30", "s", "30 s", "-3s", "1d", "3s4", "1e99h", "nan", "inf"})
    EXPECT_FALSE(ParseGoDuration(wrong)) << wrong;
}

class PluginTest : public testing::Test {
 protected:
  std::string Script(const std::string& text, const std::string& name = "check.sh") {
    const std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  }
  Judgement Run(const std::string& script, Duration timeout = 2s) {
    Plugin plugin({.condition = "C", .reason = "R", .path = "check.sh", .timeout = timeout, .max_output = 80},
                  Script(script));
    return plugin.Look(Mono{}, {}).at(0);
  }
  // How many of those whose ids are in the file still run.
  static int Alive(const std::string& pids) {
    std::ifstream file(pids);
    int alive = 0;
    int all = 0;
    for (pid_t pid = 0; file >> pid; ++all) {
      // Init may not have waited for it yet: then it is a zombie.
      std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
      std::string id, name, state = "gone";
      stat >> id >> name >> state;
      if (state != "gone" && state != "Z") ++alive;
    }
    EXPECT_GT(all, 0) << "none was started";
    return alive;
  }
  // Killed they are at once; ended when the machine comes to it.
  static bool AllEnd(const std::string& pids) {
    for (int tries = 0; tries < 200; ++tries) {
      if (Alive(pids) == 0) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  TemporaryFolder folder_;
};

TEST_F(PluginTest, TheExitStatusIsTheVerdictAndTheOutputTheEvidence) {
  EXPECT_EQ(Run("echo ' all is well '; exit 0"),
            (Judgement{.condition = "C", .health = Health::kGood, .reason = "R", .message = "all is well"}));
  EXPECT_EQ(Run("echo the link is down; echo noise >&2; exit 1").health, Health::kBad);
  EXPECT_EQ(Run("echo the link is down; exit 1").message, "the link is down");
  for (const char* unknown : {"exit 2", "exit 3", "exit 127", "kill -9 $$"})
    EXPECT_EQ(Run(unknown).health, Health::kUnknown) << unknown;
  EXPECT_EQ(Run("exit 1").message, "check.sh ended with 1");
}

TEST_F(PluginTest, OneThatHangsIsKilledWithAllThatItStarted) {
  const std::string pids = folder_.path() + "/pids";
  const SystemClock clock;
  const Mono before = clock.Now();
  const Judgement found =
      Run("trap '' TERM; sleep 100 & echo $! >" + pids + "; echo $$ >>" + pids + "; wait", 500ms);
  EXPECT_LT(clock.Now() - before, 2s);
  EXPECT_EQ(found.health, Health::kUnknown);
  EXPECT_THAT(found.message, HasSubstr("did not end within"));
  EXPECT_TRUE(AllEnd(pids));
}

TEST_F(PluginTest, OneThatLeavesAChildIsNotWaitedFor) {
  const SystemClock clock;
  const Mono before = clock.Now();
  EXPECT_EQ(Run("sleep 100 & echo started; exit 1", 5s).message, "started");
  EXPECT_LT(clock.Now() - before, 2s);
}

TEST_F(PluginTest, OutputIsCutAndAFloodIsEnded) {
  const Judgement chatty = Run("head -c 100000 /dev/zero | tr '\\0' x; exit 1");
  EXPECT_EQ(chatty.health, Health::kBad);
  EXPECT_EQ(chatty.message, std::string(80, 'x'));
  const Judgement flood = Run("cat /dev/zero", 30s);
  EXPECT_EQ(flood.health, Health::kUnknown);
  EXPECT_THAT(flood.message, HasSubstr("said more than"));
}

TEST_F(PluginTest, ItsForksAreEndedToo) {
  const std::string pids = folder_.path() + "/pids";
  EXPECT_EQ(Run("for i in 1 2 3 4 5 6 7 8 9; do sleep 100 & echo $! >>" + pids + "; done; wait", 1s).health,
            Health::kUnknown);
  EXPECT_TRUE(AllEnd(pids));
}

TEST_F(PluginTest, SignalsThatWeBlockItDoesNot) {
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &term, &before);
  EXPECT_EQ(Run("sh -c 'kill -TERM $$; exit 0'; [ $? -eq 143 ] || exit 1").health, Health::kGood);
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_F(PluginTest, StopsWhenAskedTo) {
  Plugin plugin({.reason = "R", .path = "check.sh", .timeout = 30s}, Script("sleep 100"));
  std::stop_source stop;
  std::jthread later([&] {
    std::this_thread::sleep_for(200ms);
    stop.request_stop();
  });
  EXPECT_THAT(plugin.Look(Mono{}, stop.get_token()), IsEmpty());
}

TEST_F(PluginTest, AFolderIsPlannedWithItsProgramsBesideTheFiles) {
  std::ofstream(folder_.path() + "/ntp.json") << kNtp;
  std::ofstream(folder_.path() + "/kernel.json") << R"({"plugin":"kmsg","rules":[]})";
  auto planned = PlanPlugins(folder_.path(), 1);
  ASSERT_FALSE(planned.has_value());
  EXPECT_THAT(planned.error().message,
              HasSubstr("ntp.json: rule NTPIsDown: ./config/plugin/check_ntp.sh is not there"));
  Script("exit 0", "check_ntp.sh");
  planned = PlanPlugins(folder_.path(), 1);
  ASSERT_TRUE(planned) << planned.error().message;
  ASSERT_THAT(*planned, SizeIs(2));
  EXPECT_EQ((*planned)[1].every, 30s);
  EXPECT_THAT((*planned)[1].conditions, ElementsAre("NTPProblem"));
  EXPECT_NE((*planned)[0].lane, (*planned)[1].lane) << "three may run at once";
  EXPECT_FALSE(PlanPlugins("/nowhere", 1));
}

}  // namespace
}  // namespace loadline::agent
