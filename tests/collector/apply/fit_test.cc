#include "collector/apply/fit.h"

#include <gmock/gmock.h>

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

SizablePod PodOf(const PodSize& size) {
  return {.name = "web-0", .qos = QosOf(size), .ready = true, .wanted = size, .given = size};
}

Subject Advised(Amounts target, Bytes peak = 0) {
  return {.advice = {{"app", target, 48h, peak}}};
}

constexpr Amounts kRequest{.cpu = 200, .memory = 100 * kMiB};

TEST(FitPod, OneResizeAtMostDoublesOrHalves) {
  const SizablePod pod = PodOf({{"app", kRequest, {}}});
  const Fit up = FitPod(pod, Advised({.cpu = 5000, .memory = 150 * kMiB}), {});
  EXPECT_EQ(up.size[0].request, (Amounts{.cpu = 400, .memory = 150 * kMiB}));
  EXPECT_EQ(up.why, "app cpu 200m to 400m, app memory 100 MiB to 150 MiB");
  const Fit down = FitPod(pod, Advised({.cpu = 10, .memory = 100 * kMiB}), {});
  EXPECT_EQ(down.size[0].request, (Amounts{.cpu = 100, .memory = 100 * kMiB}));
}

TEST(FitPod, ASmallChangeIsNotWorthIt) {
  const Fit fit = FitPod(PodOf({{"app", kRequest, {}}}), Advised({.cpu = 215, .memory = 95 * kMiB}), {});
  EXPECT_FALSE(fit.changes);
}

TEST(FitPod, LimitsKeepTheirProportionAndStayAboveThePeak) {
  const SizablePod pod = PodOf({{"app", kRequest, {.cpu = 400, .memory = 200 * kMiB}}});
  EXPECT_EQ(FitPod(pod, Advised({.cpu = 100, .memory = 50 * kMiB}, 30 * kMiB), {}).size[0].limit,
            (Amounts{.cpu = 200, .memory = 100 * kMiB}));
  EXPECT_EQ(FitPod(pod, Advised({.cpu = 100, .memory = 50 * kMiB}, 120 * kMiB), {}).size[0].limit,
            (Amounts{.cpu = 200, .memory = 144 * kMiB}));
}

TEST(FitPod, ALimitIsRaisedToNoMoreThanFourTimesTheRequest) {
  const SizablePod pod = PodOf({{"app", kRequest, {.cpu = 4000, .memory = 200 * kMiB}}});
  EXPECT_EQ(FitPod(pod, Advised({.cpu = 400, .memory = 100 * kMiB}), {}).size[0].limit.cpu, 4000);
}

TEST(FitPod, LimitsStayWherePeopleWantThemTo) {
  const SizablePod pod = PodOf({{"app", kRequest, {.cpu = 400, .memory = 200 * kMiB}}});
  Subject subject = Advised({.cpu = 100, .memory = 500 * kMiB}, 30 * kMiB);
  subject.advice[0].limits_stay = true;
  const Fit fit = FitPod(pod, subject, {});
  EXPECT_EQ(fit.size[0].request, (Amounts{.cpu = 100, .memory = 200 * kMiB}));
  EXPECT_EQ(fit.size[0].limit, pod.wanted[0].limit);
}

TEST(FitPod, AMemoryLimitStaysAtWhatItWasRaisedTo) {
  const SizablePod pod = PodOf({{"app", kRequest, {.cpu = 400, .memory = 200 * kMiB}}});
  const Subject subject = Advised({.cpu = 100, .memory = 50 * kMiB}, 30 * kMiB);
  EXPECT_EQ(FitPod(pod, subject, {}, {{"app", 200 * kMiB}}).size[0].limit,
            (Amounts{.cpu = 200, .memory = 200 * kMiB}));
  EXPECT_EQ(FitPod(pod, subject, {}, {{"app", 300 * kMiB}, {"other", kGiB}}).size[0].limit.memory, 300 * kMiB)
      << "that of another replica";
  const Subject cpu_alone = Advised({.cpu = 100, .memory = 100 * kMiB});
  EXPECT_EQ(FitPod(pod, cpu_alone, {}, {{"app", 300 * kMiB}}).size[0].limit.memory, 300 * kMiB);
  const SizablePod guaranteed = PodOf({{"app", kRequest, kRequest}});
  EXPECT_EQ(FitPod(guaranteed, subject, {}, {{"app", 100 * kMiB}}).size[0].request,
            (Amounts{.cpu = 100, .memory = 100 * kMiB}));
}

TEST(FitAfterKill, RaisesMemoryAloneAndAsFarAsTheAdviceSays) {
  const SizablePod pod = PodOf({{"app", kRequest, {.cpu = 400, .memory = 200 * kMiB}}});
  Subject subject = Advised({.cpu = 50, .memory = 860 * kMiB});
  subject.advice[0].history = 1min;
  const Fit fit = FitAfterKill(pod, subject, {});
  EXPECT_EQ(fit.size[0].request, (Amounts{.cpu = 200, .memory = 860 * kMiB}));
  EXPECT_EQ(fit.size[0].limit, (Amounts{.cpu = 400, .memory = 1720 * kMiB}));
  EXPECT_EQ(fit.why, "app memory 100 MiB to 860 MiB");
  subject.advice[0].target.memory = 50 * kMiB;
  EXPECT_FALSE(FitAfterKill(pod, subject, {}).changes);
}

TEST(FitPod, TheQosClassIsNeverChanged) {
  const Fit guaranteed =
      FitPod(PodOf({{"app", kRequest, kRequest}}), Advised({.cpu = 100, .memory = 60 * kMiB}), {});
  EXPECT_EQ(QosOf(guaranteed.size), "Guaranteed");
  EXPECT_EQ(guaranteed.size[0].limit, (Amounts{.cpu = 100, .memory = 60 * kMiB}));
  EXPECT_FALSE(FitPod(PodOf({{"app", {}, {}}}), Advised({.cpu = 100, .memory = 60 * kMiB}), {}).changes)
      << "a best-effort pod asks for nothing";
  // The range of the namespace brings request and limit together.
  Subject bound = Advised({.cpu = 200, .memory = 200 * kMiB});
  bound.bounds.most = {.cpu = 0, .memory = 150 * kMiB};
  const Fit fit = FitPod(PodOf({{"app", {200, 100 * kMiB}, {200, 150 * kMiB}}}), bound, {});
  EXPECT_FALSE(fit.changes);
  EXPECT_THAT(fit.why, HasSubstr("QoS class from Burstable"));
}

TEST(FitPod, WhatNeedsARestartOrBelongsToAnAutoscalerIsLeftAlone) {
  SizablePod pod = PodOf({{"app", kRequest, {}}});
  pod.restarting = {"app/memory"};
  Subject subject = Advised({.cpu = 100, .memory = 60 * kMiB});
  EXPECT_EQ(FitPod(pod, subject, {}).size[0].request, (Amounts{.cpu = 100, .memory = 100 * kMiB}));
  subject.bounds.cpu = false;
  EXPECT_FALSE(FitPod(pod, subject, {}).changes);
}

TEST(FitPod, LimitRangesBind) {
  Subject subject = Advised({.cpu = 400, .memory = 50 * kMiB});
  subject.bounds = {.least = {.cpu = 0, .memory = 80 * kMiB}, .most = {.cpu = 300, .memory = 0}};
  EXPECT_EQ(FitPod(PodOf({{"app", kRequest, {}}}), subject, {}).size[0].request,
            (Amounts{.cpu = 300, .memory = 80 * kMiB}));
}

TEST(FitPod, ALimitRangeBelowWhatIsHeldTakesNothingFromIt) {
  const SizablePod pod = PodOf({{"app", kRequest, {.cpu = 400, .memory = 200 * kMiB}}});
  Subject subject = Advised({.cpu = 100, .memory = 50 * kMiB}, 150 * kMiB);
  subject.bounds.most = {.cpu = 150, .memory = 60 * kMiB};
  EXPECT_EQ(FitPod(pod, subject, {}).size[0].limit, (Amounts{.cpu = 150, .memory = 180 * kMiB}));
  subject.advice[0].limits_stay = true;
  EXPECT_EQ(FitPod(pod, subject, {}).size[0].limit, pod.wanted[0].limit);
}

TEST(MayFollow, OnlyAPodThatIsLikeTheOneThatGotIt) {
  const SizablePod pod = PodOf({{"app", kRequest, {.cpu = 400, .memory = 200 * kMiB}}});
  const PodSize size = {{"app", {.cpu = 100, .memory = 50 * kMiB}, {.cpu = 200, .memory = 100 * kMiB}}};
  EXPECT_TRUE(MayFollow(pod, size, Advised({}, 50 * kMiB)));
  EXPECT_FALSE(MayFollow(pod, size, Advised({}, 90 * kMiB))) << "it may hold 90 MiB, and a fifth more";
  EXPECT_FALSE(MayFollow(pod, {{"other", size[0].request, size[0].limit}}, Advised({})));
  EXPECT_FALSE(MayFollow(pod, {{"app", size[0].request, size[0].request}}, Advised({}))) << "Guaranteed";
  Subject bounded = Advised({});
  bounded.bounds.most.cpu = 300;
  EXPECT_TRUE(MayFollow(pod, size, bounded));
  EXPECT_FALSE(MayFollow(PodOf({{"app", size[0].request, {.cpu = 150, .memory = 100 * kMiB}}}),
                         {{"app", size[0].request, {.cpu = 350, .memory = 100 * kMiB}}}, bounded));
}

TEST(FitPod, WhatIsKnownForTooShortATimeIsNotActedUpon) {
  Subject subject = Advised({.cpu = 400, .memory = 50 * kMiB});
  subject.advice[0].history = 2h;
  const Fit fit = FitPod(PodOf({{"app", kRequest, {}}}), subject, {});
  EXPECT_FALSE(fit.changes);
  EXPECT_THAT(fit.why, HasSubstr("apply.min_history"));
}

TEST(FitPod, AmountsNearTheLargestNumberStayNumbers) {
  constexpr Amounts kHuge{.cpu = 9'000'000'000'000'000'000, .memory = 9'000'000'000'000'000'000};
  const Fit fit = FitPod(PodOf({{"app", kHuge, kHuge}}), Advised(kHuge, kHuge.memory), {});
  for (const ContainerSize& size : fit.size) {
    EXPECT_GT(size.request.cpu, 0);
    EXPECT_GT(size.request.memory, 0);
    EXPECT_GT(size.limit.memory, 0);
  }
}

}  // namespace
}  // namespace loadline::collector
