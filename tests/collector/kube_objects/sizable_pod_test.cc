#include "collector/kube_objects/sizable_pod.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;

json PodObject() {
  return json::parse(R"({
      "metadata": {"namespace": "shop", "name": "web-5d-x", "uid": "u1",
                   "labels": {"app": "web", "pod-template-hash": "5d"},
                   "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5d", "uid": "r", "controller": true}]},
      "spec": {"containers": [{"name": "app",
          "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"},
                           {"resourceName": "memory", "restartPolicy": "RestartContainer"}],
          "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": 1}}}]},
      "status": {"qosClass": "Burstable", "phase": "Running",
          "conditions": [{"type": "Ready", "status": "True"},
                         {"type": "PodResizePending", "status": "True", "reason": "Deferred", "message": "no room"}],
          "containerStatuses": [{"name": "app", "restartCount": 2,
                                 "resources": {"requests": {"cpu": "200m", "memory": "64Mi"}, "limits": {"cpu": "2"}}}]}})");
}

TEST(SizablePod, IsKnownByWhatItWantsWhatItHasAndHowItsResizeGoes) {
  const auto pod = ParseSizablePod(PodObject());
  ASSERT_TRUE(pod);
  EXPECT_EQ(pod->workload_id, "shop/Deployment/web");
  EXPECT_EQ(pod->wanted, (PodSize{{"app", {100, 64 * kMiB}, {1000, 0}}}));
  EXPECT_EQ(pod->given, (PodSize{{"app", {200, 64 * kMiB}, {2000, 0}}}));
  EXPECT_EQ(pod->resize, ResizeState::kDeferred);
  EXPECT_EQ(pod->resize_message, "no room");
  EXPECT_EQ(pod->restarts, 2U);
  EXPECT_TRUE(pod->ready);
  EXPECT_FALSE(pod->leaving);
  EXPECT_THAT(pod->restarting, testing::ElementsAre("app/memory"));
  EXPECT_EQ(pod->labels.at("app"), "web");
}

TEST(SizablePod, BacksOffWhileOneOfItsContainersDoesNotRun) {
  json pod = PodObject();
  EXPECT_FALSE(ParseSizablePod(pod)->backing_off);
  json& state = pod["status"]["containerStatuses"][0]["state"];
  state = json::parse(R"({"running": {"startedAt": "2026-01-01T00:00:00Z"}})");
  EXPECT_FALSE(ParseSizablePod(pod)->backing_off);
  state = json::parse(R"({"waiting": {"reason": "CrashLoopBackOff"}})");
  EXPECT_TRUE(ParseSizablePod(pod)->backing_off);
  state = json::parse(R"({"terminated": {"reason": "OOMKilled"}})");
  EXPECT_TRUE(ParseSizablePod(pod)->backing_off);
}

TEST(SizablePod, APodOnItsOwnOrOfAJobIsNone) {
  json pod = PodObject();
  pod["metadata"]["ownerReferences"][0]["kind"] = "Job";
  EXPECT_FALSE(ParseSizablePod(pod));
  pod["metadata"].erase("ownerReferences");
  EXPECT_FALSE(ParseSizablePod(pod));
}

TEST(ResizePatch, NamesThePodItIsForAndNoAmountThatIsNotThere) {
  EXPECT_EQ(ResizePatch("u1", {{"app", {100, 64 * kMiB}, {1000, 0}}, {"bare", {}, {}}}), json::parse(R"({
      "metadata": {"uid": "u1"}, "spec": {"containers": [{"name": "app",
          "resources": {"requests": {"cpu": "100m", "memory": "67108864"}, "limits": {"cpu": "1000m"}}}]}})"));
}

}  // namespace
}  // namespace loadline::collector
