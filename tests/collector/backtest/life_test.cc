// Whole lives beside the peers: the bar is in docs/recommendations.md ("Lives").
#include "collector/backtest/life.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "collector/backtest/replica_count.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr double kMiBytes = static_cast<double>(kMiB);

LifeFigures With(const char* algorithm, const Life& life) {
  return LiveThrough(life, **MakeAlgorithm(algorithm));
}

// One pod of half a core.
Life Holding(Bytes request, std::function<double(const LifeMoment&)> mib) {
  const auto demand = [mib = std::move(mib)](const LifeMoment& moment) {
    return SimulatedContainer::Demand{.cores = 0.5, .bytes = mib(moment) * kMiBytes};
  };
  return {.name = "of a test",
          .days = 3,
          .containers = {
              {.request = {.cpu = 1000, .memory = request}, .limit = {.memory = request}, .demand = demand}}};
}

class EachLife : public testing::TestWithParam<std::string> {};

TEST_P(EachLife, IsNoWorseThanWithTheBetterPeerOrSaysWhy) {
  const Life life = *FindLife(GetParam());
  const LifeFigures ours = With("loadline", life);
  const LifeFigures vpa = With("vpa", life);
  const LifeFigures krr = With("krr", life);
  // An excuse that is needed no more has to go.
  EXPECT_EQ(IsWorse(ours, vpa, krr), !life.excuse.empty())
      << "kills " << ours.kills << ", vpa " << vpa.kills << ", krr " << krr.kills << "; minutes short "
      << ours.minutes_short << ", " << vpa.minutes_short << ", " << krr.minutes_short << "; memory slack "
      << ours.memory_slack << ", " << vpa.memory_slack << "; CPU slack " << ours.cpu_slack << ", "
      << vpa.cpu_slack;
}

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const Life& life : Lives()) names.push_back(life.name);
  return names;
}

std::string AsTestName(const testing::TestParamInfo<std::string>& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Lives, EachLife, testing::ValuesIn(Names()), AsTestName);

TEST(Life, ThoseThatAreExcusedAreNamedInTheDocument) {
  std::ifstream file("docs/recommendations.md");
  const std::string text(std::istreambuf_iterator<char>(file), {});
  for (const Life& life : Lives()) {
    if (life.excuse.empty()) continue;
    EXPECT_NE(text.find("`" + life.name + "`"), std::string::npos) << life.name;
  }
}

TEST(Life, TheSameIsLivedEachTime) {
  const Life life = *FindLife("cpu-autoscaler");
  const LifeFigures once = With("loadline", life);
  const LifeFigures again = With("loadline", life);
  EXPECT_EQ(once.memory_slack, again.memory_slack);
  EXPECT_EQ(once.minutes_short, again.minutes_short);
}

TEST(Life, MemoryBeyondTheLimitIsAKillAndCpuBeyondTheRequestIsShort) {
  // Half of the time it wants twice what it asks for, before anything is changed.
  Life life =
      Holding(256 * kMiB, [](const LifeMoment& moment) { return moment.at == 60min ? 300.0 : 100.0; });
  life.days = 1;
  life.containers[0].request.cpu = 400;
  const LifeFigures krr = With("krr", life);
  EXPECT_EQ(krr.kills, 1);
  EXPECT_EQ(krr.minutes_short, 24 * 60) << "by hand nothing changes before a week is over";
  EXPECT_EQ(krr.cpu_slack, 0);
  EXPECT_NEAR(krr.memory_slack, 1 - 100.0 / 256, 0.001);
  EXPECT_EQ(krr.changes_a_day, 0);
}

TEST(Life, WhatIsAskedForByHandChangesOnceAWeekAndWithEachVersion) {
  Life life = Holding(kGiB, [](const LifeMoment&) { return 100.0; });
  life.days = 8;
  // A GiB of which 100 MiB are used, then what is asked for them.
  const double before = 1024;
  const double after = 115;
  EXPECT_NEAR(With("krr", life).memory_slack, 1 - 8 * 100 / (7 * before + after), 0.01);
  life.version = [](Duration at, int) { return at < 24h ? 1 : 2; };
  EXPECT_NEAR(With("krr", life).memory_slack, 1 - 8 * 100 / (before + 7 * after), 0.01);
}

TEST(Life, AnUpdaterWaitsTwelveHoursUnlessItIsOutOfBounds) {
  Life life = Holding(kGiB, [](const LifeMoment&) { return 600.0; });
  life.days = 1;
  const double slack = With("vpa", life).memory_slack;
  // 600 MiB of a GiB for half a day, then of what upstream makes of 600.
  EXPECT_NEAR(slack, 1 - 600.0 / ((1024 + 705) / 2.0), 0.03);
}

TEST(Life, AKubeletDoesNotTakeAwayWhatIsHeld) {
  // Of eleven, upstream's 90th percentile does not know the one.
  Life life = Holding(kGiB, [](const LifeMoment& moment) { return moment.place == 0 ? 1000.0 : 400.0; });
  life.days = 1;
  life.places = 11;
  const LifeFigures vpa = With("vpa", life);
  EXPECT_EQ(vpa.kills, 0);
  EXPECT_LT(vpa.last_request.memory, 500 * kMiB) << "the others are lowered";
}

TEST(Life, AContainerThatIsAddedLaterIsInPodsThatBeginThen) {
  Life life = Holding(100 * kMiB, [](const LifeMoment&) { return 100.0; });
  life.containers.push_back(life.containers[0]);
  life.containers[1].from = 24h;
  life.version = [](Duration at, int) { return at < 48h ? 1 : 2; };
  // By hand the first has enough with the new version; of the second, which nobody had seen, the third day is short.
  life.containers[0].request.cpu = life.containers[1].request.cpu = 400;
  EXPECT_EQ(With("krr", life).minutes_short, (2 + 1) * 24 * 60);
}

TEST(Life, WhatSomebodyWritesIntoTheTemplateIsRolledOut) {
  Life life = Holding(100 * kMiB, [](const LifeMoment& moment) { return moment.up == 90min ? 150.0 : 50.0; });
  life.edits = {{.at = 1h, .request = {.cpu = 1000, .memory = 200 * kMiB}, .limit = {.memory = 200 * kMiB}}};
  const LifeFigures krr = With("krr", life);
  EXPECT_EQ(krr.kills, 0) << "it has begun anew in time";
  EXPECT_NEAR(krr.memory_slack, 1 - 50.0 / (71 * 200.0 + 100) * 72, 0.001);
}

TEST(Life, OfWhatHasMovedNothingIsKnown) {
  Life life = Holding(kGiB, [](const LifeMoment&) { return 100.0; });
  life.days = 4;
  const double at_rest = With("loadline", life).memory_slack;
  life.moved_at = 48h;
  EXPECT_GT(With("loadline", life).memory_slack, at_rest + 0.05) << "it begins with what the template has";
}

TEST(Life, AnAutoscalerThatComesLaterChangesNothingBefore) {
  Life life = Holding(kGiB, [](const LifeMoment&) { return 100.0; });
  life.places = 4;
  life.containers[0].request.cpu = 400;
  life.scaling = LifeScaling{.resource = Resource::kCpu, .target = 0.5, .least = 1, .most = 4, .from = 48h};
  // Of one pod for two days and a minute, of three for a minute, then of four.
  EXPECT_EQ(With("krr", life).minutes_short, 2 * 24 * 60 + 1 + 3 + 4 * (24 * 60 - 2));
}

TEST(ReplicaCount, FollowsTheShareAndGoesDownAfterFiveMinutes) {
  ReplicaCount count({.resource = Resource::kCpu, .target = 0.5, .least = 2, .most = 8});
  EXPECT_EQ(count.replicas(), 2);
  count.Step(0.54, 2);
  EXPECT_EQ(count.replicas(), 2) << "a tenth is tolerated";
  count.Step(1.0, 2);
  EXPECT_EQ(count.replicas(), 4);
  count.Step(4.0, 4);
  EXPECT_EQ(count.replicas(), 8);
  for (int minute = 0; minute < 4; ++minute) {
    count.Step(0.1, 8);
    EXPECT_EQ(count.replicas(), 8);
  }
  count.Step(0.1, 8);
  EXPECT_EQ(count.replicas(), 2);
}

}  // namespace
}  // namespace loadline::collector
