#include "collector/kube_objects/pod_news.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;
using ::testing::IsEmpty;
using enum ClusterNews::Kind;

constexpr const char* kWords =
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 96320Ki. Container app was "
    "using "
    "307200Ki, request is 10Mi, has larger consumption of memory. ";

json EvictedPod() {
  json pod = json::parse(R"({
    "metadata": {"uid": "u1", "namespace": "shop", "name": "cart-5f-abcde", "labels": {"pod-template-hash": "5f"},
                 "ownerReferences": [{"kind": "ReplicaSet", "name": "cart-5f", "uid": "r1", "controller": true}]},
    "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
    "status": {"phase": "Failed", "reason": "Evicted", "startTime": "2026-01-02T03:00:00Z", "conditions": [
      {"type": "DisruptionTarget", "status": "True", "reason": "TerminationByKubelet",
       "lastTransitionTime": "2026-01-02T03:04:05Z"}]}})");
  pod["status"]["message"] = kWords;
  return pod;
}

Wall Instant(int hour, int minute, int second) {
  return Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 2}) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

TEST(PodNews, AnEvictedPodSaysWhoseThresholdWasMetAndWhoIsBlamed) {
  const auto news = NewsOfPod(EvictedPod());
  ASSERT_EQ(news.size(), 1);
  EXPECT_EQ(news[0].kind, kPodStopped);
  EXPECT_EQ(news[0].reason, "Evicted");
  EXPECT_EQ(news[0].at, Instant(3, 4, 5));
  EXPECT_EQ(news[0].workload_id, "shop/Deployment/cart");
  EXPECT_EQ(news[0].pod, "cart-5f-abcde");
  EXPECT_EQ(news[0].node, "node-1");
  EXPECT_EQ(news[0].resource, "memory");
  EXPECT_EQ(news[0].threshold, 100 * kMiB);
  EXPECT_EQ(news[0].available, 96320 * kKiB);
  EXPECT_EQ(news[0].container, "app");
  EXPECT_EQ(news[0].used, 300 * kMiB);
  EXPECT_EQ(news[0].request, 10 * kMiB);
}

TEST(PodNews, AnEvictionThroughTheApiIsKnownByItsCondition) {
  json pod = EvictedPod();
  pod["status"].erase("reason");
  pod["status"]["conditions"][0]["reason"] = "EvictionByEvictionAPI";
  pod["status"]["conditions"][0]["message"] = "Eviction API: evicting";
  const auto news = NewsOfPod(pod);
  ASSERT_EQ(news.size(), 1);
  EXPECT_EQ(news[0].reason, "EvictionByEvictionAPI");
  EXPECT_EQ(news[0].message, "Eviction API: evicting");
  EXPECT_EQ(news[0].resource, "");
}

TEST(PodNews, ContainersThatWereKilledForMemoryAreTold) {
  json pod = EvictedPod();
  const json killed = json::parse(
      R"({"terminated": {"reason": "OOMKilled", "exitCode": 137, "finishedAt": "2026-01-02T03:05:00Z"}})");
  pod["status"] = {
      {"containerStatuses", json::array({{{"name", "app"}, {"restartCount", 2}, {"lastState", killed}}})},
      {"initContainerStatuses", json::array({{{"name", "prepare"}, {"state", killed}}})}};
  const auto news = NewsOfPod(pod);
  ASSERT_EQ(news.size(), 2);
  EXPECT_EQ(news[0].kind, kOutOfMemory);
  EXPECT_EQ(news[0].container, "prepare");
  EXPECT_EQ(news[1].container, "app");
  EXPECT_EQ(news[1].at, Instant(3, 5, 0));
  EXPECT_EQ(news[1].message, "container app of pod cart-5f-abcde, restarted 2 times");
}

TEST(PodNews, ARunningPodAndNonsenseTellNothing) {
  json pod = EvictedPod();
  pod["status"] = {{"phase", "Running"},
                   {"conditions", json::array({{{"type", "Ready"}, {"status", "True"}}})}};
  EXPECT_THAT(NewsOfPod(pod), IsEmpty());
  for (const char* text : {"null", "[]", "{}", R"({"status": []})", R"({"status": {"reason": "Evicted"}})",
                           R"({"status": {"conditions": 7, "containerStatuses": "x"}})"})
    EXPECT_THAT(NewsOfPod(json::parse(text)), IsEmpty()) << text;
}

TEST(PodNews, EventsOfEvictionsAndOfTheSystemsOwnOom) {
  json event = json::parse(
      R"({"reason": "Evicted", "source": {"host": "node-1"}, "lastTimestamp": "2026-01-02T03:04:05Z",
    "involvedObject": {"kind": "Pod", "uid": "u1", "namespace": "shop", "name": "cart-5f-abcde"}})");
  event["message"] = kWords;
  auto news = NewsOfEvent(event);
  ASSERT_TRUE(news);
  EXPECT_EQ(news->kind, kEvicted);
  EXPECT_EQ(news->pod_uid, "u1");
  EXPECT_EQ(news->threshold, 100 * kMiB);
  EXPECT_EQ(news->at, Instant(3, 4, 5));
  news =
      NewsOfEvent(json::parse(R"({"reason": "SystemOOM", "involvedObject": {"kind": "Node", "name": "node-1"},
    "message": "System OOM encountered, victim process: tail, pid: 7", "eventTime": "2026-01-02T03:04:05.250000Z"})"));
  ASSERT_TRUE(news);
  EXPECT_EQ(news->kind, kSystemOom);
  EXPECT_EQ(news->node, "node-1");
  EXPECT_EQ(news->at, Instant(3, 4, 5) + std::chrono::milliseconds(250));
  EXPECT_FALSE(NewsOfEvent(json::parse(R"({"reason": "Rebooted"})")));
  EXPECT_FALSE(NewsOfEvent(json::parse(R"({"reason": "Evicted", "involvedObject": {"kind": "Node"}})")));
}

TEST(ARejectedPod, WasNotEvicted) {
  EXPECT_THAT(NewsOfPod(json::parse(R"({"metadata": {"uid": "u1", "namespace": "shop", "name": "cart"},
      "status": {"phase": "Failed", "reason": "Evicted", "startTime": "2026-01-01T00:00:00Z",
                 "message": "Pod was rejected: The node had condition: [MemoryPressure]. "}})")),
              IsEmpty());
  EXPECT_FALSE(NewsOfEvent(json::parse(R"({"reason": "Evicted", "source": {"host": "n1"},
      "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "cart", "uid": "u1"},
      "message": "The node had condition: [MemoryPressure]. "})")));
}

TEST(StartOfAContainer, IsToldByAnEventOfItsPod) {
  json event = json::parse(R"({"reason": "Started", "source": {"component": "kubelet", "host": "n1"},
      "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "once", "uid": "u1",
                         "fieldPath": "spec.initContainers{prepare}"}})");
  EXPECT_EQ(StartOf(event), (ContainerHeardOf{"u1", "shop", "once", "n1", "prepare"}));
  event["reason"] = "Pulled";
  EXPECT_FALSE(StartOf(event));
  EXPECT_FALSE(StartOf(json::object()));
}

}  // namespace
}  // namespace loadline::collector
