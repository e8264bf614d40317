#include <gmock/gmock.h>

#include <map>

#include "collector/model/model.h"
#include "collector/model/view.h"
#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const std::string kId(64, 'c');

wire::CgroupIdentity PodContainer(std::uint32_t ref) {
  return {.ref = ref,
          .kind = wire::CgroupKind::kPodContainer,
          .path = "/kubepods/podu1/" + kId,
          .pod_uid = "u1",
          .container_id = kId};
}

// Knows the container of pod u1 once it is told.
class LateNames final : public NameResolver {
 public:
  std::optional<ContainerName> Resolve(const NameQuestion& question) const override {
    if (sandbox && question.haste == NameQuestion::Haste::kLate) return std::nullopt;
    if (!known || !kId.starts_with(question.identity.container_id)) return cgroups_.Resolve(question);
    return ContainerName{"shop/Deployment/cart", "shop", "Deployment", "cart", "app", "cart-7d9f-x2"};
  }
  bool NamesPods() const override { return true; }
  bool known = false;
  bool sandbox = false;

 private:
  CgroupNames cgroups_;
};

struct RenameTest : testing::Test {
  LateNames names;
  Model model{{}, names};
  AgentFeed node{model, "node-1"};

  std::vector<std::string> Shown() const {
    std::vector<std::string> ids;
    for (const auto& workload : WorkloadViews(model)) ids.push_back(workload->id);
    return ids;
  }
};

TEST_F(RenameTest, AContainerBearsItsNameFromItsFirstWindowOnWhenTheNameComesLate) {
  node.Report(10s, {Busy(1, 5'000'000, 100 * kMiB)}, {PodContainer(1)});
  EXPECT_THAT(Shown(), ElementsAre());
  names.known = true;
  model.Rename(At(12s));
  EXPECT_THAT(Shown(), ElementsAre("shop/Deployment/cart"));
  node.Report(20s, {Busy(1, 5'000'000, 100 * kMiB)});
  const auto workload = WorkloadViews(model).at(0);
  EXPECT_EQ(workload->containers.at(0).name, "app");
  EXPECT_NEAR(workload->containers.at(0).cpu_seconds_total, 10, 1e-9) << "both windows";
  EXPECT_EQ(model.workloads().size(), 1U);
  EXPECT_EQ(model.containers().size(), 1U);
}

TEST_F(RenameTest, AReplicaKnowsItsPodAlsoAfterARestart) {
  const auto pods_of = [](const Model& of) {
    std::vector<std::string> pods;
    of.replicas().ForEach([&](ReplicaId, const Replica& replica) { pods.push_back(replica.pod); });
    return pods;
  };
  node.Report(10s, {Busy(1, 5'000'000, 100 * kMiB)}, {PodContainer(1)});
  EXPECT_THAT(pods_of(model), ElementsAre(""));
  names.known = true;
  model.Rename(At(12s));
  EXPECT_THAT(pods_of(model), ElementsAre("cart-7d9f-x2"));
  Model again{{}, names};
  model.Save([&](const std::string& piece) { EXPECT_TRUE(again.Load(piece)); });
  EXPECT_THAT(pods_of(again), ElementsAre("cart-7d9f-x2"));
}

TEST_F(RenameTest, OneThatIsGoneBeforeItsNameComesIsNotLost) {
  node.Report(10s, {Busy(1, 5'000'000, 100 * kMiB)}, {PodContainer(1)}, {1});
  names.known = true;
  model.Rename(At(12s));
  EXPECT_NEAR(WorkloadViews(model).at(0)->containers.at(0).cpu_seconds_total, 5, 1e-9);
}

TEST_F(RenameTest, WhatTurnsOutToBeTheSandboxIsDroppedAndNotMeasuredAnyMore) {
  node.Report(10s, {Busy(1, 1'000, kMiB)}, {PodContainer(1)});
  names.sandbox = true;
  model.Rename(At(12s));
  EXPECT_EQ(model.containers().size(), 1U) << "not so soon";
  model.Rename(At(40s));
  EXPECT_EQ(model.containers().size(), 0U);
  EXPECT_EQ(model.workloads().size(), 0U);
  node.Report(50s, {Busy(1, 1'000, kMiB)});
  EXPECT_EQ(model.containers().size(), 0U);
  EXPECT_EQ(model.unknown_refs(), 0U);
}

}  // namespace
}  // namespace loadline::collector
