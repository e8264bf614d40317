#include "collector/kube/largest_nodes.h"

#include <gtest/gtest.h>

namespace loadline::collector {
namespace {

// Nodes n0 to n39 of four pools, larger by number; every third has a label that a pod may ask for.
std::shared_ptr<Surroundings> Cluster() {
  auto around = std::make_shared<Surroundings>();
  for (int i = 0; i < 40; ++i) {
    ClusterNode node;
    node.place.pool = std::string("pool") + std::to_string(i % 4);
    node.allocatable = {.cpu = 1000 + i, .memory = (4 + i) * kGiB};
    if (i % 3 == 0) node.traits.labels["disk"] = "fast";
    around->nodes.emplace("n" + std::to_string(i), std::move(node));
  }
  return around;
}

Siting Somewhere(int i, const std::shared_ptr<const NodeAmounts>& daemon_sets) {
  PodSite site{.request = {.cpu = 10, .memory = (i % 5) * kGiB}};
  if (i % 2 == 0)
    site.placement.selector = {{"disk", NodeRequirement::Operator::kIn, {i % 7 == 0 ? "none" : "fast"}}};
  Siting siting{
      .runs_on = {"n" + std::to_string(i % 40)}, .is_daemon_set = i % 3 == 0, .daemon_sets = daemon_sets};
  if (i % 11 == 0) siting.runs_on = {"n1", "n2", "elsewhere"};
  if (i % 13 != 0) siting.site = site;
  return siting;
}

TEST(LargestNodes, AreThoseThatWouldBeFoundAmongAllNodes) {
  LargestNodes largest;
  const auto around = Cluster();
  const auto asked = std::make_shared<const NodeAmounts>(
      NodeAmounts{{"n39", {.cpu = 500, .memory = 8 * kGiB}}, {"n30", {.cpu = 1, .memory = 2 * kGiB}}});
  for (int round = 0; round < 2; ++round)
    for (int i = 0; i < 1000; ++i)
      ASSERT_EQ(largest.For(around, Somewhere(i, asked)), around->LargestFor(Somewhere(i, asked))) << i;
}

TEST(LargestNodes, AreForgottenWhenNodesOrDaemonSetsChange) {
  LargestNodes largest;
  const auto before = Cluster();
  const auto none = std::make_shared<const NodeAmounts>();
  EXPECT_EQ(largest.For(before, {.daemon_sets = none}).Most().memory, 43 * kGiB);
  const auto after = Cluster();
  after->nodes.erase("n39");
  EXPECT_EQ(largest.For(after, {.daemon_sets = none}).Most().memory, 42 * kGiB);
  const auto asked = std::make_shared<const NodeAmounts>(NodeAmounts{{"n38", {.memory = 10 * kGiB}}});
  EXPECT_EQ(largest.For(after, {.daemon_sets = asked}).Most().memory, 41 * kGiB);
}

}  // namespace
}  // namespace loadline::collector
