#include "collector/kube_repair/node_pod.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;

json Pod(const char* owner) {
  json pod = {{"metadata", {{"namespace", "shop"}, {"name", "cart-1"}, {"uid", "u-1"}}},
              {"spec", json::object()},
              {"status", {{"phase", "Running"}}}};
  if (*owner != '\0')
    pod["metadata"]["ownerReferences"] = json::array({{{"kind", owner}, {"controller", true}}});
  return pod;
}

json WithLocalData(json pod) {
  pod["spec"]["volumes"] = json::array({{{"name", "cache"}, {"emptyDir", json::object()}}});
  return pod;
}

TEST(NodePod, WhatComesBackElsewhereIsEvicted) {
  const NodePod pod = ParseNodePod(Pod("ReplicaSet"), {});
  EXPECT_EQ(pod.fate, PodFate::kEvicted);
  EXPECT_EQ(pod.Id(), "shop/cart-1");
  EXPECT_EQ(pod.uid, "u-1");
  EXPECT_FALSE(pod.ending);
}

TEST(NodePod, WhatBelongsToTheNodeStays) {
  EXPECT_EQ(ParseNodePod(Pod("DaemonSet"), {}).fate, PodFate::kStays);
  EXPECT_EQ(ParseNodePod(Pod("Node"), {}).fate, PodFate::kStays);
  json mirror = Pod("");
  mirror["metadata"]["annotations"]["kubernetes.io/config.mirror"] = "abc";
  EXPECT_EQ(ParseNodePod(mirror, {}).fate, PodFate::kStays);
}

TEST(NodePod, WhatIsOverStays) {
  json over = WithLocalData(Pod("Job"));
  for (const char* phase : {"Succeeded", "Failed"}) {
    over["status"]["phase"] = phase;
    EXPECT_EQ(ParseNodePod(over, {}).fate, PodFate::kStays) << phase;
  }
}

TEST(NodePod, WhatNobodyMakesAgainIsHeldUnlessItMayGo) {
  EXPECT_EQ(ParseNodePod(Pod(""), {}).fate, PodFate::kHeld);
  EXPECT_NE(ParseNodePod(Pod(""), {}).why.find("repair.drain_unmanaged"), std::string::npos);
  EXPECT_EQ(ParseNodePod(Pod(""), {.unmanaged = true}).fate, PodFate::kEvicted);
  json no_controller = Pod("ReplicaSet");
  no_controller["metadata"]["ownerReferences"][0]["controller"] = false;
  EXPECT_EQ(ParseNodePod(no_controller, {}).fate, PodFate::kHeld);
}

TEST(NodePod, LocalDataIsHeldUnlessItMayGo) {
  const json pod = WithLocalData(Pod("StatefulSet"));
  EXPECT_EQ(ParseNodePod(pod, {}).fate, PodFate::kHeld);
  EXPECT_EQ(ParseNodePod(pod, {.unmanaged = true}).fate, PodFate::kHeld);
  EXPECT_EQ(ParseNodePod(pod, {.local_data = true}).fate, PodFate::kEvicted);
}

TEST(NodePod, WhatIsEndingIsWaitedForWhateverItHolds) {
  json ending = WithLocalData(Pod(""));
  ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  const NodePod pod = ParseNodePod(ending, {});
  EXPECT_EQ(pod.fate, PodFate::kEvicted);
  EXPECT_TRUE(pod.ending);
}

TEST(NodePod, AnythingElseIsNoPod) {
  EXPECT_EQ(ParseNodePod(json("text"), {.unmanaged = true}).name, "");
}

}  // namespace
}  // namespace loadline::collector
