// The real programs, started as a new user starts them, on this machine's kernel.
#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/end_to_end/own_run.h"
#include "tests/support/slack.h"
#include "tests/support/wait.h"

namespace loadline::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

// It takes less than a minute on an idle machine; tests share two cores.
constexpr auto kPatience = 90s;

json Workload(OwnRun& run, const std::string& name) {
  for (const json& workload : run.Items("workloads?search=loadline-demo")) {
    if (workload.at("name") == "/loadline-demo/" + name) return workload.at("containers").at(0);
  }
  return json::object();
}

json Alert(OwnRun& run, const std::string& rule, const std::string& name) {
  for (const json& alert : run.Items("alerts?limit=1000")) {
    if (alert.at("rule") == rule &&
        alert.at("labels").value("workload", "").ends_with("loadline-demo/" + name)) {
      return alert;
    }
  }
  return json::object();
}

std::string AllText(const Slack& slack) {
  std::string text;
  for (const auto& posted : slack.posted()) text += VisibleText(posted.message) + "\n";
  return text;
}

bool IsAdvised(const json& container) {
  return !container.empty() && !container.at("recommendation").is_null() &&
         !container.at("recommendation").at("cpu_millicores").at("reason").get<std::string>().empty();
}

TEST(EndToEnd, DemoShowsThrottlingKillsAndAdviceAndTellsSlack) {
  if (::geteuid() != 0) GTEST_SKIP() << "the agent and the demo's cgroups need root";
  Slack slack;
  OwnRun run({"--demo", "--slack-webhook", slack.WebhookUrl()});
  ASSERT_TRUE(run.Serves()) << run.Printed();

  EXPECT_TRUE(Eventually([&] { return !Alert(run, "ContainerOomKilled", "leaky").empty(); }, kPatience));
  EXPECT_TRUE(Eventually([&] { return AllText(slack).contains("loadline-demo/leaky"); }, kPatience));
  EXPECT_TRUE(Eventually(
      [&] { return Alert(run, "ContainerThrottled", "hungry").value("state", "") == "firing"; }, kPatience));
  for (const char* name : {"hungry", "leaky", "roomy"}) {
    EXPECT_TRUE(Eventually([&] { return IsAdvised(Workload(run, name)); }, kPatience)) << name;
  }

  // Who, whose limit, and how much.
  const json kill = Alert(run, "ContainerOomKilled", "leaky");
  EXPECT_THAT(kill.at("reason").get<std::string>(),
              AllOf(HasSubstr("loadline-demo"), HasSubstr("the memory limit of /loadline-demo/leaky"),
                    HasSubstr("64 MiB")));
  const json hungry = Workload(run, "hungry");
  EXPECT_EQ(hungry.at("cpu_limit_millicores"), 100);
  EXPECT_GT(hungry.at("throttled_share").get<double>(), 0.5);
  EXPECT_GT(Workload(run, "leaky").at("oom_kills").get<int>(), 0);
  EXPECT_EQ(slack.refused(), 0);
  // The webhook's address is a secret: neither arguments nor logs show it.
  EXPECT_FALSE(run.Printed().contains("secret"));

  EXPECT_TRUE(Eventually([&] { return run.Printed().contains("loadline-demo/leaky"); }, kPatience))
      << run.Printed();
  EXPECT_EQ(run.Interrupt(), 0) << run.Printed();
  EXPECT_THAT(run.Printed(), HasSubstr("stopped"));
  EXPECT_FALSE(std::filesystem::exists("/sys/fs/cgroup/memory/loadline-demo"));
  EXPECT_FALSE(std::filesystem::exists("/sys/fs/cgroup/loadline-demo"));
}

TEST(EndToEnd, PortInUseIsOneClearLine) {
  if (::geteuid() != 0) GTEST_SKIP() << "the agent needs root";
  OwnRun first({});
  ASSERT_TRUE(first.Serves()) << first.Printed();
  const std::string taken = first.web_address();
  OwnRun second({"--web", taken});
  EXPECT_TRUE(Eventually([&] { return second.Printed().contains("did not start"); }, 30s))
      << second.Printed();
  EXPECT_THAT(second.Printed(), AllOf(HasSubstr("Address already in use"),
                                      HasSubstr("port " + taken.substr(taken.find(':') + 1))));
}

}  // namespace
}  // namespace loadline::test
