#include "collector/web/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace loadline::collector {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;
using testing::SizeIs;

Snapshot CartOn(std::vector<std::string> nodes) {
  Snapshot snapshot;
  snapshot.workloads = {
      std::make_shared<WorkloadView>(WorkloadView{.id = "shop/Deployment/cart",
                                                  .namespace_name = "shop",
                                                  .kind = "Deployment",
                                                  .name = "cart",
                                                  .nodes = std::move(nodes),
                                                  .containers = {{.name = "app", .cpu_cores = 2}}})};
  return snapshot;
}

// The samples of families whose names begin so.
std::vector<std::string> Samples(const Snapshot& snapshot, const std::string& family) {
  std::string text;
  WriteMetrics(snapshot, [&](std::string_view part) {
    text += part;
    return true;
  });
  std::vector<std::string> samples;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(family)) samples.push_back(line);
  }
  return samples;
}

TEST(Metrics, TheSeriesOfAContainerAreTheSameWhereverItsReplicasRun) {
  const auto before = Samples(CartOn({"node-1"}), "loadline_container_");
  EXPECT_THAT(before, Not(SizeIs(0)));
  EXPECT_THAT(before, Contains("loadline_container_cpu_usage_cores{workload=\"shop/Deployment/cart\","
                               "namespace=\"shop\",container=\"app\"} 2"));
  EXPECT_EQ(Samples(CartOn({"node-2"}), "loadline_container_"), before);
  EXPECT_EQ(Samples(CartOn({"node-1", "node-2"}), "loadline_container_"), before);
}

TEST(Metrics, ACounterIsAnEventByItsNameOrAFamilyOfItsOwn) {
  Snapshot snapshot;
  ContainerView app{.name = "app"};
  app.counters[wire::Counter::kRunQueueWaits] = 3;
  app.counters[wire::Counter::kIoReads] = 4;
  snapshot.workloads = {
      std::make_shared<WorkloadView>(WorkloadView{.id = "unit/a.service", .containers = {app}})};
  EXPECT_THAT(Samples(snapshot, "loadline_container_events_total"),
              ElementsAre("loadline_container_events_total{workload=\"unit/a.service\",container=\"app\","
                          "event=\"run_queue_waits\"} 3"));
  EXPECT_THAT(
      Samples(snapshot, "loadline_container_io_reads_total"),
      ElementsAre("loadline_container_io_reads_total{workload=\"unit/a.service\",container=\"app\"} 4"));
}

TEST(Metrics, TheNodesOfAWorkloadAreAFamilyOfTheirOwn) {
  EXPECT_THAT(Samples(CartOn({"node-1", "node-2"}), "loadline_workload_node_info"),
              ElementsAre("loadline_workload_node_info{workload=\"shop/Deployment/"
                          "cart\",namespace=\"shop\",node=\"node-1\"} 1",
                          "loadline_workload_node_info{workload=\"shop/Deployment/"
                          "cart\",namespace=\"shop\",node=\"node-2\"} 1"));
}

}  // namespace
}  // namespace loadline::collector
