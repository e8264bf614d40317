#include "collector/kube_objects/cluster_objects.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;

json Autoscaler(const std::string& metrics) {
  return {
      {"metadata", {{"namespace", "shop"}, {"name", "cart"}}},
      {"spec",
       {{"scaleTargetRef", {{"kind", "Deployment"}, {"name", "cart"}}}, {"metrics", json::parse(metrics)}}}};
}

TEST(ClusterObjects, AHorizontalAutoscalerIsKeptForItsSharesOfTheRequest) {
  const auto parsed = ParseHorizontalAutoscaler(Autoscaler(R"([
      {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}},
      {"type": "ContainerResource", "containerResource": {"name": "memory", "container": "app",
       "target": {"type": "Utilization", "averageUtilization": 80}}},
      {"type": "Resource", "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "1Gi"}}},
      {"type": "Pods", "pods": {"metric": {"name": "rps"}, "target": {"type": "AverageValue", "averageValue": "9"}}}])"));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->workload_id, "shop/Deployment/cart");
  EXPECT_EQ(parsed->targets, (std::vector<WorkloadRules::Horizontal>{{Resource::kCpu, 0.7, ""},
                                                                     {Resource::kMemory, 0.8, "app"}}));
  EXPECT_FALSE(ParseHorizontalAutoscaler(Autoscaler("[]"))) << "nothing in it is a share of a request";
}

TEST(ClusterObjects, ALimitRangeHasTheTightestOfItsBounds) {
  const auto parsed =
      ParseLimitRange({{"metadata", {{"namespace", "shop"}}}, {"spec", {{"limits", json::parse(R"([
      {"type": "Container", "min": {"cpu": "50m"}, "max": {"cpu": 2, "memory": "1Gi"}},
      {"type": "Container", "max": {"cpu": "1500m"}},
      {"type": "Pod", "max": {"memory": "2Gi"}},
      {"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}])")}}}});
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->container.least, (Amounts{.cpu = 50, .memory = 0}));
  EXPECT_EQ(parsed->container.most, (Amounts{.cpu = 1500, .memory = kGiB}));
  EXPECT_EQ(parsed->pod.most, (Amounts{.cpu = 0, .memory = 2 * kGiB}));
}

TEST(ClusterObjects, AQuotaSaysWhatIsLeftOfRequests) {
  json quota = {{"metadata", {{"namespace", "shop"}}}, {"status", json::parse(R"({
      "hard": {"requests.cpu": "4", "memory": "8Gi", "limits.cpu": "1", "limits.memory": "10Gi", "pods": "10"},
      "used": {"requests.cpu": "3500m", "memory": "9Gi", "limits.cpu": "1", "limits.memory": "9Gi"}})")}};
  const auto parsed = ParseQuota(quota);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->cpu_left, 500);
  EXPECT_EQ(parsed->memory_limits_left, kGiB);
  EXPECT_EQ(parsed->memory_left, 0) << "more is used than a quota that came later allows";
  quota["spec"] = {{"scopes", {"BestEffort"}}};
  EXPECT_FALSE(ParseQuota(quota)) << "it is for some pods only";
}

TEST(ClusterObjects, ASelectorMatchesAsTheApiServerDoes) {
  const auto selector = ParseSelector(json::parse(R"({"matchLabels": {"app": "cart"}, "matchExpressions": [
      {"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "old", "operator": "DoesNotExist"},
      {"key": "zone", "operator": "NotIn", "values": ["3"]}]})"));
  ASSERT_TRUE(selector);
  EXPECT_TRUE(selector->Matches({{"app", "cart"}, {"tier", "b"}}));
  EXPECT_FALSE(selector->Matches({{"app", "cart"}, {"tier", "c"}}));
  EXPECT_FALSE(selector->Matches({{"app", "cart"}, {"tier", "a"}, {"old", ""}}));
  EXPECT_FALSE(selector->Matches({{"app", "cart"}, {"tier", "a"}, {"zone", "3"}}));
  EXPECT_FALSE(selector->Matches({{"tier", "a"}}));
  EXPECT_TRUE(ParseSelector(json::object())->Matches({})) << "an empty one matches all";
  EXPECT_FALSE(ParseSelector(nullptr));
}

TEST(ClusterObjects, ABudgetSaysHowManyMayGo) {
  const auto budget = ParseDisruptionBudget({{"metadata", {{"namespace", "shop"}}},
                                             {"spec", {{"selector", {{"matchLabels", {{"app", "cart"}}}}}}},
                                             {"status", {{"disruptionsAllowed", 1}}}});
  ASSERT_TRUE(budget);
  EXPECT_EQ(budget->allowed, 1);
  EXPECT_TRUE(budget->selector.Matches({{"app", "cart"}}));
}

TEST(ClusterObjects, ANodeIsKnownByPoolZoneTypeAndWhatItCanGiveAndHas) {
  const json object = json::parse(R"({"metadata": {"name": "aks-spot-1", "labels": {
      "kubernetes.azure.com/agentpool": "spot", "topology.kubernetes.io/zone": "eastus-1",
      "node.kubernetes.io/instance-type": "Standard_D4s_v5"}},
      "status": {"allocatable": {"cpu": "3860m", "memory": "12880736Ki"},
                 "capacity": {"cpu": "4", "memory": "16393056Ki"}, "images": [{"names": ["a"]}],
                 "addresses": [{"type": "Hostname", "address": "n1"}, {"type": "InternalIP", "address": "10.1.2.3"},
                               {"type": "InternalIP", "address": "fd00::3"}],
                 "daemonEndpoints": {"kubeletEndpoint": {"Port": 10255}}}})");
  EXPECT_EQ(ParseNode(object), (ClusterNode{.place = {"spot", "eastus-1", "Standard_D4s_v5"},
                                            .allocatable = {3860, Bytes{12880736} * kKiB},
                                            .capacity = {4000, Bytes{16393056} * kKiB},
                                            .address = "10.1.2.3",
                                            .kubelet_port = 10255,
                                            .traits = ParseNodeTraits(object)}));
}

TEST(ClusterObjects, ANodeThatTellsNoAddressHasNoneAndTheUsualPort) {
  const auto node = ParseNode(json::parse(R"({"metadata": {"name": "n1"}})"));
  EXPECT_EQ(node->address, "");
  EXPECT_EQ(node->kubelet_port, 10250);
}

TEST(ClusterObjects, ANodeThatIsBeingDeletedOrScaledAwayIsLeaving) {
  json node = {{"metadata", {{"name", "n1"}}},
               {"spec", {{"taints", json::array({{{"key", "node.kubernetes.io/unreachable"}}})}}}};
  EXPECT_FALSE(IsLeaving(node));
  node["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  EXPECT_TRUE(IsLeaving(node));
  for (const char* taint : {"ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted"}) {
    node = {{"spec", {{"taints", json::array({{{"key", "other"}}, {{"key", taint}}})}}}};
    EXPECT_TRUE(IsLeaving(node)) << taint;
  }
}

TEST(ClusterObjects, ANodeHasTheMarksOfWhoeverIsAtWorkOnIt) {
  const auto node = ParseNode(json::parse(R"({
      "metadata": {"labels": {"karpenter.sh/nodepool": "default", "kubernetes.io/os": "linux"},
                   "annotations": {"loadline.io/repair": "off", "note": "of no use"},
                   "deletionTimestamp": "2026-01-01T00:00:00Z"},
      "spec": {"unschedulable": true, "taints": [{"key": "node.kubernetes.io/unschedulable"}, {"key": 7}]},
      "status": {"conditions": [{"type": "VMEventScheduled", "status": "True"}, {"type": "Ready", "status": "True"},
                                {"type": "PreemptionScheduled", "status": "False"}]}})"));
  ASSERT_TRUE(node);
  EXPECT_EQ(node->marks, (NodeMarks{.cordoned = true,
                                    .deleting = true,
                                    .taints = {"node.kubernetes.io/unschedulable", ""},
                                    .labels = {{"karpenter.sh/nodepool", "default"}},
                                    .annotations = {{"loadline.io/repair", "off"}},
                                    .conditions = {"VMEventScheduled"}}));
  EXPECT_EQ(
      ParseNode(json::parse(R"({"metadata": {"labels": [], "annotations": 3}, "spec": {"taints": "x"}})"))
          ->marks,
      (NodeMarks{.taints = {""}}))
      << "whatever it is made of";
}

}  // namespace
}  // namespace loadline::collector
