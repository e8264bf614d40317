#include <gmock/gmock.h>

#include "collector/detect/detect.h"

namespace loadline::collector {
namespace {

using testing::HasSubstr;

constexpr Wall kAt{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

std::vector<Condition> FoundIn(const ClusterFaults& faults) {
  const CgroupNames names;
  const Model model{{}, names};
  const Judge judge{{}};
  const OwnHealth own;
  auto found = Detect({.model = model, .judge = judge, .own = own, .faults = &faults}, {});
  // No agent is known.
  std::erase_if(found, [](const Condition& other) { return other.rule == "CollectorBlind"; });
  return found;
}

TEST(ClusterFaults, EachConditionOfANodeIsAnAlertOfItsRule) {
  const auto found =
      FoundIn({.nodes = {{"n1", "Ready", "False", "KubeletNotReady", "CNI is missing", kAt},
                         {"n1", "MemoryPressure", "True", "KubeletHasInsufficientMemory", "", kAt},
                         {"n2", "ReadonlyFilesystem", "True", "FilesystemIsReadOnly", "", kAt},
                         {"n3", "Ready", "Unknown", "NodeStatusUnknown", "", kAt},
                         {"n4", "StorageReady", "False", "DiskGone", "no answer", kAt}}});
  ASSERT_EQ(found.size(), 5U);
  EXPECT_EQ(found[0].rule, "NodeNotReady");
  EXPECT_EQ(found[0].labels, (Labels{{"node", "n1"}}));
  EXPECT_EQ(found[0].summary, "Node n1 is not ready: KubeletNotReady");
  EXPECT_EQ(found[0].reason, "The node's condition Ready is False: KubeletNotReady. CNI is missing");
  EXPECT_EQ(found[1].rule, "NodePressure");
  EXPECT_EQ(found[1].labels, (Labels{{"node", "n1"}, {"condition", "MemoryPressure"}}));
  EXPECT_EQ(found[2].rule, "NodeProblem");
  EXPECT_EQ(found[2].summary, "Node n2 has ReadonlyFilesystem: FilesystemIsReadOnly");
  EXPECT_EQ(found[3].summary, "Kubernetes hears nothing of node n3");
  EXPECT_EQ(found[3].reason, "The node's condition Ready is Unknown: NodeStatusUnknown");
  EXPECT_EQ(found[4].rule, "NodeProblem");
  EXPECT_EQ(found[4].summary, "Node n4 does not have StorageReady: DiskGone");
}

TEST(ClusterFaults, ThePodsOfAWorkloadThatFindNoNodeAreOneAlert) {
  const std::string words = "0/3 nodes are available: 3 Insufficient cpu.";
  const auto found =
      FoundIn({.pods = {{"shop", "shop/Deployment/cart", "cart-2", words, kAt, 2000, kGiB},
                        {"shop", "shop/Deployment/cart", "cart-1", words, kAt, 2000, kGiB},
                        {"shop", "shop/Job/once", "once-1", "no. preemption: none", kAt, 0, 0}}});
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].rule, "PodUnschedulable");
  EXPECT_EQ(found[0].labels, (Labels{{"workload", "shop/Deployment/cart"}, {"namespace", "shop"}}));
  EXPECT_EQ(found[0].summary, "2 pods of shop/Deployment/cart find no node: " + words);
  EXPECT_THAT(found[0].reason, HasSubstr("asks for 2 of CPU and 1 GiB of memory. The scheduler says: 0/3"));
  EXPECT_EQ(found[1].summary, "Pod once-1 of shop/Job/once finds no node: no");
  EXPECT_THAT(found[1].reason, HasSubstr("The scheduler says: no. preemption: none"));
  EXPECT_THAT(found[1].reason, HasSubstr("asks for nothing"));
}

TEST(ClusterFaults, OutsideAClusterThereAreNone) {
  EXPECT_TRUE(FoundIn({}).empty());
}

}  // namespace
}  // namespace loadline::collector
