#include "collector/recommend/weigh.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "collector/recommend/loadline.h"
#include "collector/usage/claims.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Wall kStart = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
const Wall kAfterTwoDays = kStart + 48h;

// A container that used the same for two days; what is ranked is kept, too.
ContainerUsage Steady(double cores, Bytes bytes) {
  static const SampleNeed kNeed = *(*MakeAlgorithm("max:7:0.15"))->samples();
  ContainerUsage usage;
  usage.Keep({&kNeed, 1});
  for (Duration end = 1min; end <= 48h; end += 1min) {
    usage.AddCpu({.at = kStart + end, .interval = 1min, .usage_cores = cores});
    usage.AddMemory({.at = kStart + end, .interval = 1min, .working_set = bytes});
  }
  return usage;
}

ContainerUsage Killed(const std::string& node, Bytes limit, ContainerUsage usage) {
  usage.AddOom({.at = kAfterTwoDays - 1h, .usage = limit, .limit = limit, .teller = TellerOf(node)});
  return usage;
}

// The replicas of one container, each of them by the word of its node.
class Replicas {
 public:
  Replicas& On(const std::string& node, ContainerUsage usage) {
    return By(TellerOf(node), node, std::move(usage));
  }
  Replicas& By(std::uint32_t teller, const std::string& name, ContainerUsage usage) {
    usages_.push_back(std::make_unique<ContainerUsage>(std::move(usage)));
    instances_.push_back({.name = name, .usage = usages_.back().get(), .teller = teller});
    return *this;
  }
  // So many honest ones, alike.
  Replicas& Honest(int nodes) {
    for (int i = 0; i < nodes; ++i) On("honest-" + std::to_string(i), Steady(0.1, 200 * kMiB));
    return *this;
  }
  Replicas& Gone(ContainerUsage usage) {
    usages_.push_back(std::make_unique<ContainerUsage>(std::move(usage)));
    instances_.push_back({.name = "gone", .usage = usages_.back().get(), .gone = true});
    return *this;
  }
  [[nodiscard]] WorkloadRecommendation Sized(const Context& context = {},
                                             const std::string& algorithm = "loadline") const {
    return RecommendWorkload(**MakeAlgorithm(algorithm), instances_, context, kAfterTwoDays);
  }
  [[nodiscard]] Recommendation Answer(const Context& context = {}) const {
    return Sized(context).groups.at(0).recommendation;
  }

 private:
  std::vector<std::unique_ptr<ContainerUsage>> usages_;
  std::vector<Instance> instances_;
};

std::vector<Outlier> NotBelieved(const WorkloadRecommendation& answer) {
  std::vector<Outlier> odd;
  for (const Outlier& one : answer.outliers) {
    if (one.times_the_others > 0) odd.push_back(one);
  }
  return odd;
}

std::int64_t AtMost(std::int64_t theirs) {
  return static_cast<std::int64_t>(std::ceil(kBelievedAlone * static_cast<double>(theirs)));
}

TEST(Weigh, ANodeThatLiesAloneMovesTheOthersNoFurtherThanIsBelieved) {
  for (const char* algorithm : {"loadline", "vpa", "max:7:0.15"}) {
    const Recommendation honest = Replicas().Honest(4).Sized({}, algorithm).groups.at(0).recommendation;
    const WorkloadRecommendation answer =
        Replicas().Honest(4).On("liar", Steady(500, 4096 * kGiB)).Sized({}, algorithm);
    for (const Resource resource : {Resource::kCpu, Resource::kMemory}) {
      const Sizing& sizing = answer.groups.at(0).recommendation.Of(resource);
      EXPECT_LE(sizing.target, AtMost(honest.Of(resource).target)) << algorithm;
      EXPECT_LE(sizing.upper, AtMost(honest.Of(resource).upper)) << algorithm;
      EXPECT_LE(sizing.lower, sizing.target) << algorithm;
      EXPECT_GE(sizing.upper, sizing.target) << algorithm;
      EXPECT_LE(sizing.exact, static_cast<double>(sizing.target)) << algorithm;
    }
    const std::vector<Outlier> odd = NotBelieved(answer);
    ASSERT_FALSE(odd.empty()) << algorithm;
    for (const Outlier& one : odd) {
      EXPECT_EQ(one.instance, 4U) << algorithm;
      EXPECT_GT(one.times_the_others, 100) << algorithm;
    }
  }
}

TEST(Weigh, ItIsOneNodeHoweverManyReplicasItTellsOf) {
  Replicas replicas;
  replicas.Honest(2);
  for (int i = 0; i < 10; ++i) replicas.On("liar", Steady(500, 4096 * kGiB));
  const Recommendation honest = Replicas().Honest(2).Answer();
  const Recommendation answer = replicas.Answer();
  EXPECT_EQ(answer.cpu.target, AtMost(honest.cpu.target));
  EXPECT_EQ(answer.memory.target, AtMost(honest.memory.target));
}

TEST(Weigh, TwoNodesThatSayTheSameAreBelieved) {
  const WorkloadRecommendation answer =
      Replicas().Honest(3).On("a", Steady(2, 6 * kGiB)).On("b", Steady(2, 6 * kGiB)).Sized();
  EXPECT_GE(answer.groups.at(0).recommendation.cpu.target, 2000);
  EXPECT_GE(answer.groups.at(0).recommendation.memory.target, 6 * kGiB);
  EXPECT_THAT(NotBelieved(answer), IsEmpty());
}

TEST(Weigh, OnTwoNodesNobodyKnowsWhoLies) {
  const WorkloadRecommendation answer = Replicas().Honest(1).On("other", Steady(2, 6 * kGiB)).Sized();
  EXPECT_GE(answer.groups.at(0).recommendation.memory.target, 6 * kGiB);
  EXPECT_THAT(NotBelieved(answer), IsEmpty());
}

TEST(Weigh, ALeaderThatNeedsThreeTimesAsMuchIsBelieved) {
  const WorkloadRecommendation answer = Replicas().Honest(2).On("leader", Steady(0.3, 600 * kMiB)).Sized();
  EXPECT_GE(answer.groups.at(0).recommendation.cpu.target, 300);
  EXPECT_GE(answer.groups.at(0).recommendation.memory.target, 600 * kMiB);
  EXPECT_THAT(NotBelieved(answer), IsEmpty());
}

TEST(Weigh, ALeaderThatNeedsMoreKeepsWhatItHas) {
  Replicas replicas;
  replicas.Honest(4).On("leader", Steady(3, 5 * kGiB));
  const Context context{.request = {.cpu = 3500, .memory = 6 * kGiB},
                        .limit = {.cpu = 7000, .memory = 6 * kGiB}};
  const WorkloadRecommendation answer = replicas.Sized(context);
  const Recommendation& kept = answer.groups.at(0).recommendation;
  EXPECT_GE(kept.memory.target, 5 * kGiB);
  EXPECT_LE(kept.memory.target, 6 * kGiB);
  EXPECT_EQ(kept.limit.memory, kept.memory.target);
  EXPECT_GT(kept.limit.cpu, kept.cpu.target);
  // With too small a request it is not raised to what the leader alone needs.
  const Recommendation bound = replicas.Answer({.request = {.memory = 2 * kGiB}});
  EXPECT_EQ(bound.memory.target, 2 * kGiB);
}

TEST(Weigh, ALeaderAmongOthersThatStandByIsBelievedALittle) {
  Replicas replicas;
  for (const char* standby : {"one", "two"}) replicas.On(standby, Steady(0.002, 20 * kMiB));
  const WorkloadRecommendation answer = replicas.On("leader", Steady(0.2, 400 * kMiB)).Sized();
  EXPECT_GE(answer.groups.at(0).recommendation.cpu.target, 200);
  EXPECT_GE(answer.groups.at(0).recommendation.memory.target, 400 * kMiB);
  EXPECT_THAT(NotBelieved(answer), IsEmpty());
}

TEST(Weigh, WhatIsNoOneNodesWordIsBelieved) {
  Replicas replicas;
  replicas.Honest(3).By(0, "metrics", Steady(2, 6 * kGiB));
  const WorkloadRecommendation answer = replicas.Sized();
  EXPECT_GE(answer.groups.at(0).recommendation.memory.target, 6 * kGiB);
  EXPECT_THAT(NotBelieved(answer), IsEmpty());
}

TEST(Weigh, WhatIsLeftOfReplicasThatAreGoneCountsWithTheOthers) {
  Replicas replicas;
  replicas.Honest(3).Gone(Steady(2, 6 * kGiB)).On("leader", Steady(2, 6 * kGiB));
  const WorkloadRecommendation answer = replicas.Sized();
  EXPECT_GE(answer.groups.at(0).recommendation.memory.target, 6 * kGiB);
  EXPECT_THAT(NotBelieved(answer), IsEmpty());
}

TEST(Weigh, AForgedKillAsksForNoMoreThanIsBelieved) {
  const Recommendation honest = Replicas().Honest(3).Answer();
  const ContainerUsage forged = Killed("liar", 512 * kGiB, Steady(0.1, 200 * kMiB));
  const WorkloadRecommendation answer = Replicas().Honest(3).On("liar", forged).Sized();
  EXPECT_EQ(answer.groups.at(0).recommendation.memory.target, AtMost(honest.memory.target));
  EXPECT_THAT(NotBelieved(answer), SizeIs(1));
  EXPECT_LT(answer.groups.at(0).recommendation.cpu.target, 200) << "which nobody has lied about";
  // Its replica may be gone, by its own word, and then others stand in the same place.
  const Recommendation later = Replicas().Honest(3).Gone(forged).Answer();
  EXPECT_EQ(later.memory.target, AtMost(honest.memory.target));
}

TEST(Weigh, ARealKillOfOneReplicaMovesThemAll) {
  // Of twenty one was killed at 300 MiB, where the others use 200.
  const ContainerUsage killed = Killed("unlucky", 300 * kMiB, Steady(0.1, 200 * kMiB));
  const WorkloadRecommendation answer = Replicas().Honest(19).On("unlucky", killed).Sized();
  EXPECT_GE(answer.groups.at(0).recommendation.memory.target, 300 * kMiB * 15 / 10);
  // And at whatever size where two nodes tell of it.
  const Recommendation two = Replicas()
                                 .Honest(3)
                                 .On("a", Killed("a", 4 * kGiB, Steady(0.1, 200 * kMiB)))
                                 .Gone(Killed("b", 4 * kGiB, Steady(0.1, 200 * kMiB)))
                                 .Answer();
  EXPECT_GT(two.memory.target, 4 * kGiB);
}

TEST(Weigh, ANodeThatTellsOfMoreTimeThanThereWasDrownsNobody) {
  ContainerUsage idle;
  for (int i = 0; i < 5000; ++i) idle.AddCpu({.at = kAfterTwoDays, .interval = 1h, .usage_cores = 0});
  const auto busy = [](Replicas& replicas) -> Replicas& {
    for (const char* node : {"a", "b", "c"}) replicas.On(node, Steady(2, 200 * kMiB));
    return replicas;
  };
  Replicas honest, all;
  const Context context{.request = {.cpu = 2500}, .limit = {.cpu = 5000}};
  const Sizing theirs = busy(honest).Answer(context).cpu;
  const WorkloadRecommendation answer = busy(all).On("liar", idle).Sized(context);
  const Recommendation& bound = answer.groups.at(0).recommendation;
  EXPECT_GE(bound.cpu.target, theirs.target * 10 / 43);
  EXPECT_GE(bound.limit.cpu, bound.cpu.target);
  EXPECT_THAT(bound.cpu.reason.caps, Contains(Cap::kOtherNodesLeast));
  const std::vector<Outlier> odd = NotBelieved(answer);
  ASSERT_THAT(odd, SizeIs(1));
  EXPECT_EQ(odd[0].instance, 3U);
  EXPECT_LT(odd[0].times_the_others, 0.1);
}

TEST(Weigh, AReplicaThatIsIdleForAGoodReasonLowersNothingAlone) {
  Replicas replicas;
  const Sizing all = replicas.Honest(3).On("standby", Steady(0, 20 * kMiB)).Answer().cpu;
  EXPECT_GE(all.target, 100);
  EXPECT_THAT(NotBelieved(replicas.Sized()), IsEmpty());
}

TEST(Weigh, NeitherLimitsNorStartsAreMovedFurther) {
  ContainerUsage liar = Steady(0.1, 200 * kMiB);
  ContainerUsage restarted;
  restarted.Started(kAfterTwoDays - 20min);
  for (Duration end = 1min; end <= 10min; end += 1min)
    restarted.AddCpu({.at = kAfterTwoDays - 20min + end, .interval = 1min, .usage_cores = 800});
  liar.Merge(restarted);
  EXPECT_GT(MakeLoadline()->Recommend(liar, {}, kAfterTwoDays).boost.factor, 100);
  const Recommendation answer = Replicas().Honest(3).On("liar", liar).Answer();
  EXPECT_LE(static_cast<double>(answer.cpu.target) * answer.boost.factor,
            kBelievedAlone * static_cast<double>(Replicas().Honest(3).Answer().cpu.target));
}

}  // namespace
}  // namespace loadline::collector
