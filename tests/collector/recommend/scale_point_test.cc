#include "collector/recommend/scale_point.h"

#include <gmock/gmock.h>

namespace loadline::collector {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

Advice Asking(Amounts now, Amounts recommended) {
  Advice advice{.request = now};
  advice.recommendation.cpu.target = recommended.cpu;
  advice.recommendation.memory.target = recommended.memory;
  return advice;
}

const WorkloadRules::Horizontal kCpuAt80{.resource = Resource::kCpu, .target_utilization = 0.8};

TEST(ScalePoint, ATargetThatKeepsItIsNamed) {
  Advice advice = Asking({.cpu = 500, .memory = 100}, {.cpu = 400, .memory = 900});
  NameScalePoints({kCpuAt80}, std::vector<AdvisedPart>{{"web", &advice}});
  ASSERT_THAT(advice.scale_points, SizeIs(1));
  EXPECT_EQ(advice.scale_points[0].resource, Resource::kCpu);
  EXPECT_DOUBLE_EQ(advice.scale_points[0].target, 0.8);
  EXPECT_DOUBLE_EQ(advice.scale_points[0].kept, 1.0);
}

TEST(ScalePoint, AllContainersOfThePodCount) {
  Advice web = Asking({.cpu = 500}, {.cpu = 1000});
  Advice proxy = Asking({.cpu = 500}, {.cpu = 1000});
  Advice log = Asking({.cpu = 1000}, {.cpu = 500});
  NameScalePoints({kCpuAt80}, std::vector<AdvisedPart>{{"web", &web}, {"proxy", &proxy}, {"log", &log}});
  for (const Advice* advice : {&web, &proxy, &log}) {
    ASSERT_THAT(advice->scale_points, SizeIs(1));
    EXPECT_DOUBLE_EQ(advice->scale_points[0].kept, 0.8 * 2000 / 2500);
  }
}

TEST(ScalePoint, AnAutoscalerOfOneContainerCountsThatOneAlone) {
  Advice web = Asking({.memory = 100}, {.memory = 200});
  Advice proxy = Asking({.memory = 100}, {.memory = 100});
  const WorkloadRules::Horizontal one{
      .resource = Resource::kMemory, .target_utilization = 0.6, .container = "web"};
  NameScalePoints({one}, std::vector<AdvisedPart>{{"web", &web}, {"proxy", &proxy}});
  ASSERT_THAT(web.scale_points, SizeIs(1));
  EXPECT_DOUBLE_EQ(web.scale_points[0].kept, 0.3);
  EXPECT_THAT(proxy.scale_points, IsEmpty());
}

TEST(ScalePoint, WhatAnAutoscalerTakesForNoChangeIsNotNamed) {
  Advice advice = Asking({.cpu = 1000}, {.cpu = 1050});
  NameScalePoints({kCpuAt80}, std::vector<AdvisedPart>{{"web", &advice}});
  EXPECT_THAT(advice.scale_points, IsEmpty());
}

TEST(ScalePoint, WithoutARequestNothingScales) {
  Advice web = Asking({.cpu = 500}, {.cpu = 1000});
  Advice proxy = Asking({}, {.cpu = 100});
  NameScalePoints({kCpuAt80}, std::vector<AdvisedPart>{{"web", &web}, {"proxy", &proxy}});
  EXPECT_THAT(web.scale_points, IsEmpty());
}

}  // namespace
}  // namespace loadline::collector
