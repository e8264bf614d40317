// Pods beside nodes, and what the scheduler says of them: NodeAffinity, TaintToleration and nodeSelector.
#include "collector/kube_objects/placement.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;

// A node of four cores in pool "apps", and what the table changes in it.
json NodeWith(const char* changes) {
  json node = json::parse(R"({"metadata": {"name": "n1", "labels":
      {"agentpool": "apps", "cores": "4", "kubernetes.io/os": "linux"}}, "spec": {}})");
  node.merge_patch(json::parse(changes));
  return node;
}

bool Fits(const char* pod_spec, const char* node) {
  const json pod{{"metadata", {{"name", "p"}}}, {"spec", json::parse(pod_spec)}};
  return MayRunOn(ParsePlacement(pod), "n1", ParseNodeTraits(NodeWith(node)));
}

// A pod whose required affinity is these terms.
std::string Affinity(const std::string& terms) {
  return R"({"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": )" +
         terms + "}}}}";
}

struct Row {
  const char* what;
  std::string pod;
  const char* node;
  bool fits;
};

void Check(const std::vector<Row>& rows) {
  for (const Row& row : rows) EXPECT_EQ(Fits(row.pod.c_str(), row.node), row.fits) << row.what;
}

TEST(Placement, SelectorsAndAffinity) {
  const auto of_label = [](const char* op, const char* key, const char* values) {
    return Affinity(std::string(R"([{"matchExpressions": [{"key": ")") + key + R"(", "operator": ")" + op +
                    R"(", "values": )" + values + "}]}]");
  };
  Check({
      {"who asks for nothing may run anywhere", "{}", "{}", true},
      {"its label", R"({"nodeSelector": {"agentpool": "apps"}})", "{}", true},
      {"another value", R"({"nodeSelector": {"agentpool": "gpu"}})", "{}", false},
      {"all of a selector", R"({"nodeSelector": {"agentpool": "apps", "disk": "ssd"}})", "{}", false},
      {"In", of_label("In", "agentpool", R"(["gpu", "apps"])"), "{}", true},
      {"In, without the label", of_label("In", "disk", R"(["ssd"])"), "{}", false},
      {"NotIn", of_label("NotIn", "agentpool", R"(["apps"])"), "{}", false},
      {"NotIn, without the label", of_label("NotIn", "disk", R"(["ssd"])"), "{}", true},
      {"Exists", of_label("Exists", "agentpool", "[]"), "{}", true},
      {"DoesNotExist", of_label("DoesNotExist", "agentpool", "[]"), "{}", false},
      {"Gt", of_label("Gt", "cores", R"(["3"])"), "{}", true},
      {"Gt is not at least", of_label("Gt", "cores", R"(["4"])"), "{}", false},
      {"Lt", of_label("Lt", "cores", R"(["5"])"), "{}", true},
      {"Lt of what is no number", of_label("Lt", "agentpool", R"(["5"])"), "{}", false},
      {"Lt without the label", of_label("Lt", "disks", R"(["5"])"), "{}", false},
      {"Exists of values means nothing", of_label("Exists", "agentpool", R"(["apps"])"), "{}", false},
      {"NotIn of no values means nothing", of_label("NotIn", "agentpool", "[]"), "{}", false},
      {"NotIn of what is no label means nothing", of_label("NotIn", "agentpool", R"(["-gpu"])"), "{}", false},
      {"an operator that nobody knows", of_label("Near", "cores", R"(["4"])"), "{}", false},
      {"one of the terms", Affinity(R"([{"matchExpressions": [{"key": "disk", "operator": "Exists"}]},
                                        {"matchExpressions": [{"key": "cores", "operator": "Exists"}]}])"),
       "{}", true},
      {"all of a term", Affinity(R"([{"matchExpressions": [{"key": "disk", "operator": "Exists"},
                                                           {"key": "cores", "operator": "Exists"}]}])"),
       "{}", false},
      {"an empty term selects nothing", Affinity("[{}]"), "{}", false},
      {"no terms select nothing", Affinity("[]"), "{}", false},
      {"the node's name", Affinity(R"([{"matchFields": [{"key": "metadata.name", "operator": "In",
                                        "values": ["n1"]}]}])"),
       "{}", true},
      {"another node's name", Affinity(R"([{"matchFields": [{"key": "metadata.name", "operator": "In",
                                            "values": ["n2"]}]}])"),
       "{}", false},
      {"one of two names means nothing",
       Affinity(R"([{"matchFields": [{"key": "metadata.name", "operator": "In",
                                                       "values": ["n1", "n2"]}]}])"),
       "{}", false},
      {"selector and affinity", R"({"nodeSelector": {"agentpool": "apps"}, "affinity": {"nodeAffinity":
         {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms":
          [{"matchExpressions": [{"key": "disk", "operator": "Exists"}]}]}}}})",
       "{}", false},
      {"a preference keeps nobody away", R"({"affinity": {"nodeAffinity":
         {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference":
          {"matchExpressions": [{"key": "disk", "operator": "Exists"}]}}]}}})",
       "{}", true},
  });
}

TEST(Placement, TaintsAndTolerations) {
  constexpr const char* kGpu =
      R"({"spec": {"taints": [{"key": "sku", "value": "gpu", "effect": "NoSchedule"}]}})";
  constexpr const char* kEvicting =
      R"({"spec": {"taints": [{"key": "sku", "value": "gpu", "effect": "NoExecute"}]}})";
  constexpr const char* kBoth =
      R"({"spec": {"taints": [{"key": "sku", "value": "gpu", "effect": "NoSchedule"},
                                                        {"key": "CriticalAddonsOnly", "value": "true", "effect": "NoSchedule"}]}})";
  const auto tolerating = [](const char* toleration) {
    return std::string(R"({"tolerations": [)") + toleration + "]}";
  };
  Check({
      {"not tolerated", "{}", kGpu, false},
      {"not tolerated, and evicted", "{}", kEvicting, false},
      {"Equal", tolerating(R"({"key": "sku", "operator": "Equal", "value": "gpu", "effect": "NoSchedule"})"),
       kGpu, true},
      {"Equal is what is meant", tolerating(R"({"key": "sku", "value": "gpu", "effect": "NoSchedule"})"),
       kGpu, true},
      {"another value", tolerating(R"({"key": "sku", "value": "cpu", "effect": "NoSchedule"})"), kGpu, false},
      {"no value is the empty one", tolerating(R"({"key": "sku", "effect": "NoSchedule"})"), kGpu, false},
      {"Exists", tolerating(R"({"key": "sku", "operator": "Exists", "effect": "NoSchedule"})"), kGpu, true},
      {"another effect", tolerating(R"({"key": "sku", "operator": "Exists", "effect": "NoSchedule"})"),
       kEvicting, false},
      {"all effects", tolerating(R"({"key": "sku", "operator": "Exists"})"), kEvicting, true},
      {"all keys", tolerating(R"({"operator": "Exists"})"), kBoth, true},
      {"a value of all keys", tolerating(R"({"value": "gpu"})"), kGpu, true},
      {"one of two", tolerating(R"({"key": "sku", "operator": "Exists"})"), kBoth, false},
      {"another key", tolerating(R"({"key": "skus", "operator": "Exists"})"), kGpu, false},
      {"a preference keeps nobody away", "{}",
       R"({"spec": {"taints": [{"key": "sku", "effect": "PreferNoSchedule"}]}})", true},
      {"a state passes", "{}",
       R"({"spec": {"unschedulable": true, "taints": [
            {"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"},
            {"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"},
            {"key": "ToBeDeletedByClusterAutoscaler", "value": "1", "effect": "NoSchedule"}]}})",
       true},
  });
}

TEST(Placement, APodOfADaemonSetIsNotBoundToItsNode) {
  json pod{
      {"metadata", {{"name", "p"}, {"ownerReferences", {{{"kind", "DaemonSet"}, {"controller", true}}}}}}};
  pod["spec"] = json::parse(
      Affinity(R"([{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["n2"]}]}])"));
  EXPECT_TRUE(MayRunOn(ParsePlacement(pod), "n1", {}));
  auto& term = pod["spec"]["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
                  ["nodeSelectorTerms"][0];
  term["matchExpressions"] = {{{"key", "disk"}, {"operator", "Exists"}}};
  EXPECT_FALSE(MayRunOn(ParsePlacement(pod), "n1", {}));
  EXPECT_TRUE(MayRunOn(ParsePlacement(pod), "n1", {.labels = {{"disk", ""}}, .taints = {}}));
}

TEST(Placement, WhatIsOfAnotherKindIsAskedByNobody) {
  const json pod = json::parse(R"({"spec": {"nodeSelector": [], "affinity": 3, "tolerations": "x"}})");
  EXPECT_EQ(ParsePlacement(pod), PodPlacement{});
  EXPECT_EQ(ParseNodeTraits(json::parse(R"({"metadata": {"labels": 1}, "spec": {"taints": {"key": 1}}})")),
            NodeTraits{});
}

}  // namespace
}  // namespace loadline::collector
