#include "collector/kube/surroundings.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace loadline::collector {
namespace {

using nlohmann::json;

json Range(const std::string& name, const std::string& cpu) {
  return {{"metadata", {{"namespace", "shop"}, {"name", name}}},
          {"spec", {{"limits", {{{"type", "Container"}, {"max", {{"cpu", cpu}}}}}}}}};
}

json NodeOf(const std::string& name, const std::string& cpu, const std::string& memory) {
  return {{"metadata", {{"name", name}}}, {"status", {{"allocatable", {{"cpu", cpu}, {"memory", memory}}}}}};
}

TEST(Surroundings, AllRangesOfANamespaceBindTogether) {
  ClusterObjects objects;
  const WatchSink ranges = objects.limit_ranges.Sink();
  ranges.upsert(Range("wide", "4"));
  ranges.upsert(Range("narrow", "2"));
  EXPECT_EQ(objects.Get()->RulesOf("shop").limits.container.most.cpu, 2000);
  EXPECT_EQ(objects.Get()->RulesOf("elsewhere").limits.container.most.cpu, 0);
  ranges.remove(Range("narrow", "2"));
  EXPECT_EQ(objects.Get()->RulesOf("shop").limits.container.most.cpu, 4000);
}

TEST(Surroundings, WhoIsAtWorkOnANodeStandsAmongItsMarks) {
  ClusterObjects objects;
  objects.nodes.Sink().upsert(NodeOf("web-1", "4", "8Gi"));
  const auto event = [](const char* reason, const char* kind = "Node") {
    return json{{"metadata", {{"namespace", "default"}, {"name", std::string("web-1.") + reason}}},
                {"involvedObject", {{"kind", kind}, {"name", "web-1"}}},
                {"reason", reason},
                {"lastTimestamp", "2026-01-01T10:00:00Z"}};
  };
  const WatchSink events = objects.node_works.Sink();
  events.upsert(event("NodeHasSufficientMemory"));
  events.upsert(event("NodeRebootStart", "Pod"));
  EXPECT_TRUE(objects.Get()->nodes.at("web-1").marks.events.empty());
  events.upsert(event("NodeRebootStart"));
  const NodeMarks marks = objects.Get()->nodes.at("web-1").marks;
  ASSERT_EQ(marks.events.size(), 1U);
  const Wall at = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1} + std::chrono::hours(10);
  EXPECT_EQ(marks.events[0], (NodeEvent{"NodeRebootStart", at}));
  EXPECT_EQ(MaintenanceOf(marks, at)->kind, MaintenanceKind::kOtherRepair);
  events.remove(event("NodeRebootStart"));
  EXPECT_TRUE(objects.Get()->nodes.at("web-1").marks.events.empty());
}

TEST(Surroundings, NoNodeIsMadeOfTwo) {
  ClusterObjects objects;
  const WatchSink nodes = objects.nodes.Sink();
  nodes.upsert(NodeOf("cpus", "16", "8Gi"));
  nodes.upsert(NodeOf("memory", "4", "64Gi"));
  nodes.upsert(NodeOf("small", "2", "4Gi"));
  const NodeRooms largest = objects.Get()->largest_allocatable;
  EXPECT_EQ(largest.Most(), (Amounts{.cpu = 16'000, .memory = 64 * kGiB}));
  EXPECT_EQ(largest.For({.cpu = 8000, .memory = 4 * kGiB}), (Amounts{.cpu = 16'000, .memory = 8 * kGiB}));
  EXPECT_EQ(largest.For({.cpu = 8000, .memory = 32 * kGiB}), (Amounts{.cpu = 4000, .memory = 64 * kGiB}));
}

TEST(Surroundings, APodMayBePlacedOnTheNodesOfItsPool) {
  ClusterObjects objects;
  const WatchSink nodes = objects.nodes.Sink();
  const auto in_pool = [](json node, const char* pool) {
    if (pool != nullptr) node["metadata"]["labels"]["agentpool"] = pool;
    return node;
  };
  nodes.upsert(in_pool(NodeOf("n1", "4", "14Gi"), "apps"));
  nodes.upsert(in_pool(NodeOf("n2", "8", "12Gi"), "apps"));
  nodes.upsert(in_pool(NodeOf("gpu", "64", "220Gi"), "gpu"));
  nodes.upsert(in_pool(NodeOf("own", "2", "4Gi"), nullptr));
  const Amounts all{.cpu = 64'000, .memory = 220 * kGiB};
  const auto room_of = [&](const std::set<std::string>& runs_on) {
    return objects.Get()->LargestFor({.runs_on = runs_on}).Most();
  };
  EXPECT_EQ(room_of({"n1"}), (Amounts{.cpu = 8000, .memory = 14 * kGiB}));
  EXPECT_EQ(room_of({"n1", "gpu"}), all);
  EXPECT_EQ(room_of({"n1", "own"}), all) << "one is of no pool";
  EXPECT_EQ(room_of({}), all) << "it runs nowhere";
}

// Nodes of two pools, one of them tainted, and what a pod with that spec has room for on them.
struct PlacedPod : testing::Test {
  ClusterObjects objects;

  PlacedPod() {
    const WatchSink nodes = objects.nodes.Sink();
    const auto in_pool = [](json node, const char* pool) {
      node["metadata"]["labels"]["agentpool"] = pool;
      return node;
    };
    nodes.upsert(in_pool(NodeOf("n1", "4", "14Gi"), "apps"));
    json large = in_pool(NodeOf("n2", "8", "30Gi"), "apps");
    large["metadata"]["labels"]["size"] = "large";
    nodes.upsert(large);
    json gpu = in_pool(NodeOf("gpu", "64", "220Gi"), "gpu");
    gpu["spec"]["taints"] = {{{"key", "sku"}, {"value", "gpu"}, {"effect", "NoSchedule"}}};
    nodes.upsert(gpu);
  }

  [[nodiscard]] Bytes RoomOf(const json& spec, std::set<std::string> runs_on, NodeAmounts daemon_sets = {},
                             bool is_daemon_set = false) const {
    const Siting siting{.runs_on = std::move(runs_on),
                        .site = PodSite{.placement = ParsePlacement({{"spec", spec}}),
                                        .request = {.cpu = 100, .memory = kGiB}},
                        .is_daemon_set = is_daemon_set,
                        .daemon_sets = std::make_shared<const NodeAmounts>(std::move(daemon_sets))};
    return objects.Get()->LargestFor(siting).Most().memory;
  }
};

TEST_F(PlacedPod, HasTheRoomOfTheNodesThatItMayBePlacedOn) {
  EXPECT_EQ(RoomOf(json::object(), {}), 30 * kGiB) << "a taint that it does not tolerate";
  EXPECT_EQ(RoomOf({{"tolerations", {{{"operator", "Exists"}}}}}, {}), 220 * kGiB);
  EXPECT_EQ(RoomOf({{"nodeSelector", {{"size", "large"}}}}, {"n2"}), 30 * kGiB);
  EXPECT_EQ(RoomOf({{"tolerations", {{{"operator", "Exists"}}}}}, {"n1"}), 30 * kGiB)
      << "it might be on the other pool, but is not";
}

TEST_F(PlacedPod, IsAskedForAfterItsTemplateHasMoved) {
  const json moved = {{"nodeSelector", {{"agentpool", "gpu"}}}, {"tolerations", {{{"operator", "Exists"}}}}};
  EXPECT_EQ(RoomOf(moved, {"n1"}), 220 * kGiB);
  EXPECT_EQ(RoomOf({{"nodeSelector", {{"agentpool", "none"}}}}, {"n1"}), 30 * kGiB)
      << "nothing fits now: where it runs";
}

TEST_F(PlacedPod, SharesItsNodeWithDaemonSets) {
  const NodeAmounts daemon_sets = {{"n1", {.cpu = 500, .memory = 2 * kGiB}},
                                   {"n2", {.cpu = 500, .memory = 20 * kGiB}}};
  EXPECT_EQ(RoomOf(json::object(), {"n1"}, daemon_sets), 12 * kGiB);
  EXPECT_EQ(RoomOf(json::object(), {"n1"}, daemon_sets, true), 13 * kGiB)
      << "its own request is one of these";
  EXPECT_EQ(RoomOf({{"nodeSelector", {{"size", "large"}}}}, {}, {{"n2", {.cpu = 500, .memory = 40 * kGiB}}}),
            1)
      << "no room, which is not the same as no bound";
}

TEST(Surroundings, AreMadeAnewOnlyWhenSomethingThatIsKeptHasChanged) {
  ClusterObjects objects;
  const WatchSink nodes = objects.nodes.Sink();
  nodes.upsert(NodeOf("one", "4", "8Gi"));
  const auto before = objects.Get();
  json heartbeat = NodeOf("one", "4", "8Gi");
  heartbeat["status"]["conditions"] = {{{"type", "Ready"}, {"lastHeartbeatTime", "now"}}};
  nodes.upsert(heartbeat);
  EXPECT_EQ(objects.Get(), before);
  nodes.upsert(NodeOf("one", "3", "8Gi"));
  EXPECT_NE(objects.Get(), before);
}

TEST(ObjectCache, WhatANewListDoesNotHoldIsGoneAtItsEndAndNotBefore) {
  ObjectCache<ClusterNode> cache(ParseNode);
  const WatchSink sink = cache.Sink();
  sink.upsert(NodeOf("old", "4", "8Gi"));
  sink.begin_list();
  sink.upsert(NodeOf("new", "4", "8Gi"));
  EXPECT_TRUE(cache.Find("old"));
  EXPECT_FALSE(cache.Find("new"));
  sink.begin_list();  // the list expired while it was read
  sink.upsert(NodeOf("newer", "4", "8Gi"));
  sink.end_list();
  EXPECT_FALSE(cache.Find("old"));
  EXPECT_FALSE(cache.Find("new"));
  EXPECT_TRUE(cache.Find("newer"));
}

}  // namespace
}  // namespace loadline::collector
