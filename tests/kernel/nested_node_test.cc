// A node that is a container itself, as with kind, minikube and k3d: in its cgroup namespace it sees a part of
// each hierarchy, and the kernel tells of all of it.
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <fstream>

#include "tests/kernel/hungry.h"
#include "tests/kernel/probed_node.h"
#include "tests/support/cgroup.h"

namespace loadline::testing {
namespace {

using namespace std::chrono_literals;

constexpr Bytes kLimit = 8 * kMiB;
const std::string kHost = OwnName("host");
const std::string kNode = kHost + "/docker/" + std::string(64, 'a');
const std::string kPod = "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod1f0c2a3b.slice";
const std::string kContainer = kPod + "/cri-containerd-" + std::string(64, 'c') + ".scope";

// From here on this process is in a container: it sees cgroups from its own on.
bool BecomeNode(const OwnCgroup& own, const agent::CgroupMounts& mounts) {
  if (!own.Enter() || unshare(CLONE_NEWNS | CLONE_NEWCGROUP) != 0) return false;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  for (const auto& hierarchy : mounts.hierarchies) {
    const std::string part = hierarchy.mount + own.path();
    if (!std::filesystem::exists(part)) continue;
    if (mount(part.c_str(), hierarchy.mount.c_str(), nullptr, MS_BIND, nullptr) != 0) return false;
    // On v2 no process may be where controllers are handed down.
    std::filesystem::create_directory(hierarchy.mount + "/init");
    std::ofstream procs(hierarchy.mount + "/init/cgroup.procs");
    if (!(procs << 0 << std::flush)) return false;
  }
  return true;
}

void EatUntilKilled(const OwnCgroup& cgroup) {
  EXPECT_TRUE(WasKilled(cgroup.Spawn([] {
    std::ofstream("/proc/self/oom_score_adj") << 1000;
    TouchAndHold(16 * kLimit);
  })));
}

class KernelNestedNode : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "making cgroups needs root";
    const auto why = ProbedNode::Shared().RungOf(wire::Signal::kCgroupLifecycle).why;
    if (!ProbedNode::Shared().Runs(wire::Signal::kCgroupLifecycle)) GTEST_SKIP() << why;
  }

  // Runs `test` in a node inside of kNode; what it expects fails here.
  void InNode(const std::function<void(ProbedNode&)>& test) {
    const pid_t pid = fork();
    if (pid == 0) {
      if (!BecomeNode(node_, mounts_)) _exit(2);
      {
        ProbedNode node;
        test(node);
      }
      std::fflush(stdout);
      _exit(HasFailure() ? 1 : 0);
    }
    int status = -1;
    ASSERT_EQ(waitpid(pid, &status, 0), pid);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
    (void)OwnCgroup::Make(kNode + "/init");  // leaves nothing behind
  }

  const agent::CgroupMounts mounts_ = agent::FindCgroupMounts({}).value();
  OwnCgroup host_ = OwnCgroup::Make(kHost).value();
  OwnCgroup node_ = OwnCgroup::Make(kNode).value();
};

TEST_F(KernelNestedNode, ABirthHasThePathOfAWalk) {
  InNode([](ProbedNode& node) {
    const auto container = OwnCgroup::Make(kContainer).value();
    node.Listen(0ms);
    const auto ref = node.table().FindPath("/" + kContainer);
    ASSERT_TRUE(ref);
    EXPECT_EQ(node.table().Identity(*ref)->kind, wire::CgroupKind::kPodContainer);
    EXPECT_TRUE(node.table().FindPath("/" + kPod));
    node.Sample();
    node.Sample();
    EXPECT_EQ(node.CountersOf("/" + kContainer).has_value(), node.probes().counters() != nullptr);
    EXPECT_EQ(node.probes().losses().unknown_cgroup, 0U);
  });
}

TEST_F(KernelNestedNode, AKillIsToldWithItsContainer) {
  InNode([](ProbedNode& node) {
    if (!node.Runs(wire::Signal::kOomKill)) return;
    auto container = OwnCgroup::Make(kContainer).value();
    ASSERT_TRUE(container.LimitMemory(kLimit));
    EatUntilKilled(container);
    node.Listen(200ms);
    const auto kills = node.Events<agent::OomVictim>();
    ASSERT_EQ(kills.size(), 1U);
    EXPECT_EQ(node.PathOf(kills[0].victim), "/" + kContainer);
    EXPECT_EQ(node.PathOf(kills[0].limit_owner), "/" + kContainer);
  });
}

// Docker's limit of the node, and one further up, which this node has no name for.
TEST_F(KernelNestedNode, ALimitAroundTheNodeIsTheMachines) {
  ASSERT_TRUE(host_.LimitMemory(12 * kLimit));
  InNode([](ProbedNode& node) {
    if (!node.Runs(wire::Signal::kOomKill)) return;
    const auto container = OwnCgroup::Make(kContainer).value();
    EatUntilKilled(container);
    node.Listen(200ms);
    const auto kills = node.Events<agent::OomVictim>();
    ASSERT_EQ(kills.size(), 1U);
    EXPECT_EQ(node.PathOf(kills[0].victim), "/" + kContainer);
    EXPECT_TRUE(kills[0].whole_machine);
  });
}

TEST_F(KernelNestedNode, WhatHappensBesideItIsNotItsBusiness) {
  auto neighbour = OwnCgroup::Make(kHost + "/neighbour").value();
  ASSERT_TRUE(neighbour.LimitMemory(kLimit));
  std::array<int, 2> go{}, done{};
  ASSERT_EQ(pipe(go.data()), 0);
  ASSERT_EQ(pipe(done.data()), 0);
  const pid_t beside = fork();
  if (beside == 0) {
    char byte = 0;
    (void)!read(go[0], &byte, 1);
    EatUntilKilled(neighbour);
    {
      (void)OwnCgroup::Make(kHost + "/short");
    }
    (void)!write(done[1], &byte, 1);
    _exit(0);
  }
  InNode([&](ProbedNode& node) {
    std::size_t births = 0;
    node.on_event = [&](const agent::KernelEvent& event) {
      const auto* born = std::get_if<agent::CgroupBorn>(&event);
      if (born != nullptr && born->path.ends_with("/short")) ++births;
    };
    char byte = 0;
    (void)!write(go[1], "x", 1);
    (void)!read(done[0], &byte, 1);
    node.Listen(200ms);
    node.Sample();
    node.Sample();
    EXPECT_EQ(births, 0U);
    EXPECT_TRUE(node.Events<agent::OomVictim>().empty());
    EXPECT_TRUE(node.Events<agent::ReclaimStall>().empty());
    EXPECT_EQ(node.probes().losses().unknown_cgroup, 0U);
  });
  (void)!write(go[1], "x", 1);  // Should the node not have come so far.
  waitpid(beside, nullptr, 0);
  for (const int fd : {go[0], go[1], done[0], done[1]}) close(fd);
}

}  // namespace
}  // namespace loadline::testing
