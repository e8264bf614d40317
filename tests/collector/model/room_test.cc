// What one node, and all together, may have.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/usage/bucket_scheme.h"
#include "collector/usage/claims.h"
#include "tests/collector/model/model_fixture.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

class RoomTest : public ::testing::Test {
 protected:
  // So many units, numbered from `first` on.
  static std::vector<wire::CgroupIdentity> Units(std::uint32_t first, std::uint32_t count) {
    std::vector<wire::CgroupIdentity> identities;
    for (std::uint32_t ref = first; ref < first + count; ++ref)
      identities.push_back(UnitIdentity(ref, std::to_string(ref) + ".service"));
    return identities;
  }
  [[nodiscard]] const RefusedCounts& Refused(const std::string& node) const {
    return model_.FindNode(node)->refused;
  }

  CgroupNames names_;
  Model model_{{.max_containers = 100,
                .node_containers = 20,
                .node_cgroups = 30,
                .node_name_bytes = 4000,
                .speaks_for_all = "all"},
               names_};
  AgentFeed greedy_{model_, "greedy"};
  AgentFeed honest_{model_, "honest"};
};

TEST_F(RoomTest, ANodeTakesNoMoreContainersThanItsOwn) {
  greedy_.Report(10s, {}, Units(1, 25));
  EXPECT_EQ(model_.replicas().size(), 20U);
  EXPECT_EQ(Refused("greedy").containers, 5U);
  EXPECT_EQ(model_.refused_containers(), 5U);
  honest_.Report(10s, {}, Units(1001, 15));
  EXPECT_EQ(model_.replicas().size(), 35U);
  EXPECT_EQ(Refused("honest"), RefusedCounts{});
  // When some end there is room again.
  greedy_.Report(20s, {Busy(1, 1000, kMiB)}, {UnitIdentity(30, "1.service")}, {2});
  EXPECT_EQ(Refused("greedy").containers, 5U);
}

TEST_F(RoomTest, ContainersThatWereBornAndAreGoneCountUntilTheyAreForgotten) {
  std::uint32_t ref = 1;
  for (int window = 1; window <= 10; ++window, ref += 5) {
    const std::vector<std::uint32_t> gone = {ref, ref + 1, ref + 2, ref + 3, ref + 4};
    greedy_.Report(window * 10s, {}, Units(ref, 5), gone);
  }
  EXPECT_EQ(model_.containers().size(), 20U);
  EXPECT_EQ(Refused("greedy").containers, 30U);
  // Somebody's replica of a container that is known needs no new one.
  honest_.Report(100s, {}, Units(1, 5));
  EXPECT_EQ(Refused("honest"), RefusedCounts{});
  // They are forgotten in time, and what counted against the node goes with them.
  for (int minute = 2; minute <= 15; ++minute) {
    greedy_.Report(minute * 60s, {});
    honest_.Report(minute * 60s, {});
  }
  EXPECT_EQ(model_.FindNode("greedy")->made, 10U)
      << "those that another node still has, and as many as may come back in half of the room";
  greedy_.Report(1000s, {}, Units(500, 5));
  EXPECT_EQ(Refused("greedy").containers, 30U);
}

TEST_F(RoomTest, CgroupsThatAreNoContainersAreBoundedToo) {
  std::vector<wire::CgroupIdentity> slices;
  for (std::uint32_t ref = 40; ref > 0; --ref)
    slices.push_back({.ref = ref, .kind = wire::CgroupKind::kSlice, .path = "/s" + std::to_string(ref)});
  greedy_.Report(10s, {Busy(5, 1000, kMiB)}, slices);
  EXPECT_EQ(model_.FindNode("greedy")->refs.size(), 30U);
  EXPECT_EQ(Refused("greedy").cgroups, 10U);
  EXPECT_EQ(Refused("greedy").figures, 1U) << "5 was refused";
  // What has a number keeps it, and may be told of again.
  greedy_.Report(20s, {}, {UnitIdentity(40, "a.service")});
  EXPECT_EQ(Refused("greedy").cgroups, 10U);
  EXPECT_EQ(model_.replicas().size(), 1U);
}

TEST_F(RoomTest, LongNamesCountByTheByte) {
  std::vector<wire::CgroupIdentity> identities;
  for (std::uint32_t ref = 1; ref <= 10; ++ref)
    identities.push_back(PathIdentity(ref, "/" + std::string(600, 'x') + std::to_string(ref)));
  greedy_.Report(10s, {}, identities);
  EXPECT_EQ(model_.replicas().size(), 3U) << "path and name are 1,200 bytes each";
  EXPECT_EQ(Refused("greedy").names, 7U);
  greedy_.Report(20s, {}, {}, {1, 2, 3});
  EXPECT_LT(model_.FindNode("greedy")->name_bytes, 2000U) << "the names are still known, the paths are not";
  model_.Retire("greedy");
  honest_.Report(30s, {}, identities);
  EXPECT_EQ(model_.replicas().size(), 4U) << "the names of three are known and not counted again";
  EXPECT_EQ(Refused("honest").names, 6U);
}

TEST_F(RoomTest, WindowsFollowOneAnotherNoFasterThanTimePasses) {
  greedy_.Report(10s, {}, Units(1, 1));
  for (int i = 1; i <= 1000; ++i) greedy_.Report(10s + i * 1ms, {Busy(1, 1000, kMiB)});
  // As many as may come late together, and two for the second that has passed.
  EXPECT_GE(Refused("greedy").windows, 1000U - 62U);
  EXPECT_LE(Refused("greedy").windows, 1000U - 58U);
  EXPECT_LE(model_.samples(), 63U);
  // From a spool they come fast, and are of different times.
  honest_.Report(10s, {}, Units(1001, 1));
  for (int i = 2; i <= 1000; ++i) honest_.Report(i * 10s, {Busy(1001, 1000, kMiB)});
  EXPECT_EQ(Refused("honest"), RefusedCounts{});
}

TEST_F(RoomTest, ASourceThatSpeaksForAllNodesHasTheBoundOfAll) {
  AgentFeed all(model_, "all");
  all.Report(10s, {}, Units(1, 120));
  EXPECT_EQ(model_.replicas().size(), 100U);
  EXPECT_EQ(Refused("all").containers, 20U);
}

TEST_F(RoomTest, WhatASourceForAllNodesTellsIsNoOneNodesWord) {
  AgentFeed all(model_, "all");
  for (AgentFeed* feed : {&all, &greedy_}) {
    feed->Kill(10s, {.victim = UnitIdentity(1, "a.service"),
                     .limit_owner = UnitIdentity(1, "a.service"),
                     .owner_limit = kGiB,
                     .pid = 1});
  }
  EXPECT_EQ(model_.replicas()[0].usage.ooms().at(0).teller, 0U);
  EXPECT_EQ(model_.replicas()[1].usage.ooms().at(0).teller, TellerOf("greedy"));
}

TEST_F(RoomTest, WhatCountsAgainstANodeIsCountedAnewAfterARestart) {
  greedy_.Report(10s, {}, Units(1, 20));
  honest_.Report(10s, {}, Units(1, 5));
  Model again({.max_containers = 100, .node_containers = 20}, names_);
  SaveModel(model_, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  EXPECT_EQ(again.FindNode("greedy")->made, 20U);
  EXPECT_EQ(again.FindNode("greedy")->name_bytes, model_.FindNode("greedy")->name_bytes);
  greedy_.SpeakTo(again);
  greedy_.Report(20s, {}, Units(100, 5));
  EXPECT_EQ(again.FindNode("greedy")->refused.containers, 5U);
}

TEST_F(RoomTest, OneNodesEventsLeaveRoomForThoseOfOthers) {
  honest_.Kill(5s, {.victim = PathIdentity(1, "/honest"), .pid = 1});
  for (int i = 0; i < 500; ++i)
    greedy_.Kill(
        10s, {.victim = PathIdentity(1, "/greedy"), .pid = 1, .decision = static_cast<std::uint64_t>(i + 1)});
  EXPECT_EQ(model_.timeline().happenings().size(), 101U);
  EXPECT_EQ(model_.timeline().happenings().front().node, "honest");
}

// A node of four CPUs and 16 GiB, as the cluster has it; "new" is not known yet.
class CapacityTest : public ModelTest {
 protected:
  void SetUp() override {
    Tell(4000, 16 * kGiB, 0s);
    for (AgentFeed* node : {&node_1_, &new_}) node->Report(10s, {}, {UnitIdentity(1, "db.service")});
  }
  void Tell(MilliCores cpu, Bytes memory, Duration at) {
    node_1_.Report(at, {});
    const auto told = [&](const std::string& node) -> std::optional<NodeTold> {
      if (node == "new") return std::nullopt;
      return NodeTold{{}, {.cpu = cpu, .memory = memory}};
    };
    model_.Locate(told, At(at));
  }
  [[nodiscard]] std::uint64_t Refused(const std::string& node) const {
    return model_.FindNode(node)->refused.beyond_capacity;
  }
  [[nodiscard]] const Replica& On(const std::string& node) const {
    return model_.replicas()[model_.FindNode(node)->by_path.begin()->second];
  }

  AgentFeed new_{model_, "new"};
};

TEST_F(CapacityTest, WhatNoMachineLikeItCanUseIsNotLearnt) {
  node_1_.Report(20s, {Busy(1, 40'000'000, 16 * kGiB)});
  EXPECT_EQ(Refused("node-1"), 0U) << "all of it, to the last";
  const double mean = On("node-1").usage.memory().mean();
  node_1_.Report(30s, {Busy(1, 60'000'000, kGiB)});
  EXPECT_EQ(Refused("node-1"), 1U);
  node_1_.Report(40s, {Busy(1, 1000, 18 * kGiB)});
  EXPECT_EQ(Refused("node-1"), 2U);
  wire::ContainerWindow stopped = Busy(1, 1000, kGiB);
  stopped.throttle =
      wire::ThrottleWindow{.periods = 100, .throttled_periods = 100, .throttled_us = 60'000'000};
  node_1_.Report(50s, {stopped});
  EXPECT_EQ(Refused("node-1"), 3U);
  EXPECT_EQ(On("node-1").usage.memory().mean(), mean) << "nor is it taken for idle";
  EXPECT_FALSE(On("node-1").running());
  node_1_.Report(60s, {Busy(1, 1000, kGiB)});
  EXPECT_TRUE(On("node-1").running());
  EXPECT_LT(On("node-1").usage.memory().mean(), mean);
}

TEST_F(CapacityTest, UntilItIsKnownEverythingIsBelieved) {
  new_.Report(20s, {Busy(1, 4'000'000'000, 900 * kGiB)});
  EXPECT_EQ(Refused("new"), 0U);
  EXPECT_TRUE(On("new").running());
}

TEST_F(CapacityTest, AMachineThatGrewOrShrankIsBelievedAsItWas) {
  Tell(16'000, 64 * kGiB, 100s);
  node_1_.Report(110s, {Busy(1, 150'000'000, 60 * kGiB)});
  EXPECT_EQ(Refused("node-1"), 0U);
  Tell(4000, 16 * kGiB, 200s);
  node_1_.Report(190s, {Busy(1, 150'000'000, 60 * kGiB)});
  EXPECT_EQ(Refused("node-1"), 0U) << "out of the spool";
  node_1_.Report(210s, {Busy(1, 150'000'000, kGiB)});
  EXPECT_EQ(Refused("node-1"), 1U);
}

TEST_F(CapacityTest, AKillBeyondItTeachesNothingAndIsToldAllTheSame) {
  wire::OomKill kill{.victim = UnitIdentity(1, "db.service"),
                     .limit_owner = UnitIdentity(1, "db.service"),
                     .owner_usage = 15 * kGiB,
                     .owner_limit = 15 * kGiB,
                     .pid = 7};
  EXPECT_EQ(node_1_.Kill(15s, kill).kills.size(), 1U);
  EXPECT_EQ(On("node-1").usage.ooms().size(), 1U);
  kill.owner_usage = kill.owner_limit = 500 * kGiB;
  EXPECT_EQ(node_1_.Kill(16s, kill).kills.size(), 1U);
  EXPECT_EQ(On("node-1").usage.ooms().size(), 1U);
  EXPECT_EQ(Refused("node-1"), 1U);
}

TEST_F(CapacityTest, SecondsBeyondItAreReadLateAndTeachNothing) {
  wire::ContainerWindow window = Busy(1, 4'000'000, kGiB);
  const auto bucket = [](double cores) { return static_cast<std::uint8_t>(BucketScheme::Cpu().Find(cores)); };
  window.cpu->one_second = {{.bucket = bucket(2), .count = 9}, {.bucket = bucket(90), .count = 1}};
  node_1_.Report(20s, {window});
  new_.Report(20s, {window});
  EXPECT_EQ(Refused("node-1"), 0U);
  EXPECT_LT(On("node-1").usage.cpu().seconds().Quantile(1), 3);
  EXPECT_GT(On("new").usage.cpu().seconds().Quantile(1), 80);
}

TEST_F(CapacityTest, AWindowThatWasClosedTooSoonProvesNothing) {
  wire::Report report{.window_start_ns = At(14'900ms).time_since_epoch().count(),
                      .window_end_ns = At(15s).time_since_epoch().count(),
                      .containers = {Busy(1, 800'000, kGiB)}};
  node_1_.Send({.sequence = 3, .body = report}, 15s);
  EXPECT_EQ(Refused("node-1"), 0U);
  EXPECT_FALSE(On("node-1").running()) << "it teaches nothing all the same";
}

TEST_F(CapacityTest, IsStillKnownAfterARestart) {
  Model again({}, names_);
  SaveModel(model_, [&](const std::string& piece) { EXPECT_TRUE(Restored(again, piece)); });
  node_1_.SpeakTo(again);
  node_1_.Report(30s, {Busy(1, 60'000'000, kGiB)});
  EXPECT_EQ(again.FindNode("node-1")->refused.beyond_capacity, 1U);
  EXPECT_EQ(again.FindNode("new")->told, ToldCapacity{});
}

}  // namespace
}  // namespace loadline::collector
