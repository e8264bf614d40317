#include "collector/recommend/rules.h"

#include <gtest/gtest.h>

#include "collector/recommend/caps.h"

namespace loadline::collector {
namespace {

Recommendation Asking(const Amounts& target) {
  Recommendation recommendation;
  for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
    Sizing& sizing = recommendation.Of(resource);
    sizing.lower = sizing.target = sizing.upper = sizing.uncapped = target.Of(resource);
  }
  return recommendation;
}

TEST(Rounding, IsUpToTheNextMultiple) {
  EXPECT_EQ(RoundUpTo(100, 7), 105);
  EXPECT_EQ(RoundUpTo(105, 7), 105);
  EXPECT_EQ(RoundUpTo(1'231'241, 13), 1'231'243);
  EXPECT_EQ(RoundUpTo(839'500'000, 128 * kMiB), 896 * kMiB);
  EXPECT_EQ(RoundUpTo(100, 1), 100);
  EXPECT_EQ(RoundUpTo(0, 7), 0);
}

TEST(Rules, AHorizontalAutoscalerIsForTheContainerItNames) {
  WorkloadRules rules;
  rules.horizontal = {{Resource::kCpu, 0.6, "server"}, {Resource::kMemory, 0.8, ""}};
  Context server, sidecar;
  EnterRules(rules, "server", 1, server);
  EnterRules(rules, "sidecar", 1, sidecar);
  EXPECT_EQ(server.hpa.cpu, 0.6);
  EXPECT_EQ(sidecar.hpa.cpu, 0);
  EXPECT_EQ(sidecar.hpa.memory, 0.8);
}

TEST(Rules, WhatAQuotaLeavesIsSharedByReplicasAndContainers) {
  WorkloadRules rules;
  rules.cpu_quota_left = 1200;
  rules.memory_quota_left = 0;
  Context context{.request = {.cpu = 100, .memory = 256 * kMiB}, .containers_in_pod = 2};
  EnterRules(rules, "server", 3, context);
  EXPECT_EQ(context.quota_left, (Amounts{.cpu = 300, .memory = 256 * kMiB}));  // 100 + 1200 / (3 * 2)
  EnterRules({}, "server", 3, context);
  EXPECT_EQ(context.quota_left, Amounts{});
}

TEST(Rules, AQuotaThatIsOverspentTakesNothingAway) {
  WorkloadRules rules;
  rules.cpu_quota_left = -500;
  Context context{.request = {.cpu = 100}};
  EnterRules(rules, "server", 1, context);
  EXPECT_EQ(context.quota_left.cpu, 100);
}

// 2 CPUs and 200 MB under a range of at most 1 CPU and at least 500 MB.
TEST(LimitRange, LowersToItsHighestAndRaisesToItsLeast) {
  Recommendation recommendation = Asking({.cpu = 2000, .memory = 200'000'000});
  ApplySurroundings(recommendation, {.request = {.cpu = 1000, .memory = 1'000'000'000},
                                     .limit = {.cpu = 1000, .memory = 1'000'000'000},
                                     .limit_range_min = {.memory = 500'000'000},
                                     .limit_range_max = {.cpu = 1000}});
  EXPECT_EQ(recommendation.cpu.target, 1000);
  EXPECT_EQ(recommendation.memory.target, 500'000'000);
  EXPECT_EQ(recommendation.cpu.uncapped, 2000);
  EXPECT_EQ(recommendation.cpu.reason.caps, std::vector{Cap::kLimitRangeMax});
  EXPECT_EQ(recommendation.memory.reason.caps, std::vector{Cap::kLimitRangeMin});
}

TEST(LimitRange, BoundsTheLimitThatMovesWithTheRequest) {
  Recommendation recommendation = Asking({.cpu = 900});
  // The limit is twice the request, and may be 1000m.
  ApplySurroundings(recommendation,
                    {.request = {.cpu = 400}, .limit = {.cpu = 800}, .limit_range_max = {.cpu = 1000}});
  EXPECT_EQ(recommendation.cpu.target, 500);
}

struct Pod {
  Recommendation first, second;
  Context first_has, second_has;
  void Apply(const AmountBounds& bounds) {
    ApplyPodBounds(bounds, std::vector<PodPart>{{&first, &first_has}, {&second, &second_has}});
  }
};

// The highest does not divide into whole bytes.
TEST(LimitRangeOfPods, IsSplitInProportionAndCutToWholeBytes) {
  const Context equal{.request = {.memory = 50'000'000}, .limit = {.memory = 50'000'000}};
  Pod pod{Asking({.memory = kGiB}), Asking({.memory = 2 * kGiB}), equal, equal};
  pod.Apply({.most = {.memory = kGiB}});
  EXPECT_EQ(pod.first.memory.target, 357'913'941);
  EXPECT_EQ(pod.second.memory.target, 715'827'882);
  EXPECT_EQ(pod.first.memory.reason.caps, std::vector{Cap::kPodMax});

  pod = {Asking({.memory = kGiB}), Asking({.memory = 2 * kGiB}), equal, equal};
  pod.Apply({.least = {.memory = 4 * kGiB}});
  EXPECT_EQ(pod.first.memory.target, 1'431'655'765);
  EXPECT_EQ(pod.second.memory.target, 2'863'311'530);
}

TEST(LimitRangeOfPods, CountsLimitsUpwardsAndRequestsDownwards) {
  const Context whole{.request = {.cpu = 1000}, .limit = {.cpu = 1000}};
  Pod pod{Asking({.cpu = 1000}), Asking({.cpu = 1000}), whole, whole};
  pod.Apply({.most = {.cpu = 1000}});
  EXPECT_EQ(pod.first.cpu.target, 500);
  EXPECT_EQ(pod.second.cpu.target, 500);

  const Context doubled{.request = {.memory = 50'000'000}, .limit = {.memory = 100'000'000}};
  pod = {Asking({.memory = 200'000'000}), Asking({.memory = 200'000'000}), doubled, doubled};
  pod.Apply({.least = {.memory = 500'000'000}});
  EXPECT_EQ(pod.first.memory.target, 250'000'000);

  pod = {Asking({.memory = 200'000'000}), Asking({.memory = 200'000'000}), doubled, doubled};
  pod.Apply({.most = {.memory = 400'000'000}});
  EXPECT_EQ(pod.first.memory.target, 100'000'000);  // twice 200 MB of limits each come to 800 MB
}

TEST(LimitRangeOfPods, LeavesAPodWithinItsBoundsAlone) {
  Pod pod{Asking({.cpu = 100, .memory = kGiB}), Asking({.cpu = 100, .memory = kGiB}), {}, {}};
  pod.Apply({.least = {.cpu = 200, .memory = kGiB}, .most = {.cpu = 200, .memory = 4 * kGiB}});
  EXPECT_EQ(pod.first.cpu.target, 100);
  EXPECT_TRUE(pod.first.memory.reason.caps.empty());
}

TEST(KeepOnNode, SharesWhatTheNodeHasAndNamesIt) {
  Pod pod{Asking({.cpu = 5000, .memory = 10 * kGiB}), Asking({.cpu = 5000, .memory = 10 * kGiB}), {}, {}};
  KeepOnNode(NodeRooms({.cpu = 8000, .memory = 16 * kGiB}),
             std::vector<PodPart>{{&pod.first, &pod.first_has}, {&pod.second, &pod.second_has}});
  for (const Recommendation* each : {&pod.first, &pod.second}) {
    EXPECT_EQ(each->cpu.target, 4000);
    EXPECT_EQ(each->memory.target, 8 * kGiB);
    EXPECT_EQ(each->cpu.reason.caps, std::vector{Cap::kNode});
    EXPECT_EQ(each->cpu.uncapped, 5000);
  }
}

TEST(KeepOnNode, LeavesAPodThatFitsAlone) {
  Pod pod{Asking({.cpu = 4000}), Asking({.cpu = 4000}), {}, {}};
  const std::vector<PodPart> parts = {{&pod.first, &pod.first_has}, {&pod.second, &pod.second_has}};
  KeepOnNode(NodeRooms({.cpu = 8000}), parts);
  KeepOnNode({}, parts);
  EXPECT_EQ(pod.first.cpu.target, 4000);
  EXPECT_TRUE(pod.first.cpu.reason.caps.empty());
}

TEST(KeepOnNode, TakesNothingFromASecondNode) {
  Pod pod{Asking({.cpu = 2000, .memory = 20 * kGiB}), Asking({.cpu = 6000, .memory = 20 * kGiB}), {}, {}};
  NodeRooms rooms({.cpu = 16'000, .memory = 16 * kGiB});
  rooms.Add({.cpu = 4000, .memory = 64 * kGiB});
  KeepOnNode(rooms, std::vector<PodPart>{{&pod.first, &pod.first_has}, {&pod.second, &pod.second_has}});
  EXPECT_EQ(pod.first.cpu.target, 1000);
  EXPECT_EQ(pod.second.cpu.target, 3000);
  EXPECT_EQ(pod.second.memory.target, 20 * kGiB) << "no node has the CPU and the memory";
}

TEST(SafeLimit, KeepsAProportionWithinReasonAndWithinTheNode) {
  struct Row {
    MilliCores request, limit, target, node, safe;
  };
  constexpr Row kRows[] = {
      {100, 200, 300, 0, 600},       // in proportion
      {100, 200, 50, 0, 100},        // down, too
      {10, 4000, 900, 0, 4000},      // the present one is enough
      {10, 4000, 1500, 0, 6000},     // four times the request
      {10, 4000, 1500, 5000, 5000},  // no more than the node
      {10, 4000, 6000, 5000, 6000},  // but never below the request
      {0, 4000, 900, 0, 900},        // no request: the limit was it
      {100, 0, 900, 0, 0},           // none stays none
      {100, 100, 900, 0, 900},
  };
  for (const Row& row : kRows) {
    const Context context{
        .request = {.cpu = row.request}, .limit = {.cpu = row.limit}, .node_allocatable = {.cpu = row.node}};
    EXPECT_EQ(SafeLimit(context, Resource::kCpu, row.target), row.safe) << row.target << " of " << row.limit;
  }
  Context stays{.request = {.cpu = 100}, .limit = {.cpu = 200}};
  stays.limits = LimitPolicy::kRequestsOnly;
  EXPECT_EQ(SafeLimit(stays, Resource::kCpu, 900), 200);
}

TEST(LimitRange, DoesNotStarveWhatHadALimitFarAboveItsRequest) {
  Recommendation recommendation = Asking({.cpu = 900});
  ApplySurroundings(recommendation,
                    {.request = {.cpu = 10}, .limit = {.cpu = 4000}, .limit_range_max = {.cpu = 4000}});
  EXPECT_EQ(recommendation.cpu.target, 900);
}

TEST(KeepGuaranteed, MakesLimitsOfTheTargets) {
  Recommendation advised;
  advised.cpu.target = 300;
  advised.memory.target = kGiB;
  advised.limit = {.cpu = 0, .memory = 2 * kGiB};
  Context context{.limit = {.cpu = 200, .memory = kGiB}};
  KeepGuaranteed(advised, context);
  EXPECT_EQ(advised.limit, (Amounts{.cpu = 0, .memory = 2 * kGiB})) << "of another class";
  context.guaranteed = true;
  KeepGuaranteed(advised, context);
  EXPECT_EQ(advised.limit, (Amounts{.cpu = 300, .memory = kGiB}));
  context.limit = {};
  advised.limit = {};
  KeepGuaranteed(advised, context);
  EXPECT_EQ(advised.limit, Amounts{}) << "it has its class by the limits of the whole pod";
}

}  // namespace
}  // namespace loadline::collector
