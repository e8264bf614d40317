#include <gmock/gmock.h>

#include <map>

#include "collector/model/growth.h"
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
    return ContainerName{"shop/Deployment/cart", "shop", "Deployment", "cart", "app", "cart-7d9f-x2", spec};
  }
  bool NamesPods() const override { return true; }
  bool known = false;
  bool sandbox = false;
  std::optional<ContainerSpec> spec;

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
  SaveModel(model, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  EXPECT_THAT(pods_of(again), ElementsAre("cart-7d9f-x2"));
}

TEST_F(RenameTest, OneThatIsGoneBeforeItsNameComesIsNotLost) {
  node.Report(10s, {Busy(1, 5'000'000, 100 * kMiB)}, {PodContainer(1)}, {1});
  names.known = true;
  model.Rename(At(12s));
  EXPECT_NEAR(WorkloadViews(model).at(0)->containers.at(0).cpu_seconds_total, 5, 1e-9);
}

TEST_F(RenameTest, WhatGrewAndIsGoneIsToldByTheNameThatCameLater) {
  node.Report(10s, {Busy(1, 0, 10 * kMiB)}, {PodContainer(1)});
  node.Report(20s, {Busy(1, 0, 100 * kMiB)}, {}, {1});
  const auto grower = [&] { return MemoryGrowthOn(model, "node-1", {.at = At(25s), .span = 5min}).at(0); };
  EXPECT_TRUE(grower().awaits_name);
  names.known = true;
  model.Rename(At(25s));
  EXPECT_EQ(grower().workload_id, "shop/Deployment/cart");
  EXPECT_EQ(grower().container, "app");
  EXPECT_FALSE(grower().awaits_name);
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

struct SpecTest : RenameTest {
  const ContainerSpec asked{.request = {.cpu = 250, .memory = kGiB},
                            .limit = {.cpu = 250, .memory = kGiB},
                            .qos = wire::QosClass::kGuaranteed};

  // The kernel's weight would be 231m, and of memory it knows nothing.
  void Begin() {
    wire::CgroupIdentity identity = PodContainer(1);
    identity.qos = wire::QosClass::kBurstable;
    wire::ContainerWindow window = Busy(1, 5'000'000, 100 * kMiB);
    window.limits = wire::CgroupLimits{.cpu_limit = 250, .cpu_request = 231};
    node.Report(10s, {window}, {identity});
  }
  static ContainerView Only(const Model& of) { return WorkloadViews(of).at(0)->containers.at(0); }
};

TEST_F(SpecTest, RequestsAreTheSpecsAsSoonAsThePodIsKnown) {
  names.spec = asked;
  Begin();
  names.known = true;
  model.Rename(At(12s));
  const ContainerView view = Only(model);
  EXPECT_EQ(view.cpu_request, 250);
  EXPECT_EQ(view.memory_request, kGiB);
  EXPECT_EQ(view.memory_limit, kGiB);
  EXPECT_EQ(view.request_source, RequestSource::kSpec);
  EXPECT_EQ(view.qos, wire::QosClass::kGuaranteed);
}

// A kubelet writes it into the cgroup of a container that has none of its own.
TEST_F(SpecTest, ALimitThatIsThePodsIsSaidToBe) {
  names.known = true;
  names.spec = ContainerSpec{.pod_limit = {.cpu = 50, .memory = 0}};
  wire::ContainerWindow window = Busy(1, 400'000, kMiB);
  window.limits = wire::CgroupLimits{.cpu_limit = 50, .memory_limit = 64 * kMiB};
  window.throttle = wire::ThrottleWindow{.periods = 100, .throttled_periods = 90};
  node.Report(10s, {window}, {PodContainer(1)});
  EXPECT_EQ(Only(model).effective_cpu_limit, (LimitAt{50, LimitLevel::kPod}));
  EXPECT_EQ(Only(model).throttled_by, (LimitAt{50, LimitLevel::kPod}));
  EXPECT_EQ(Only(model).effective_memory_limit, (LimitAt{64 * kMiB, LimitLevel::kContainer}));
}

// A container that is killed again and again has no cgroup most of the time.
TEST_F(SpecTest, BetweenTwoCrashesItAsksForWhatItAskedFor) {
  names.spec = asked;
  names.known = true;
  Begin();
  node.Report(20s, {}, {}, {1});
  const ContainerView view = Only(model);
  EXPECT_EQ(view.replicas, 0U);
  EXPECT_EQ(view.memory_limit, kGiB);
  EXPECT_EQ(view.request_source, RequestSource::kSpec);
  EXPECT_EQ(view.qos, wire::QosClass::kGuaranteed);
}

TEST_F(SpecTest, WhatACgroupAsksForIsAGuess) {
  names.known = true;
  Begin();
  EXPECT_EQ(Only(model).cpu_request, 231);
  EXPECT_EQ(Only(model).request_source, RequestSource::kGuess);
  EXPECT_EQ(Only(model).qos, wire::QosClass::kBurstable) << "by the path of its cgroup";
}

TEST_F(SpecTest, ACgroupOfAGuaranteedPodAsksForItsLimits) {
  names.known = true;
  wire::CgroupIdentity identity = PodContainer(1);
  identity.qos = wire::QosClass::kGuaranteed;
  wire::ContainerWindow window = Busy(1, 5'000'000, 100 * kMiB);
  window.limits = wire::CgroupLimits{.cpu_limit = 250, .cpu_request = 231, .memory_limit = kGiB};
  node.Report(10s, {window}, {identity});
  EXPECT_EQ(Only(model).cpu_request, 250);
  EXPECT_EQ(Only(model).memory_request, kGiB);
}

TEST_F(SpecTest, AResizeIsKnownAndOutlivesARestart) {
  names.known = true;
  Begin();
  ContainerSpec resized = asked;
  resized.request.cpu = 500;
  resized.shares_pod_request = true;
  resized.kind = ContainerKind::kSidecar;
  resized.max_heap = 300 * kMiB;
  resized.policy = {.least = {.cpu = 100, .memory = 0},
                    .most = {.cpu = 0, .memory = kGiB},
                    .knob = 0.8,
                    .limits_stay = true};
  model.Specify({{"shop/Deployment/cart", "app", "another pod", asked},
                 {"shop/Deployment/cart", "log", "cart-7d9f-x2", asked},
                 {"shop/Deployment/cart", "app", "cart-7d9f-x2", resized}});
  EXPECT_EQ(Only(model).cpu_request, 500);
  EXPECT_EQ(Only(model).request_source, RequestSource::kPod);
  Model again{{}, names};
  SaveModel(model, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  again.replicas().ForEach([&](ReplicaId, const Replica& replica) {
    EXPECT_EQ(replica.spec, resized);
    EXPECT_EQ(replica.qos, wire::QosClass::kBurstable);
  });
}

}  // namespace
}  // namespace loadline::collector
