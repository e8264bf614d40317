#include "collector/model/advice_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/model/view.h"
#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string MemoryReason(const Reason& reason) {
  return InWords({.recommendation = {.memory = {.reason = reason}}})->memory.reason;
}

TEST(AdviceWords, EachCauseIsASentence) {
  const std::pair<Cause, const char*> sentences[] = {
      {Cause::kNoData, "Nothing was seen yet."},
      {Cause::kUsage, "Usage of 412 MiB."},
      {Cause::kThrottling, "Throttled at its limit: demand estimated at 412 MiB."},
      {Cause::kOomKill, "Killed at its memory limit: need of at least 412 MiB."},
      {Cause::kSeason, "A recurring peak of 412 MiB."},
      {Cause::kTrend, "Growing to 412 MiB."},
      {Cause::kLeak, "Looks like a memory leak, now at 412 MiB."},
      {Cause::kHold, "The present request is near enough to a need of 412 MiB."},
      {Cause::kEarly, "The present request stays while little is known: usage of 412 MiB."},
      {Cause::kHpa, "A horizontal autoscaler holds this resource: use of 412 MiB at its target."}};
  for (const auto& [cause, sentence] : sentences)
    EXPECT_EQ(MemoryReason({.cause = cause, .observed = 412 * kMiB}), sentence);
}

TEST(AdviceWords, HistoryMarginGrowthAndCapsFollowInThisOrder) {
  EXPECT_EQ(
      MemoryReason({.cause = Cause::kLeak,
                    .observed = 412 * kMiB,
                    .margin = 0.15,
                    .history_seconds = 9 * 86'400,
                    .caps = {Cap::kMaxAllowed, Cap::kNode},
                    .growth_per_day = 100.0 * kMiB,
                    .seconds_to_limit = 2 * 86'400}),
      "Looks like a memory leak, now at 412 MiB over 9 d, with 15 % margin, growing by 100 MiB a day, at its "
      "limit in 2 d; lowered to the policy's maximum; lowered to what the largest node that its pods run on "
      "has "
      "room for.");
}

TEST(AdviceWords, NotesSayWhatToDoWithLimitsWhoIsOddAndWhatIsNotOurs) {
  const Advice advice{
      .recommendation = {.limit = {.cpu = 1500, .memory = kGiB}, .cpu_limit_advice = LimitAdvice::kRaise},
      .taken_over = 240h,
      .odd_replicas = {
          {.node = "n1", .pod = "cart-1", .times_the_median = 3.06},
          {.node = "n2", .resource = Resource::kMemory, .killed = true},
          {.node = "n3", .resource = Resource::kMemory, .times_the_median = 0, .times_the_others = 37.42}}};
  const auto view = InWords(advice);
  EXPECT_EQ(
      view->cpu.reason,
      "Nothing was seen yet. The replica on n1 (pod cart-1) needs 3.1 times what the median replica does.");
  EXPECT_EQ(view->memory.reason, "Nothing was seen yet. Of its replicas only the one on n2 was killed.");
  EXPECT_THAT(
      view->notes,
      ElementsAre("Raise the CPU limit to 1.5: the present one throttles.",
                  "Memory limit to go with it: 1 GiB.",
                  "What n3 alone says would ask for 37.4 times the memory that all other nodes do; it "
                  "counts for at most 4.2 times.",
                  "10.0 days of its history are from the checkpoint of a VerticalPodAutoscaler."));
}

TEST(AdviceWords, WhatKeepsTheScalePointOfAnAutoscalerIsNoted) {
  const auto view = InWords({.scale_points = {{.resource = Resource::kCpu, .target = 0.8, .kept = 0.64}}});
  EXPECT_THAT(view->notes,
              ElementsAre("A horizontal autoscaler holds CPU at 80 % of the request: with this one, a target "
                          "of 64 % keeps the use at which it adds replicas."));
}

TEST(AdviceWords, MoneyIsNamedWhereThereIsAPrice) {
  EXPECT_THAT(InWords({})->currency, IsEmpty());
  const auto view = InWords({.dollars_per_month = -12.5});
  EXPECT_EQ(view->saving_per_month, -12.5);
  EXPECT_EQ(view->currency, "USD");
}

TEST(AdviceWords, AreMadeOnceForEachAdviceHoweverOftenTheWorkloadChanges) {
  const CgroupNames names;
  Model model({}, names);
  AgentFeed agent(model, "node-1");
  agent.Report(10s, {Busy(1, 1000, kMiB)}, {UnitIdentity(1, "web.service")});
  const auto shown = [&] { return WorkloadViews(model).at(0)->containers.at(0).recommendation; };
  EXPECT_EQ(shown(), nullptr);
  const ContainerId id = model.workloads()[0].containers.at(0);
  const auto advice = std::make_shared<const Advice>(Advice{.algorithm = "loadline"});
  model.SetRecommendation(id, advice);
  const auto words = shown();
  ASSERT_NE(words, nullptr);
  EXPECT_EQ(words->algorithm, "loadline");
  agent.Report(20s, {Busy(1, 2000, kMiB)});
  EXPECT_EQ(shown(), words);
  EXPECT_EQ(WorkloadViews(model).at(0)->containers.at(0).advice, advice);
  model.SetRecommendation(id, std::make_shared<const Advice>(Advice{.algorithm = "vpa"}));
  EXPECT_EQ(shown()->algorithm, "vpa");
}

}  // namespace
}  // namespace loadline::collector
