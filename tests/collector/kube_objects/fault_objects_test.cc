#include "collector/kube_objects/fault_objects.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr Wall kAt{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

json Node(const std::string& conditions) {
  return json::parse(R"({"metadata": {"name": "n1"}, "status": {"conditions": [)" + conditions + "]}}");
}

TEST(FaultyNode, IsOneThatIsNotReadyOrHasAConditionThatItShouldNotHave) {
  const auto node = ParseFaultyNode(Node(R"(
      {"type": "Ready", "status": "Unknown", "reason": "NodeStatusUnknown",
       "message": "Kubelet stopped posting node status.", "lastTransitionTime": "2026-01-01T00:00:00Z"},
      {"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure"},
      {"type": "MemoryPressure", "status": "False", "reason": "KubeletHasSufficientMemory"},
      {"type": "PIDPressure", "status": "Unknown"},
      {"type": "KernelDeadlock", "status": "True", "reason": "DockerHung", "message": "task blocked"})"));
  ASSERT_TRUE(node);
  ASSERT_EQ(node->faults.size(), 3U);
  EXPECT_EQ(node->faults[0], (NodeFault{"n1", "Ready", "Unknown", "NodeStatusUnknown",
                                        "Kubelet stopped posting node status.", kAt}));
  EXPECT_EQ(node->faults[1].type, "DiskPressure");
  EXPECT_EQ(node->faults[2].reason, "DockerHung");
}

TEST(FaultyNode, OfOneThatIsWellNothingIsKept) {
  EXPECT_FALSE(ParseFaultyNode(Node(R"({"type": "Ready", "status": "True"},
                                       {"type": "ReadonlyFilesystem", "status": "False"})")));
  EXPECT_FALSE(ParseFaultyNode(Node("")));
}

TEST(FaultyNode, WhatIsCalledReadyIsToBeTrue) {
  const auto node = ParseFaultyNode(Node(R"({"type": "Ready", "status": "True"},
                                            {"type": "KernelReady", "status": "True"},
                                            {"type": "StorageReady", "status": "False"})"));
  ASSERT_TRUE(node);
  ASSERT_EQ(node->faults.size(), 1U);
  EXPECT_EQ(node->faults[0].type, "StorageReady");
}

TEST(FaultyNode, OneThatIsAboutToBeRemovedNeedNotBeReady) {
  json node = Node(R"({"type": "Ready", "status": "Unknown"})");
  EXPECT_TRUE(ParseFaultyNode(node));
  node["spec"]["taints"] = json::array({{{"key", "ToBeDeletedByClusterAutoscaler"}}});
  EXPECT_FALSE(ParseFaultyNode(node));
}

json WaitingPod(const std::string& reason) {
  json pod = json::parse(R"({"metadata": {"name": "cart-7c9-x", "namespace": "shop", "uid": "u1",
      "labels": {"pod-template-hash": "7c9"},
      "ownerReferences": [{"kind": "ReplicaSet", "name": "cart-7c9", "uid": "r1", "controller": true}]},
      "spec": {"containers": [{"name": "a", "resources": {"requests": {"cpu": "1500m", "memory": "1Gi"}}},
                              {"name": "b", "resources": {"requests": {"cpu": "500m"}}}],
               "initContainers": [{"name": "i", "resources": {"requests": {"cpu": "1", "memory": "3Gi"}}}]},
      "status": {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False",
        "message": "0/3 nodes are available: 3 Insufficient cpu.",
        "lastTransitionTime": "2026-01-01T00:00:00Z"}]}})");
  pod["status"]["conditions"][0]["reason"] = reason;
  return pod;
}

TEST(PendingPod, IsWhatTheSchedulerCallsUnschedulableWithWhatItAsksFor) {
  EXPECT_EQ(ParsePendingPod(WaitingPod("Unschedulable")),
            (PendingPod{"shop", "shop/Deployment/cart", "cart-7c9-x",
                        "0/3 nodes are available: 3 Insufficient cpu.", kAt, 2000, 3 * kGiB}));
}

TEST(PendingPod, ASidecarIsAskedForBesideTheContainers) {
  json pod = WaitingPod("Unschedulable");
  pod["spec"]["initContainers"][0]["restartPolicy"] = "Always";
  const auto pending = ParsePendingPod(pod);
  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->cpu, 3000);
  EXPECT_EQ(pending->memory, 4 * kGiB);
}

TEST(PendingPod, OneThatIsGatedOrRunsIsNone) {
  EXPECT_FALSE(ParsePendingPod(WaitingPod("SchedulingGated")));
  json running = WaitingPod("Unschedulable");
  running["status"]["phase"] = "Running";
  EXPECT_FALSE(ParsePendingPod(running));
  EXPECT_FALSE(ParsePendingPod(json::object()));
}

TEST(PendingPod, AmountsBeyondAllNumbersAreTheLargestThereIs) {
  json pod = WaitingPod("Unschedulable");
  for (json& container : pod["spec"]["containers"])
    container["resources"]["requests"] = {{"cpu", "9P"}, {"memory", "7Ei"}};
  const auto pending = ParsePendingPod(pod);
  ASSERT_TRUE(pending);
  EXPECT_EQ(pending->cpu, std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(pending->memory, std::numeric_limits<std::int64_t>::max());
}

}  // namespace
}  // namespace loadline::collector
