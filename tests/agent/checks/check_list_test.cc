#include "agent/checks/check_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "tests/support/temporary_folder.h"

namespace loadline::agent {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A machine as a folder.
class CheckListTest : public testing::Test {
 protected:
  CheckListTest() {
    for (const auto& [path, text] :
         std::map<std::string, std::string>{{"proc/self/mountinfo", ""},
                                            {"proc/loadavg", "0.5 0.5 0.5 3/300 12345\n"},
                                            {"proc/sys/kernel/pid_max", "4194304\n"},
                                            {"proc/sys/kernel/threads-max", "32768\n"},
                                            {"proc/sys/fs/file-nr", "3360\t0\t9223372036854775807\n"},
                                            {"proc/sys/net/netfilter/nf_conntrack_count", "3\n"},
                                            {"proc/sys/net/netfilter/nf_conntrack_max", "262144\n"},
                                            {"proc/pressure/memory", ""},
                                            {"etc/resolv.conf", "nameserver 10.0.0.10\n"}})
      Put(path, text);
  }
  void Put(const std::string& path, const std::string& text) {
    const std::filesystem::path file = folder_.path() + "/" + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void MakeItTheMachine() {
    Put("proc/2/comm", "kthreadd\n");
    Put("proc/sys/net/core/netdev_max_backlog", "1000\n");
    Put("run/containerd/containerd.sock", "");
  }
  std::vector<PlannedCheck> Plan(const CheckOptions& options = {}) {
    auto planned = PlanChecks(options, {.root = folder_.path()}, {"/"});
    EXPECT_TRUE(planned) << planned.error().message;
    return planned ? *std::move(planned) : std::vector<PlannedCheck>{};
  }
  static std::set<std::string> Running(const std::vector<PlannedCheck>& checks) {
    std::set<std::string> running;
    for (const PlannedCheck& check : checks) {
      EXPECT_EQ(check.check == nullptr, !check.why_not.empty()) << check.name;
      if (check.check != nullptr) running.insert(check.name);
    }
    return running;
  }
  TemporaryFolder folder_;
};

TEST_F(CheckListTest, OnAMachineAllRun) {
  MakeItTheMachine();
  const auto names = CheckNames();
  std::set<std::string> all(names.begin(), names.end());
  all.erase("plugins");
  EXPECT_EQ(Running(Plan()), all);
}

TEST_F(CheckListTest, InAPodWhatNeedsMoreIsOffAndSaysWhatItNeeds) {
  const auto checks = Plan();
  EXPECT_THAT(Running(checks), UnorderedElementsAre("mounts", "dns", "pids", "files", "stalls", "clock"));
  for (const PlannedCheck& check : checks) {
    const std::map<std::string, std::string> needs = {{"kubelet", "hostNetwork"},
                                                      {"conntrack", "hostNetwork"},
                                                      {"zombies", "hostPID"},
                                                      {"runtime", "agent.checks.runtimeSocket"}};
    const auto need = needs.find(check.name);
    if (need == needs.end()) continue;
    EXPECT_THAT(check.why_not, HasSubstr(need->second));
  }
}

TEST_F(CheckListTest, WhatIsNamedIsLookedAt) {
  EXPECT_TRUE(Running(Plan({.kubelet = "10.0.0.4:10248"})).contains("kubelet"));
  EXPECT_TRUE(Running(Plan({.runtime_socket = "/host/containerd.sock"})).contains("runtime"));
}

TEST_F(CheckListTest, WhatIsTurnedOffIsOff) {
  EXPECT_FALSE(Running(Plan({.off = {"dns"}})).contains("dns"));
  EXPECT_TRUE(Running(Plan({.off = {"dns"}})).contains("pids"));
  EXPECT_THAT(Running(Plan({.off = {"all"}})), IsEmpty());
}

TEST_F(CheckListTest, AWrongOptionIsAnError) {
  const auto planned = PlanChecks({.kubelet = "localhost"}, {.root = folder_.path()}, {});
  ASSERT_FALSE(planned.has_value());
  EXPECT_EQ(planned.error().message, "--check-kubelet: 'localhost' is no ADDRESS:PORT in numbers");
  EXPECT_FALSE(PlanChecks({.plugins = "/nowhere"}, {.root = folder_.path()}, {}));
}

// A condition is ended by whoever tells of it: two checks of one would end one another's.
TEST_F(CheckListTest, EachConditionIsOfOneCheck) {
  std::set<std::string> seen;
  for (const PlannedCheck& check : Plan()) {
    EXPECT_THAT(check.conditions, testing::Not(IsEmpty())) << check.name;
    for (const std::string& condition : check.conditions)
      EXPECT_TRUE(seen.insert(condition).second) << condition;
    EXPECT_GE(check.every, std::chrono::seconds(10)) << "checks are cheap";
  }
}

}  // namespace
}  // namespace loadline::agent
