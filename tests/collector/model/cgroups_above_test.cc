#include "collector/model/cgroups_above.h"

#include <gmock/gmock.h>

#include "collector/model/view.h"
#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

std::vector<std::string> Above(const CgroupsAbove& above, std::string_view path) {
  std::vector<std::string> paths;
  above.ForEach(path, [&](const CgroupsAbove::Group& group) { paths.push_back(group.path); });
  return paths;
}

TEST(CgroupsAbove, AreFoundByThePathTheNearestFirst) {
  CgroupsAbove above;
  above.Add(1, {.path = "/kubepods"});
  above.Add(2, {.path = "/kubepods/pod1", .is_pod = true});
  above.Add(3, {.path = "/kubepods/pod11", .is_pod = true});
  EXPECT_THAT(Above(above, "/kubepods/pod1/c"), ElementsAre("/kubepods/pod1", "/kubepods"));
  EXPECT_THAT(Above(above, "/system.slice/a"), ElementsAre());
  above.Add(4, {.path = "/kubepods/pod1", .is_pod = true});  // born again
  above.End(2);
  EXPECT_THAT(Above(above, "/kubepods/pod1/c"), ElementsAre("/kubepods/pod1", "/kubepods"));
  above.End(4);
  EXPECT_THAT(Above(above, "/kubepods/pod1/c"), ElementsAre("/kubepods"));
}

TEST(CgroupsAbove, AreBounded) {
  CgroupsAbove above;
  above.Add(1, {.path = "/" + std::string(CgroupsAbove::kLongestPath, 'a')});
  EXPECT_TRUE(above.groups().empty());
  for (std::uint32_t ref = 0; ref < 2 * CgroupsAbove::kMost; ++ref)
    above.Add(ref, {.path = "/" + std::to_string(ref)});
  EXPECT_EQ(above.groups().size(), CgroupsAbove::kMost);
}

// Two containers of one pod, which has a limit of 50m; one does all the work.
struct PodLimitTest : testing::Test {
  const std::string busy_id = std::string(64, 'b');
  const std::string idle_id = std::string(64, 'c');
  CgroupNames names;
  Model model{{}, names};
  AgentFeed node{model, "node-1"};

  static wire::ContainerWindow Slice(std::uint32_t ref, const wire::CgroupLimits& limits) {
    wire::ContainerWindow window = Busy(ref, 510'000, 300 * kMiB);
    window.limits = limits;
    return window;
  }
  static wire::ContainerWindow Stopped(std::uint32_t ref) {
    wire::ContainerWindow window = Slice(ref, {.cpu_limit = 50, .memory_limit = kGiB});
    window.throttle =
        wire::ThrottleWindow{.periods = 100, .throttled_periods = 100, .throttled_us = 9'000'000};
    return window;
  }
  wire::CgroupIdentity Container(std::uint32_t ref, const std::string& id) {
    return {.ref = ref,
            .kind = wire::CgroupKind::kPodContainer,
            .path = "/kubepods/podu1/" + id,
            .pod_uid = "u1",
            .container_id = id};
  }
  void Begin() {
    node.Report(10s,
                {Slice(1, {.memory_limit = 8 * kGiB}), Stopped(2), Busy(3, 510'000, 100 * kMiB),
                 Busy(4, 100, 100 * kMiB)},
                {{.ref = 1, .kind = wire::CgroupKind::kSlice, .path = "/kubepods"},
                 {.ref = 2, .kind = wire::CgroupKind::kPod, .path = "/kubepods/podu1", .pod_uid = "u1"},
                 Container(3, busy_id),
                 Container(4, idle_id)});
  }
  static ContainerView Of(const Model& of, const std::string& id) {
    for (const ContainerView& view : WorkloadViews(of).at(0)->containers) {
      if (id.starts_with(view.name)) return view;
    }
    return {};
  }
};

TEST_F(PodLimitTest, WhatStopsThePodStopsTheContainerThatRuns) {
  Begin();
  const ContainerView busy = Of(model, busy_id);
  EXPECT_EQ(busy.throttled_share, 1);
  EXPECT_NEAR(busy.throttled_seconds, 9, 1e-6);
  EXPECT_EQ(busy.throttled_by, (LimitAt{50, LimitLevel::kPod}));
  EXPECT_EQ(busy.cpu_limit, 0) << "it has none of its own";
  EXPECT_EQ(busy.effective_cpu_limit, (LimitAt{50, LimitLevel::kPod}));
  EXPECT_EQ(busy.effective_memory_limit, (LimitAt{kGiB, LimitLevel::kPod}));
  EXPECT_EQ(busy.periods_total, 100U);
  EXPECT_EQ(Of(model, idle_id).throttled_share, 0);
  EXPECT_EQ(Of(model, idle_id).throttled_by, std::nullopt);
  EXPECT_EQ(Of(model, idle_id).effective_cpu_limit.amount, 50);
}

TEST_F(PodLimitTest, IsOfThatWindowAlone) {
  Begin();
  node.Report(20s, {Busy(3, 10'000, 100 * kMiB)});
  EXPECT_EQ(Of(model, busy_id).throttled_share, 0);
  EXPECT_EQ(Of(model, busy_id).throttled_by, std::nullopt);
  EXPECT_EQ(Of(model, busy_id).effective_cpu_limit.amount, 50);
}

TEST_F(PodLimitTest, TheSmallestLimitIsTheEffectiveOne) {
  Begin();
  wire::ContainerWindow own = Busy(3, 510'000, 100 * kMiB);
  own.limits = wire::CgroupLimits{.cpu_limit = 40, .memory_limit = 2 * kGiB};
  node.Report(20s, {own});
  EXPECT_EQ(Of(model, busy_id).effective_cpu_limit, (LimitAt{40, LimitLevel::kContainer}));
  EXPECT_EQ(Of(model, busy_id).effective_memory_limit, (LimitAt{kGiB, LimitLevel::kPod}));
  // The pod ends before its containers do.
  node.Report(30s, {Busy(3, 510'000, 100 * kMiB)}, {}, {2});
  node.Report(40s, {Busy(3, 510'000, 100 * kMiB)});
  EXPECT_EQ(Of(model, busy_id).effective_memory_limit, (LimitAt{2 * kGiB, LimitLevel::kContainer}));
}

TEST_F(PodLimitTest, IsKnownAfterARestart) {
  Begin();
  Model again{{}, names};
  SaveModel(model, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  // Its agent tells of no limits again.
  AgentFeed same(again, "node-1");
  same.Report(10s, {});  // has this number already
  wire::ContainerWindow pod = Stopped(2);
  pod.limits.reset();
  same.Report(20s, {pod, Busy(3, 510'000, 100 * kMiB)});
  EXPECT_EQ(Of(again, busy_id).throttled_by, (LimitAt{50, LimitLevel::kPod}));
  EXPECT_EQ(Of(again, busy_id).effective_memory_limit, (LimitAt{kGiB, LimitLevel::kPod}));
}

}  // namespace
}  // namespace loadline::collector
