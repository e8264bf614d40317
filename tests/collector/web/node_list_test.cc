#include "collector/web/node_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "collector/web/api.h"

namespace loadline::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Snapshot Three() {
  Snapshot snapshot;
  snapshot.nodes = {
      {.name = "a",
       .place = {.pool = "spot", .zone = "eastus-1"},
       .state = NodeState::kReporting,
       .kernel_version = "6.1.0",
       .capacity = {.cpu = 8000, .memory = 32 * kGiB},
       .cpu_used_cores = 2,
       .memory_used = 16 * kGiB,
       .memory_pressure = 0.3},
      {.name = "b",
       .place = {.pool = "spot", .zone = "eastus-2"},
       .state = NodeState::kSilent,
       .capacity = {.cpu = 4000, .memory = 8 * kGiB},
       .cpu_used_cores = 3,
       .memory_used = 2 * kGiB,
       .io_pressure = 0.5},
      {.name = "c", .place = {.pool = "system"}, .state = NodeState::kStale, .cpu_used_cores = 1}};
  return snapshot;
}

std::vector<std::string> Names(const NodeChoice& choice) {
  const Snapshot snapshot = Three();
  std::vector<std::string> names;
  const auto chosen = ChooseNodes(snapshot, choice);
  for (const NodeView* node : chosen.value()) names.push_back(node->name);
  return names;
}

TEST(NodeList, IsInTheOrderOfNamesUnlessItIsAskedForAnother) {
  EXPECT_THAT(Names({}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Names({.sort = "name", .descending = true}), ElementsAre("c", "b", "a"));
  EXPECT_EQ(ChooseNodes(Three(), {.sort = "colour"}).error().kind, ErrorKind::kInvalid);
}

TEST(NodeList, PutsFirstWhatNeedsSomebody) {
  EXPECT_THAT(Names({.sort = "attention", .descending = true}), ElementsAre("b", "c", "a"));
}

TEST(NodeList, SortsByTheShareOfWhatTheNodeHas) {
  EXPECT_THAT(Names({.sort = "cpu", .descending = true}), ElementsAre("b", "a", "c"));
  EXPECT_THAT(Names({.sort = "memory", .descending = true}), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Names({.sort = "pressure", .descending = true}), ElementsAre("b", "a", "c"));
}

TEST(NodeList, FindsEveryWordInAnyCase) {
  EXPECT_THAT(Names({.search = "Spot EASTUS-2"}), ElementsAre("b"));
  EXPECT_THAT(Names({.search = "silent"}), ElementsAre("b"));
  EXPECT_THAT(Names({.search = "6.1"}), ElementsAre("a"));
  EXPECT_THAT(Names({.search = "spot system"}), IsEmpty());
}

nlohmann::json Ask(const Snapshot& snapshot, std::string_view path, const Query& query = {}) {
  return nlohmann::json::parse(AnswerApi(path, query, snapshot).body);
}

TEST(NodeList, TheThousandAndFirstIsFoundByNameBySearchAndByPage) {
  Snapshot snapshot;
  for (int i = 0; i < 1500; ++i) snapshot.nodes.push_back({.name = "node-" + std::to_string(10'000 + i)});
  EXPECT_EQ(Ask(snapshot, "/api/v1/nodes/node-11000").at("node").at("name"), "node-11000");
  const auto found = Ask(snapshot, "/api/v1/nodes", {{"search", "11000"}});
  EXPECT_EQ(found.at("total"), 1);
  EXPECT_EQ(found.at("items")[0].at("name"), "node-11000");
  const auto page = Ask(snapshot, "/api/v1/nodes", {{"offset", "1000"}, {"limit", "1000"}});
  EXPECT_EQ(page.at("total"), 1500);
  EXPECT_EQ(page.at("items").size(), 500U);
  EXPECT_EQ(page.at("items")[0].at("name"), "node-11000");
}

TEST(NodeList, OneNodeComesWithItsOwnAlertsAndHappenings) {
  Snapshot snapshot = Three();
  for (const auto& [rule, node] : {std::pair("NodeSilent", "b"), {"NodeStale", "c"}})
    snapshot.alerts.push_back(
        std::make_shared<const AlertView>(AlertView{.rule = rule, .labels = {{"node", node}}}));
  snapshot.happenings = {{.kind = "node_silent", .node = "b"}, {.kind = "node_stale", .node = "c"}};
  const auto one = Ask(snapshot, "/api/v1/nodes/b");
  ASSERT_EQ(one.at("alerts").size(), 1U);
  EXPECT_EQ(one.at("alerts")[0].at("rule"), "NodeSilent");
  ASSERT_EQ(one.at("happenings").size(), 1U);
  EXPECT_EQ(one.at("happenings")[0].at("kind"), "node_silent");
  EXPECT_EQ(AnswerApi("/api/v1/nodes/d", {}, snapshot).status, 404);
}

}  // namespace
}  // namespace loadline::collector
