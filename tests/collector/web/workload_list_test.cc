#include "collector/web/workload_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/web/saving.h"

namespace loadline::collector {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::shared_ptr<const WorkloadView> Workload(const char* name, ContainerView container,
                                             const char* node = "n1") {
  container.name = "app";
  return std::make_shared<WorkloadView>(WorkloadView{.id = std::string("shop/Deployment/") + name,
                                                     .namespace_name = "shop",
                                                     .kind = "Deployment",
                                                     .name = name,
                                                     .nodes = {node},
                                                     .containers = {container}});
}

Snapshot Shop() {
  Snapshot snapshot;
  snapshot.workloads = {Workload("calm", {.cpu_cores = 3}),
                        Workload("killed", {.cpu_cores = 1, .oom_kills = 2}, "n2"),
                        Workload("throttled", {.cpu_cores = 2, .throttled_share = 0.4})};
  return snapshot;
}

std::vector<std::string> Names(const Snapshot& snapshot, const WorkloadChoice& choice) {
  std::vector<std::string> names;
  const auto chosen = ChooseWorkloads(snapshot, choice);
  for (const auto& workload : chosen.value()) names.push_back(workload->name);
  return names;
}

TEST(WorkloadList, PutsFirstWhatNeedsSomebody) {
  Snapshot snapshot = Shop();
  EXPECT_THAT(Names(snapshot, {}), ElementsAre("killed", "throttled", "calm"));
  AlertView alert{.severity = Severity::kSev3,
                  .state = AlertState::kFiring,
                  .labels = {{"namespace", "shop"}, {"workload", "calm"}}};
  snapshot.alerts = {std::make_shared<const AlertView>(alert)};
  EXPECT_THAT(Names(snapshot, {}), ElementsAre("calm", "killed", "throttled"));
  alert.state = AlertState::kResolved;
  snapshot.alerts = {std::make_shared<const AlertView>(alert)};
  EXPECT_THAT(Names(snapshot, {}), ElementsAre("killed", "throttled", "calm"));
}

TEST(WorkloadList, SortsBothWays) {
  EXPECT_THAT(Names(Shop(), {.sort = "cpu"}), ElementsAre("calm", "throttled", "killed"));
  EXPECT_THAT(Names(Shop(), {.sort = "cpu", .descending = false}),
              ElementsAre("killed", "throttled", "calm"));
  EXPECT_THAT(Names(Shop(), {.sort = "name", .descending = false}),
              ElementsAre("calm", "killed", "throttled"));
  EXPECT_EQ(ChooseWorkloads(Shop(), {.sort = "colour"}).error().kind, ErrorKind::kInvalid);
}

TEST(WorkloadList, FindsEveryWordInAnyCase) {
  EXPECT_THAT(Names(Shop(), {.search = "SHOP thr"}), ElementsAre("throttled"));
  EXPECT_THAT(Names(Shop(), {.search = "n2"}), ElementsAre("killed"));
  EXPECT_THAT(Names(Shop(), {.search = "calm killed"}), IsEmpty());
  EXPECT_THAT(Names(Shop(), {.search = "", .node = "n2"}), ElementsAre("killed"));
  EXPECT_THAT(Names(Shop(), {.search = "", .namespace_name = "shopping"}), IsEmpty());
}

TEST(Saving, CountsEveryReplicaAndNothingWhereNothingIsReserved) {
  RecommendationView advice;
  advice.cpu = {.target = 100, .current_request = 250};
  advice.memory = {.target = 64 * kMiB};
  ContainerView container{.replicas = 3};
  EXPECT_EQ(SavingOf(container).cpu, 0);
  container.recommendation = std::make_shared<const RecommendationView>(advice);
  EXPECT_EQ(SavingOf(container).cpu, 450);
  EXPECT_EQ(SavingOf(container).memory, 0);
}

}  // namespace
}  // namespace loadline::collector
