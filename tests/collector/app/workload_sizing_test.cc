#include "collector/app/workload_sizing.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "collector/model/advice_words.h"
#include "collector/model/view.h"
#include "collector/usage/checkpoints.h"
#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// All plain cgroups are replicas of one container.
class OneWorkload final : public NameResolver {
 public:
  explicit OneWorkload(std::string kind) : kind_(std::move(kind)) {}
  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion& question) const override {
    if (question.identity.kind != wire::CgroupKind::kPlain) return std::nullopt;
    return ContainerName{"shop/" + kind_ + "/cart",
                         "shop",
                         kind_,
                         "cart",
                         "server",
                         "cart-" + std::string(question.node),
                         spec};
  }
  std::optional<ContainerSpec> spec;

 private:
  const std::string kind_;
};

struct Does {
  std::string node;
  std::uint32_t cpu_ms = 1000;  // in each window of ten seconds
  Bytes memory = 100 * kMiB;
  MilliCores node_cpu = 4000;
  std::uint32_t cpus = 0;  // of its cpuset
};

// An hour of one replica on each node.
class Sized {
 public:
  Sized(const std::string& kind, const std::vector<Does>& replicas,
        const std::optional<ContainerSpec>& spec = {})
      : names_(kind) {
    names_.spec = spec;
    for (const Does& one : replicas) {
      model_.Greet({.node = one.node, .capacity = {.cpu = one.node_cpu, .memory = 16 * kGiB}}, At(0s));
      AgentFeed feed(model_, one.node);
      for (int i = 1; i <= 360; ++i) {
        std::vector<wire::CgroupIdentity> identities;
        if (i == 1) identities.push_back(PathIdentity(1, "/cart"));
        wire::ContainerWindow window = Busy(1, one.cpu_ms * 1000, one.memory);
        if (i == 1 && one.cpus > 0) window.cpu_bounds = wire::CpuBounds{.cpus = one.cpus};
        feed.Report(i * kWindow, {window}, identities);
      }
    }
  }
  // What the cluster says each node has.
  void Tell(const wire::NodeCapacity& capacity) {
    model_.Locate([&](const std::string&) { return NodeTold{{}, capacity}; }, At(1h));
  }
  // Ten days of another recommender, until we began.
  void TakeOver(double cores, Bytes memory) {
    ContainerUsage usage;
    for (Duration end = 0min; end < 240h; end += 1min) {
      usage.AddCpu({.at = At(end - 240h), .interval = 1min, .usage_cores = cores});
      usage.AddMemory({.at = At(end - 240h), .interval = 1min, .working_set = memory});
    }
    const ContainerUsage* const gone[] = {&usage};
    ASSERT_TRUE(model_.TakeOver(model_.workloads()[0].id, "server",
                                *ContainerUsage::FromCheckpoint(CheckpointOf({}, gone, At(0h))), At(1h)));
  }
  [[nodiscard]] RecommendationView With(const std::string& algorithm, const WorkloadRules& rules = {}) const {
    const auto made = *MakeAlgorithm(algorithm);
    const auto other = *MakeAlgorithm("vpa");
    const auto advice =
        WorkloadSizing(*made, other.get(), {}).Size(model_, model_.workloads()[0], rules, At(1h));
    EXPECT_THAT(advice, SizeIs(1));
    return *InWords(*advice.at(0).advice);
  }

 private:
  OneWorkload names_;
  Model model_{{}, names_};
};

const std::vector<Does> kTwoClasses = {{.node = "a", .cpu_ms = 500},
                                       {.node = "b", .cpu_ms = 500},
                                       {.node = "big", .cpu_ms = 15'000, .node_cpu = 64'000}};

TEST(WorkloadSizing, ADaemonSetIsSizedByClassOfNode) {
  const RecommendationView view = Sized("DaemonSet", kTwoClasses).With("loadline");
  ASSERT_THAT(view.node_classes, SizeIs(2));
  EXPECT_EQ(view.node_classes[0].node_class, "4 CPUs, 16 GiB");
  EXPECT_EQ(view.node_classes[0].replicas, 2u);
  EXPECT_LT(view.node_classes[0].cpu.target, 100);
  EXPECT_EQ(view.node_classes[1].node_class, "64 CPUs, 16 GiB");
  EXPECT_GE(view.node_classes[1].cpu.target, 1500);
  // While all share one template they need what the neediest does.
  EXPECT_EQ(view.cpu.target, view.node_classes[1].cpu.target);
  EXPECT_THAT(view.cpu.reason, HasSubstr("64 CPUs, 16 GiB need most"));
  EXPECT_TRUE(view.outliers.empty());
  ASSERT_THAT(view.compared, SizeIs(1));
  EXPECT_TRUE(view.compared[0]->node_classes.empty());  // upstream knows no classes
}

TEST(WorkloadSizing, OfOtherWorkloadsTheOddReplicaIsNamed) {
  const RecommendationView view = Sized("Deployment", kTwoClasses).With("loadline");
  EXPECT_TRUE(view.node_classes.empty());
  ASSERT_THAT(view.outliers, SizeIs(1));
  EXPECT_EQ(view.outliers[0].node, "big");
  EXPECT_EQ(view.outliers[0].cgroup, "/cart");
  EXPECT_EQ(view.outliers[0].pod, "cart-big");
  EXPECT_EQ(view.outliers[0].resource, Resource::kCpu);
  EXPECT_NEAR(view.outliers[0].times_the_median, 30, 1);
  EXPECT_THAT(view.cpu.reason, HasSubstr("The replica on big (pod cart-big) needs"));
}

// The static CPU manager has given it four CPUs of eight, for it asks for whole ones.
TEST(WorkloadSizing, WhoHasCpusOfItsOwnKeepsToWholeOnes) {
  const ContainerSpec pinned{.request = {.cpu = 4000, .memory = kGiB},
                             .limit = {.cpu = 4000, .memory = kGiB},
                             .qos = wire::QosClass::kGuaranteed};
  const auto sized = [&](std::uint32_t cpu_ms) {
    return Sized("Deployment", {{.node = "a", .cpu_ms = cpu_ms, .node_cpu = 8000, .cpus = 4}}, pinned)
        .With("loadline");
  };
  const RecommendationView idle = sized(14'500);
  EXPECT_EQ(idle.cpu.target, 2000);
  EXPECT_THAT(idle.cpu.reason, HasSubstr("rounded up to whole CPUs"));
  const RecommendationView full = sized(39'900);
  EXPECT_EQ(full.cpu.target, 4000);
}

TEST(WorkloadSizing, WhoSharesSomeCpusIsToldHowManyThereAre) {
  const ContainerSpec burstable{.request = {.cpu = 100}, .qos = wire::QosClass::kBurstable};
  const RecommendationView view =
      Sized("Deployment", {{.node = "a", .cpu_ms = 19'900, .node_cpu = 8000, .cpus = 2}}, burstable)
          .With("loadline");
  EXPECT_EQ(view.cpu.target, 2000);
  EXPECT_THAT(view.cpu.reason, HasSubstr("lowered to the CPUs that its cpuset lets it run on"));
}

TEST(WorkloadSizing, WhatOneNodeAloneSaysIsWeighedAndTheNodeNamed) {
  std::vector<Does> replicas = {{.node = "a"}, {.node = "b"}, {.node = "c"}, {.node = "d"}};
  const RecommendationView honest = Sized("Deployment", replicas).With("loadline");
  replicas.push_back({.node = "liar", .cpu_ms = 4'000'000, .memory = 900 * kGiB});
  const RecommendationView view = Sized("Deployment", replicas).With("loadline");
  EXPECT_LE(view.cpu.target, 5 * honest.cpu.target);
  EXPECT_LE(view.memory.target, 5 * honest.memory.target);
  EXPECT_LE(view.memory.upper, 5 * honest.memory.upper);
  ASSERT_THAT(view.outliers, SizeIs(2));
  for (const OddReplica& odd : view.outliers) {
    EXPECT_EQ(odd.node, "liar");
    EXPECT_GT(odd.times_the_others, 100);
  }
  EXPECT_THAT(view.notes, Contains(AllOf(HasSubstr("What liar (pod cart-liar) alone says would ask for"),
                                         HasSubstr("times the memory"), HasSubstr("at most 4.2 times"))));
  EXPECT_THAT(view.memory.reason, HasSubstr("lowered, because one node alone says so"));
  ASSERT_THAT(view.compared, SizeIs(1));
  EXPECT_LT(view.compared[0]->memory.target, 2 * kGiB) << "upstream's answer is weighed as well";
}

TEST(WorkloadSizing, NoAgentPutsItselfIntoAClassOfItsOwn) {
  const std::vector<Does> replicas = {{.node = "a"},
                                      {.node = "b"},
                                      {.node = "c"},
                                      {.node = "liar", .memory = 900 * kGiB, .node_cpu = 512'000}};
  Sized sized("DaemonSet", replicas);
  sized.Tell({.cpu = 4000, .memory = 16 * kGiB});
  const RecommendationView view = sized.With("loadline");
  EXPECT_TRUE(view.node_classes.empty());
  EXPECT_LT(view.memory.target, kGiB);
}

TEST(WorkloadSizing, TheRulesOfTheClusterBoundOursAndNotUpstreams) {
  const Sized sized("Deployment", {{.node = "a", .cpu_ms = 5000}});
  WorkloadRules rules;
  rules.node_rooms = NodeRooms({.cpu = 300, .memory = kGiB});
  const RecommendationView bound = sized.With("loadline", rules);
  EXPECT_EQ(bound.cpu.target, 300);
  EXPECT_GT(bound.cpu.uncapped, 500);
  EXPECT_GT(bound.compared.at(0)->cpu.target, 500);
  rules.pod_bounds.most.cpu = 200;
  EXPECT_EQ(sized.With("loadline", rules).cpu.target, 200);
  rules = {};
  rules.horizontal = {{Resource::kCpu, 0.5, "server"}};
  EXPECT_NEAR(static_cast<double>(sized.With("loadline", rules).cpu.target), 1000, 40);
}

TEST(WorkloadSizing, AHistoryThatIsTakenOverCountsForEveryAlgorithmAndSaysSo) {
  Sized sized("Deployment", {{"node-1"}});
  const RecommendationView before = sized.With("loadline");
  sized.TakeOver(1, kGiB);
  for (const char* algorithm : {"loadline", "vpa"}) {
    const RecommendationView view = sized.With(algorithm);
    EXPECT_GT(view.cpu.target, 900) << algorithm;
    EXPECT_GT(view.memory.target, static_cast<std::int64_t>(kGiB * 9 / 10)) << algorithm;
    EXPECT_GT(view.confidence, 9) << algorithm;
    ASSERT_FALSE(view.notes.empty()) << algorithm;
    EXPECT_THAT(view.notes.back(), HasSubstr("10.0 days of its history are from the checkpoint"));
  }
  EXPECT_LT(before.cpu.target, 300);
}

TEST(WorkloadSizing, AHistoryThatIsTakenOverCountsForEachClassOfNodes) {
  Sized sized("DaemonSet", {{"small", 1000, 100 * kMiB, 2000}, {"large", 1000, 100 * kMiB, 16'000}});
  sized.TakeOver(1, kGiB);
  const RecommendationView view = sized.With("loadline");
  ASSERT_THAT(view.node_classes, SizeIs(2));
  for (const NodeClassAdvice& node_class : view.node_classes) {
    EXPECT_EQ(node_class.replicas, 1u);
    EXPECT_GT(node_class.cpu.target, 900) << node_class.node_class;
  }
}

// A cgroup /POD/CONTAINER is that container of that pod.
class PodsOfOneWorkload final : public NameResolver {
 public:
  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion& question) const override {
    const std::string& path = question.identity.path;
    const std::size_t slash = path.rfind('/');
    return ContainerName{"shop/Deployment/cart",   "shop", "Deployment", "cart", path.substr(slash + 1),
                         path.substr(1, slash - 1)};
  }
};

// A pod with an app of 2 GiB and a cache of 3; a version without the cache comes after a day.
class CacheRemoved : public ::testing::Test {
 protected:
  CacheRemoved() {
    for (Duration end = 1min; end <= 24h; end += 1min) {
      std::vector<wire::CgroupIdentity> identities;
      if (end == 1min) identities = {PathIdentity(1, "/old/app"), PathIdentity(2, "/old/cache")};
      feed_.Report(end, {Busy(1, 500'000, 2 * kGiB), Busy(2, 500'000, 3 * kGiB)}, identities);
    }
  }
  void Replace() {
    feed_.Report(24h + 1min, {Busy(3, 500'000, 2 * kGiB)}, {PathIdentity(3, "/new/app")}, {1, 2});
    now_ = 24h + 1min;
  }
  [[nodiscard]] std::map<std::string, RecommendationView> Sized(const WorkloadRules& rules) const {
    const auto ours = *MakeAlgorithm("loadline");
    std::map<std::string, RecommendationView> sized;
    for (const auto& one :
         WorkloadSizing(*ours, nullptr, {}).Size(model_, model_.workloads()[0], rules, At(now_)))
      sized.emplace(model_.containers()[one.container].name, *InWords(*one.advice));
    return sized;
  }
  [[nodiscard]] std::vector<std::string> Shown() const {
    std::vector<std::string> names;
    for (const ContainerView& container : WorkloadViews(model_).at(0)->containers)
      names.push_back(container.name);
    return names;
  }

  PodsOfOneWorkload names_;
  Model model_{{}, names_};
  AgentFeed feed_{model_, "node-1"};
  Duration now_ = 24h;
};

TEST_F(CacheRemoved, AContainerThatNoPodHasAnyMoreCountsNoMore) {
  WorkloadRules rules;
  rules.pod_bounds.most.memory = 4 * kGiB;
  EXPECT_LT(Sized(rules).at("app").memory.target, 2 * kGiB) << "while both run they share the bound";
  Replace();
  const auto sized = Sized(rules);
  EXPECT_THAT(sized, SizeIs(1));
  EXPECT_GE(sized.at("app").memory.target, 2 * kGiB);
  EXPECT_THAT(Shown(), ElementsAre("app"));
}

TEST_F(CacheRemoved, BetweenTwoCrashesItStillCounts) {
  feed_.Report(24h + 10s, {Busy(1, 500'000, 2 * kGiB)}, {}, {2});
  EXPECT_THAT(Sized({}), SizeIs(2));
  EXPECT_THAT(Shown(), ElementsAre("app", "cache"));
}

TEST_F(CacheRemoved, OneThatHasNotBegunInTheNewPodStillCounts) {
  Replace();
  model_.Specify({{"shop/Deployment/cart", "cache", "new", {}}});
  EXPECT_THAT(Sized({}), SizeIs(2));
}

TEST_F(CacheRemoved, ScaledToZeroAllCount) {
  feed_.Report(24h + 10s, {}, {}, {1, 2});
  EXPECT_THAT(Sized({}), SizeIs(2));
  EXPECT_THAT(Shown(), ElementsAre("app", "cache"));
}

TEST_F(CacheRemoved, WhatThePodsSpecSaysIsObeyed) {
  ContainerSpec spec{.request = {.cpu = 50, .memory = 2 * kGiB}, .limit = {.cpu = 0, .memory = 3 * kGiB}};
  spec.policy = {.least = {.cpu = 700, .memory = 0}, .most = {}, .knob = {}, .limits_stay = true};
  spec.max_heap = 4 * kGiB;
  model_.Specify({{"shop/Deployment/cart", "app", "old", spec}});
  const RecommendationView app = Sized({}).at("app");
  EXPECT_EQ(app.cpu.target, 700);
  EXPECT_THAT(app.cpu.reason, HasSubstr("raised to the policy's minimum"));
  EXPECT_EQ(app.memory.target, 3 * kGiB) << "the heap asks for more than its limit, which stays";
}

TEST_F(CacheRemoved, WhatRunsBeforeTheOthersIsInNoSumWithThem) {
  model_.Specify({{"shop/Deployment/cart", "cache", "old", {.kind = ContainerKind::kInit}}});
  WorkloadRules rules;
  rules.node_rooms = NodeRooms({.cpu = 8000, .memory = 4 * kGiB});
  const auto sized = Sized(rules);
  EXPECT_GE(sized.at("app").memory.target, 2 * kGiB);
  EXPECT_GE(sized.at("cache").memory.target, 3 * kGiB);
}

TEST_F(CacheRemoved, WhatSomebodyLooksIntoThePodWithIsNotSized) {
  model_.Specify({{"shop/Deployment/cart", "cache", "old", {.kind = ContainerKind::kEphemeral}}});
  EXPECT_THAT(Sized({}), SizeIs(1));
}

TEST_F(CacheRemoved, ThePodFitsTheNodeAsAWhole) {
  WorkloadRules rules;
  rules.node_rooms = NodeRooms({.cpu = 8000, .memory = 4 * kGiB});
  const auto sized = Sized(rules);
  EXPECT_LE(sized.at("app").memory.target + sized.at("cache").memory.target, 4 * kGiB);
  EXPECT_THAT(sized.at("app").memory.reason, HasSubstr("the largest node that its pods run on"));
}

TEST(WorkloadSizing, OneContainerHasNoMoreThanOneNodeHas) {
  const Sized sized("Deployment", {{.node = "a", .cpu_ms = 5000, .memory = 6 * kGiB}});
  WorkloadRules rules;
  rules.node_rooms.Add({.cpu = 16'000, .memory = 4 * kGiB});
  rules.node_rooms.Add({.cpu = 300, .memory = 64 * kGiB});
  const RecommendationView bound = sized.With("loadline", rules);
  EXPECT_EQ(bound.cpu.target, 300);
  EXPECT_GE(bound.memory.target, 6 * kGiB);
  EXPECT_THAT(bound.cpu.reason, HasSubstr("the largest node that its pods run on"));
}

// Ten minutes of a container that its limit of 100m stops in every period.
RecommendationView OfThrottled(wire::QosClass qos, const char* algorithm) {
  OneWorkload names("Deployment");
  const Amounts amounts{.cpu = 100, .memory = kGiB};
  names.spec = ContainerSpec{.request = amounts, .limit = amounts, .qos = qos};
  Model model{{}, names};
  AgentFeed feed(model, "a");
  for (int i = 1; i <= 60; ++i) {
    wire::ContainerWindow window = Busy(1, 1'000'000, 100 * kMiB);
    window.throttle =
        wire::ThrottleWindow{.periods = 100, .throttled_periods = 100, .throttled_us = 4'000'000};
    window.limits = wire::CgroupLimits{.cpu_limit = 100, .cpu_request = 95};
    std::vector<wire::CgroupIdentity> identities;
    if (i == 1) identities.push_back(PathIdentity(1, "/cart"));
    feed.Report(i * kWindow, {window}, identities);
  }
  const auto made = *MakeAlgorithm(algorithm);
  const auto sized = WorkloadSizing(*made, nullptr, {}).Size(model, model.workloads()[0], {}, At(10min));
  return *InWords(*sized.at(0).advice);
}

TEST(WorkloadSizing, AGuaranteedPodIsToldToRaiseItsLimitAndOthersToRemoveTheirs) {
  const RecommendationView guaranteed = OfThrottled(wire::QosClass::kGuaranteed, "loadline");
  EXPECT_GT(guaranteed.cpu.target, 400);
  EXPECT_EQ(guaranteed.cpu.current_request, 100) << "what the spec says, and not the kernel's weight";
  EXPECT_THAT(guaranteed.notes,
              Contains(HasSubstr("Raise the CPU limit to " + FormatCpu(guaranteed.cpu.target))));
  EXPECT_THAT(guaranteed.notes,
              Contains("Memory limit to go with it: " + FormatBytes(guaranteed.memory.target) + "."));
  EXPECT_LT(guaranteed.memory.target, *guaranteed.memory.current_request);
  EXPECT_THAT(OfThrottled(wire::QosClass::kBurstable, "loadline").notes,
              Contains(HasSubstr("Remove the CPU limit")));
}

}  // namespace
}  // namespace loadline::collector
