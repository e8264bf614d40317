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

TEST(Surroundings, TheLargestNodeIsTakenResourceByResource) {
  ClusterObjects objects;
  const WatchSink nodes = objects.nodes.Sink();
  nodes.upsert(NodeOf("cpus", "16", "8Gi"));
  nodes.upsert(NodeOf("memory", "4", "64Gi"));
  EXPECT_EQ(objects.Get()->largest_allocatable, (Amounts{.cpu = 16'000, .memory = 64 * kGiB}));
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
