// Replicas that ended, and when containers and nodes are forgotten.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "collector/usage/claims.h"
#include "tests/collector/model/model_fixture.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

class GoneTest : public ModelTest {};

TEST_F(GoneTest, ANodeThatWasTakenAwayLeavesWhatItsContainersUsed) {
  for (AgentFeed* node : {&node_1_, &node_2_})
    node->Report(10s, {Busy(1, 5'000'000, kMiB)}, {UnitIdentity(1, "web.service")});
  model_.Retire("node-1");
  model_.Retire("node-3");
  EXPECT_FALSE(model_.Knows("node-1"));
  EXPECT_EQ(model_.nodes().size(), 1U);
  EXPECT_EQ(model_.replicas().size(), 1U);
  const Container& web = model_.containers()[0];
  EXPECT_EQ(web.cpu_us, 10'000'000U);
  ASSERT_NE(web.past, nullptr);
  // It may come back under its name, as another machine.
  AgentFeed again(model_, "node-1", 2);
  again.Report(20s, {Busy(1, 5'000'000, kMiB)}, {UnitIdentity(1, "web.service")});
  EXPECT_EQ(Only(model_).replicas, 2U);
}

TEST_F(GoneTest, WhatANodeLostInARebootIsGoneAfterAMinute) {
  node_1_.Report(10s, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "a.service")});
  for (Duration t = 20s; t <= 15min; t += 10s) node_1_.Report(t, {});
  AgentFeed rebooted(model_, "node-1", 2);
  rebooted.Report(16min, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "b.service")});
  EXPECT_EQ(model_.replicas().size(), 2U);
  for (Duration t = 16min + 10s; t <= 18min; t += 10s) rebooted.Report(t, {});
  EXPECT_EQ(model_.replicas().size(), 1U);
}

// A unit that is started again and again within ten seconds, and a job that takes one.
TEST_F(GoneTest, AllLivesOfAWindowAreTheReplicas) {
  const auto life = [](std::uint32_t ref, std::uint32_t cpu_us, Bytes memory) {
    wire::ContainerWindow window = Busy(ref, cpu_us, memory);
    window.cpu->one_second = {{.bucket = 3, .count = 1}};
    window.exits = wire::ExitWindow{.exits = 1, .cpu_us = cpu_us, .largest_rss = memory};
    window.counters[wire::Counter::kRunQueueWaits] = 2;
    window.throttle = wire::ThrottleWindow{.periods = 10, .throttled_periods = 1, .longest_us = 7};
    return window;
  };
  const auto named = [](std::uint32_t ref) { return UnitIdentity(ref, "job.service"); };
  node_1_.Report(10s, {life(1, 100'000, kMiB), life(2, 200'000, 3 * kMiB), life(3, 300'000, 2 * kMiB)},
                 {named(1), named(2), named(3)}, {1, 2});
  EXPECT_EQ(model_.nodes()[0].refused.figures, 0U);
  const ContainerView first = Only(model_);
  EXPECT_EQ(first.replicas, 1U);
  EXPECT_NEAR(first.cpu_seconds_total, 0.6, 1e-9);
  EXPECT_NEAR(first.cpu_cores, 0.06, 1e-9);
  EXPECT_EQ(first.memory_working_set, 2 * kMiB) << "the one that runs";
  EXPECT_EQ(first.memory_peak, 3 * kMiB) << "the largest of all";
  EXPECT_EQ(first.periods_total, 30U);
  EXPECT_EQ(first.counters[wire::Counter::kProcessExits], 3U);
  EXPECT_EQ(first.counters[wire::Counter::kRunQueueWaits], 6U);
  // It ends, and one begins that has done nothing yet; then the last one ends, too.
  node_1_.Report(20s, {life(3, 50'000, kMiB)}, {named(4)}, {3});
  EXPECT_NEAR(Only(model_).cpu_seconds_total, 0.65, 1e-9);
  node_1_.Report(30s, {life(4, 10'000, kMiB), life(5, 20'000, kMiB)}, {named(5)}, {4, 5});
  EXPECT_NEAR(Only(model_).cpu_seconds_total, 0.68, 1e-9);
  EXPECT_EQ(Only(model_).replicas, 0U);
  // A number that ended means nothing any more.
  node_1_.Report(40s, {life(4, 10'000, kMiB)});
  EXPECT_EQ(model_.nodes()[0].refused.figures, 1U);
}

TEST_F(GoneTest, LivesTogetherCannotClaimMoreThanTheMachineHas) {
  node_1_.Report(0s, {});
  model_.Locate([](const std::string&) { return NodeTold{{}, {.cpu = 1000, .memory = kGiB}}; }, At(0s));
  node_1_.Report(10s, {Busy(1, 7'000'000, kMiB), Busy(2, 7'000'000, kMiB)},
                 {UnitIdentity(1, "a.service"), UnitIdentity(2, "a.service")}, {1});
  EXPECT_EQ(model_.nodes()[0].refused.beyond_capacity, 1U);
  EXPECT_EQ(model_.containers()[0].cpu_us, 0U);
}

TEST_F(GoneTest, WhatAReplicaUsedOutlivesIt) {
  for (int i = 1; i <= 12; ++i) {
    node_1_.Report(i * 10s, {Busy(1, 1'000'000, kMiB)},
                   i == 1 ? std::vector{UnitIdentity(1, "a.service")} : std::vector<wire::CgroupIdentity>{},
                   i == 12 ? std::vector<std::uint32_t>{1} : std::vector<std::uint32_t>{});
  }
  EXPECT_EQ(model_.replicas().size(), 0U);
  EXPECT_EQ(Only(model_).replicas, 0U);
  ASSERT_NE(model_.containers()[0].past, nullptr);
  EXPECT_FALSE(model_.containers()[0].past->vpa().memory().IsEmpty());
}

TEST_F(GoneTest, AGoneContainerIsRememberedAsLongAsItLivedAndAtLeastTenMinutes) {
  node_1_.Report(10s, {Busy(1, 1'000'000, kMiB)}, {PathIdentity(1, "/short"), PathIdentity(2, "/long")});
  node_1_.Report(20s, {}, {}, {1});
  for (Duration t = 30s; t <= 2h; t += 10s) node_1_.Report(t, {Busy(2, 1'000'000, kMiB)}, {}, {});
  EXPECT_THAT(WorkloadIds(model_), ElementsAre("path/long"));
  node_1_.Report(2h + 10s, {}, {}, {2});
  for (Duration t = 2h + 20s; t < 3h + 55min; t += 10s) node_1_.Report(t, {});
  EXPECT_THAT(WorkloadIds(model_), ElementsAre("path/long"));
  for (Duration t = 3h + 55min; t < 4h + 5min; t += 10s) node_1_.Report(t, {});
  EXPECT_THAT(WorkloadIds(model_), ElementsAre());
}

// All plain cgroups are pods of one workload of that kind.
class OfOneWorkload final : public NameResolver {
 public:
  explicit OfOneWorkload(std::string kind) : kind_(std::move(kind)) {}
  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion& question) const override {
    return ContainerName{"shop/" + kind_ + "/etl", "shop", kind_, "etl", "app", question.identity.path};
  }

 private:
  const std::string kind_;
};

struct Kept {
  std::string kind;
  Duration known;      // still, so long after a run of two minutes
  Duration forgotten;  // by then
};

class KeptTest : public ::testing::TestWithParam<Kept> {};

TEST_P(KeptTest, OverThePausesOfItsKind) {
  const OfOneWorkload names(GetParam().kind);
  Model model({}, names);
  AgentFeed job(model, "node-1");
  for (Duration t = 10s; t <= 2min; t += 10s) {
    job.Report(t, {Busy(1, 1'000'000, 250 * kMiB)},
               t == 10s ? std::vector{PathIdentity(1, "/job")} : std::vector<wire::CgroupIdentity>{});
  }
  job.Report(2min + 10s, {}, {}, {1});
  Duration t = 2min + 20s;
  // The node goes on; a minute apart, so that nothing looks as if the collector had been away.
  for (; t < GetParam().known; t += 1min) job.Report(t, {});
  ASSERT_EQ(model.containers().size(), 1U);
  EXPECT_GE(model.containers()[0].past->memory().mean(), 249.0 * kMiB);
  for (; t < GetParam().forgotten; t += 1min) job.Report(t, {});
  EXPECT_EQ(model.containers().size(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Kinds, KeptTest,
                         ::testing::Values(Kept{"CronJob", 69 * 24h, 71 * 24h},
                                           Kept{"Deployment", 7 * 24h, 9 * 24h},
                                           Kept{"Job", 7 * 24h, 9 * 24h}, Kept{"Workflow", 7 * 24h, 9 * 24h}),
                         [](const auto& kept) { return kept.param.kind; });

TEST_F(GoneTest, WhatWasKilledForMemoryIsRememberedWhateverItIs) {
  node_1_.Report(10s, {Busy(1, 1'000'000, 250 * kMiB)}, {PathIdentity(1, "/job")});
  const wire::CgroupIdentity job = PathIdentity(1, "/job");
  node_1_.Kill(20s,
               {.victim = job, .limit_owner = job, .owner_usage = 256 * kMiB, .owner_limit = 256 * kMiB});
  node_1_.Report(30s, {}, {}, {1});
  for (Duration t = 40s; t < 7 * 24h; t += 1min) node_1_.Report(t, {});
  ASSERT_EQ(model_.containers().size(), 1U);
  EXPECT_EQ(model_.containers()[0].past->ooms().size(), 1U);
}

TEST_F(GoneTest, WhereHalfOfTheRoomIsTakenJobsAreForgottenSoon) {
  const OfOneWorkload names("CronJob");
  Model model({.node_containers = 1}, names);
  AgentFeed job(model, "node-1");
  job.Report(10s, {Busy(1, 1'000'000, kMiB)}, {PathIdentity(1, "/job")});
  job.Report(20s, {}, {}, {1});
  for (Duration t = 30s; t < 15min; t += 10s) job.Report(t, {});
  EXPECT_EQ(model.containers().size(), 0U);
}

TEST_F(GoneTest, TenThousandShortLivedCgroupsLeaveNothingBehind) {
  std::uint32_t ref = 0;
  for (Duration t = 10s; t <= 1000s; t += 10s) {
    std::vector<wire::CgroupIdentity> identities;
    std::vector<std::uint32_t> gone;
    for (int i = 0; i < 100; ++i) {
      ++ref;
      identities.push_back(PathIdentity(ref, "/job/" + std::to_string(ref)));
      gone.push_back(ref);
    }
    node_1_.Report(t, {}, identities, gone);
  }
  EXPECT_EQ(model_.replicas().size(), 0U);
  for (Duration t = 1010s; t <= 2000s; t += 10s) node_1_.Report(t, {});
  EXPECT_EQ(model_.containers().size(), 0U);
  EXPECT_EQ(model_.workloads().size(), 0U);
  EXPECT_EQ(model_.nodes()[0].refs.size(), 0U);
}

TEST_F(GoneTest, ANodeThatWasCutOffForHoursIsUnderstoodWhenItReturns) {
  node_1_.Report(10s, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "a.service")});
  for (Duration t = 10s; t < 5h; t += 10s) node_2_.Report(t, {});
  EXPECT_EQ(Only(model_).replicas, 0U) << "meanwhile nobody knows whether it runs";
  EXPECT_EQ(Only(model_).cpu_cores, 0);
  node_1_.Report(5h, {Busy(1, 2'000'000, kMiB)});
  EXPECT_EQ(model_.unknown_refs(), 0U);
  EXPECT_EQ(Only(model_).replicas, 1U);
  EXPECT_NEAR(Only(model_).cpu_seconds_total, 3, 1e-9);
}

TEST_F(GoneTest, WhenTheCollectorWasAwayNobodyIsForgottenBeforeHavingHadTimeToSpeak) {
  node_1_.Report(10s, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "a.service")});
  node_2_.Report(10s, {Busy(1, 1'000'000, kMiB)}, {UnitIdentity(1, "b.service")});
  const Duration later = std::chrono::days(30);
  node_2_.Report(later, {Busy(1, 1'000'000, kMiB)});
  node_1_.Report(later + 5min, {Busy(1, 1'000'000, kMiB)});
  EXPECT_EQ(model_.unknown_refs(), 0U);
  EXPECT_THAT(WorkloadIds(model_), ElementsAre("unit/a.service", "unit/b.service"));
}

TEST_F(GoneTest, ANodeThatNeverCameBackIsForgottenAtLast) {
  Model model({.forget_after = 1h}, names_);
  AgentFeed gone(model, "gone");
  AgentFeed stays(model, "stays");
  gone.Report(10s, {Busy(1, 1, kMiB)}, {PathIdentity(1, "/a")});
  for (Duration t = 10s; t < 59min; t += 10s) stays.Report(t, {});
  EXPECT_TRUE(model.Knows("gone"));
  for (Duration t = 59min; t < 62min; t += 10s) stays.Report(t, {});
  EXPECT_FALSE(model.Knows("gone"));
  EXPECT_TRUE(model.Knows("stays"));
  gone.Report(63min, {Busy(1, 1, kMiB)}, {PathIdentity(1, "/a")});
  EXPECT_TRUE(model.Knows("gone")) << "and is welcome again";
}

// A service on so many nodes, for half an hour; then the one on the first ends.
class RememberedTest : public GoneTest {
 protected:
  struct Uses {
    std::uint32_t cpu_us = 1'000'000;
    Bytes memory = 100 * kMiB;
  };
  const ContainerUsage& PastOf(const std::vector<Uses>& nodes) {
    std::vector<AgentFeed> feeds;
    for (std::size_t i = 0; i < nodes.size(); ++i) feeds.emplace_back(model_, "n" + std::to_string(i));
    for (Duration end = 10s; end <= 30min; end += 10s) {
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        std::vector<wire::CgroupIdentity> identities;
        if (end == 10s) identities.push_back(kUnit);
        feeds[i].Report(end, {Busy(1, nodes[i].cpu_us, nodes[i].memory)}, identities);
      }
    }
    feeds[0].Kill(30min, {.victim = kUnit, .limit_owner = kUnit, .owner_usage = kGiB, .owner_limit = kGiB});
    feeds[0].Report(30min + 10s, {}, {}, {1});
    return *model_.containers()[0].past;
  }

  const wire::CgroupIdentity kUnit = UnitIdentity(1, "web.service");
};

TEST_F(RememberedTest, WhatOneNodeAloneSaysIsForgottenWithItsReplicaButForTheKills) {
  const ContainerUsage& past = PastOf({{.memory = 900 * kGiB}, {}, {}});
  EXPECT_EQ(past.history(), 0s);
  EXPECT_EQ(past.memory().mean(), 0);
  ASSERT_EQ(past.ooms().size(), 1U);
  EXPECT_EQ(past.ooms()[0].teller, TellerOf("n0"));
}

TEST_F(RememberedTest, CpuThatOneNodeAloneSaysIsForgottenToo) {
  EXPECT_TRUE(PastOf({{.cpu_us = 900'000'000}, {}, {}, {}}).cpu().minutes().IsEmpty());
}

TEST_F(RememberedTest, WhatOneOfTheOthersComesNearIsRemembered) {
  EXPECT_GT(PastOf({{.memory = 900 * kMiB}, {}, {.memory = 300 * kMiB}}).memory().mean(), 800.0 * kMiB);
}

TEST_F(RememberedTest, OfTwoNodesBothAreRemembered) {
  EXPECT_GT(PastOf({{.memory = 900 * kMiB}, {}}).memory().mean(), 800.0 * kMiB);
}

}  // namespace
}  // namespace loadline::collector
