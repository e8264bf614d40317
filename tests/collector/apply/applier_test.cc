#include "collector/apply/applier.h"

#include <gmock/gmock.h>

#include <utility>

#include "collector/apply/trial_state.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using Kind = ApplyNews::Kind;

PodSize Size(MilliCores cpu, MilliCores cpu_limit = 400) {
  return {{"app", {cpu, 100 * kMiB}, {cpu_limit, 200 * kMiB}}};
}

// A workload of some pods, a kubelet that does what it is told, and time that moves by hand.
class World {
 public:
  explicit World(int pods, MilliCores target = 100) {
    for (int i = 0; i < pods; ++i) AddPod();
    subject_.workload_id = "shop/Deployment/web";
    subject_.advice = {{"app", {target, 100 * kMiB}, 48h, 50 * kMiB}};
  }

  void AddPod() {
    const std::string name = "web-" + std::to_string(subject_.pods.size());
    subject_.pods.push_back({.workload_id = "shop/Deployment/web",
                             .name = name,
                             .uid = name + "-uid",
                             .qos = "Burstable",
                             .ready = true,
                             .wanted = Size(200),
                             .given = Size(200)});
  }
  SizablePod& pod(std::size_t i) { return subject_.pods[i]; }
  Subject& subject() { return subject_; }
  Applier& applier() { return applier_; }
  [[nodiscard]] const Trial& trial() const { return applier_.trials().at("shop/Deployment/web"); }

  // Runs for so long, in steps of five seconds with a window each. What the kubelet will not do it says.
  void Run(Duration time) {
    for (const Wall end = now_ + time; now_ < end; now_ += 5s) {
      subject_.windows.clear();
      for (const SizablePod& pod : subject_.pods) {
        const bool throttled = pod.given[0].limit.cpu < needs_limit_;
        subject_.windows.push_back({pod.uid, "app", now_, 5s, 50, throttled ? 25U : 0U, 0, cgroup_has});
      }
      Take(applier_.Step(subject_, now_));
    }
  }
  std::vector<ApplyNews> Take(const Applier::Outcome& outcome) {
    for (const ApplyNews& news : outcome.news) news_.push_back(news);
    for (const ResizeOrder& order : outcome.orders) Carry(order);
    return outcome.news;
  }
  [[nodiscard]] Wall now() const { return now_; }
  // The CPU limit below which pods are throttled half of the time.
  void NeedsLimit(MilliCores limit) { needs_limit_ = limit; }
  void NodeOfPodHasNoRoom(std::size_t i, ResizeState state) {
    full_ = pod(i).uid;
    full_state_ = state;
  }

  void ServerRefuses(bool refuses) { server_refuses_ = refuses; }

  std::vector<std::string> orders;  // pods, in order
  Bytes cgroup_has = 0;             // the memory limit of cgroups, as agents tell it; 0: they do not
  [[nodiscard]] std::vector<Kind> Told() const {
    std::vector<Kind> kinds;
    for (const ApplyNews& news : news_) kinds.push_back(news.kind);
    return kinds;
  }
  [[nodiscard]] std::string LastWords() const { return news_.empty() ? "" : news_.back().text; }
  [[nodiscard]] std::vector<MilliCores> Requests() const {
    std::vector<MilliCores> all;
    for (const SizablePod& pod : subject_.pods) all.push_back(pod.given[0].request.cpu);
    return all;
  }

 private:
  void Carry(const ResizeOrder& order) {
    orders.push_back(order.pod);
    if (server_refuses_) return applier_.Refused(order.workload_id, order.pod_uid, "quota exceeded");
    for (SizablePod& pod : subject_.pods) {
      if (pod.uid != order.pod_uid) continue;
      pod.wanted = order.size;
      const bool refused = pod.uid == full_ && order.size != pod.given;
      pod.resize = refused ? full_state_ : ResizeState::kNone;
      pod.resize_message = refused ? "Node didn't have enough resource: cpu" : "";
      if (!refused) pod.given = order.size;
    }
  }

  Applier applier_{{.soak = 1min, .settle = 30s}};
  Subject subject_;
  std::vector<ApplyNews> news_;
  Wall now_{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  MilliCores needs_limit_ = 0;
  std::string full_;
  ResizeState full_state_{};
  bool server_refuses_ = false;
};

TEST(Applier, OnePodGoesFirstAndTheOthersFollowWhenItIsNoneTheWorse) {
  World world(3);
  world.Run(55s);
  EXPECT_THAT(world.orders, IsEmpty()) << "it is measured as it was, first";
  world.Run(60s);
  EXPECT_THAT(world.orders, ElementsAre("web-0"));
  EXPECT_THAT(world.Requests(), ElementsAre(100, 200, 200));
  world.Run(2min + 30s);
  EXPECT_THAT(world.Requests(), ElementsAre(100, 100, 100));
  EXPECT_THAT(world.orders, ElementsAre("web-0", "web-1", "web-2"));
  EXPECT_THAT(world.Told(), ElementsAre(Kind::kBegun, Kind::kDone));
  EXPECT_EQ(world.pod(2).given[0].limit.cpu, 200) << "the limit keeps its proportion";
  world.Run(3h);
  EXPECT_EQ(world.orders.size(), 3U) << "and that is all";
}

TEST(Applier, AResizeThatThrottlesIsTakenBackFromTheFirstPodAlone) {
  World world(3);
  world.NeedsLimit(400);
  world.Run(10min);
  EXPECT_THAT(world.Requests(), ElementsAre(200, 200, 200));
  EXPECT_THAT(world.orders, ElementsAre("web-0", "web-0"));
  EXPECT_THAT(world.Told(), ElementsAre(Kind::kBegun, Kind::kReverted));
  EXPECT_THAT(world.LastWords(), HasSubstr("container app is throttled in 50 % of its periods, 0 % before"));
  world.Run(20h);
  EXPECT_EQ(world.orders.size(), 2U) << "not tried again for a day";
}

TEST(Applier, WhatWasThrottledBeforeIsNoReasonToTakeItBack) {
  World world(1);
  world.NeedsLimit(1000);
  world.Run(10min);
  EXPECT_THAT(world.Requests(), ElementsAre(100));
}

TEST(Applier, AnOomKillTakesItBackAtOnce) {
  World world(2);
  world.Run(70s);
  ASSERT_THAT(world.orders, ElementsAre("web-0"));
  world.applier().Killed("shop/Deployment/web", "web-1-uid");
  world.Run(5s);
  EXPECT_EQ(world.trial().phase, TrialPhase::kSoaking) << "the other pod was not resized";
  world.applier().Killed("shop/Deployment/web", "web-0-uid");
  world.Run(5s);
  EXPECT_THAT(world.Requests(), ElementsAre(200, 200));
  EXPECT_EQ(world.LastWords(), "Taking the resize back: web-0 was OOM-killed");
}

// Of 256 MiB and no more, where 1075 MiB are advised.
class SmallWorld : public World {
 public:
  explicit SmallWorld(int pods) : World(pods) {
    const Amounts small{.cpu = 100, .memory = 256 * kMiB};
    for (SizablePod& pod : subject().pods) {
      pod.qos = "Guaranteed";
      pod.wanted = pod.given = {{"app", small, small}};
    }
    Advise(1075 * kMiB);
  }
  void Advise(Bytes memory) {
    subject().advice = {{"app", {.cpu = 100, .memory = memory}, 10min, 256 * kMiB}};
  }
  void Kill(std::size_t i) {
    applier().Killed("shop/Deployment/web", pod(i).uid);
    ++pod(i).restarts;
  }
  [[nodiscard]] Bytes MemoryOf(std::size_t i) { return pod(i).given[0].limit.memory; }
};

TEST(Applier, AnOomKilledPodIsRaisedAtOnceAsFarAsTheAdviceSays) {
  SmallWorld world(2);
  world.Run(5s);
  world.pod(0).ready = false;
  world.Kill(0);
  world.Run(5s);
  EXPECT_EQ(world.MemoryOf(0), 1075 * kMiB) << "no soak, no factor, no history of a day";
  EXPECT_EQ(world.MemoryOf(1), 256 * kMiB);
  EXPECT_EQ(world.pod(0).given[0].request, world.pod(0).given[0].limit);
  EXPECT_THAT(world.Told(), ElementsAre(Kind::kRaised));
  EXPECT_EQ(world.LastWords(), "Raised web-0 after an OOM kill: app memory 256 MiB to 1.05 GiB");
  world.Run(1h);
  EXPECT_EQ(world.orders.size(), 1U);
}

TEST(Applier, AKillAfterARaiseRaisesFurtherAndTakesNothingBack) {
  SmallWorld world(1);
  world.subject().advice[0].history = 48h;
  world.Run(90s);
  ASSERT_EQ(world.trial().phase, TrialPhase::kSoaking) << "raised in a trial, and twofold";
  ASSERT_EQ(world.MemoryOf(0), 512 * kMiB);
  world.Kill(0);
  world.Run(5s);
  EXPECT_EQ(world.MemoryOf(0), 1075 * kMiB);
  world.Advise(4515 * kMiB);
  world.Kill(0);
  world.Run(5s);
  EXPECT_EQ(world.MemoryOf(0), 4515 * kMiB);
  EXPECT_THAT(world.Told(), Not(Contains(Kind::kReverted)));
}

TEST(Applier, ARaiseWaitsForTheAdviceAndForTheContainerToRun) {
  SmallWorld world(1);
  world.Advise(256 * kMiB);
  world.Run(5s);
  world.pod(0).backing_off = true;
  world.Kill(0);
  world.Run(1min);
  world.Advise(1075 * kMiB);
  world.Run(1min);
  EXPECT_THAT(world.orders, IsEmpty()) << "it waits to be started again";
  world.pod(0).backing_off = false;
  world.Run(5s);
  EXPECT_EQ(world.MemoryOf(0), 1075 * kMiB);
}

TEST(Applier, WhoeverElseResizesItRaisesItToo) {
  SmallWorld world(1);
  world.subject().resized_by_others = true;
  world.subject().blocked = "a VerticalPodAutoscaler in mode Auto resizes it";
  world.Run(5s);
  world.Kill(0);
  world.Run(1min);
  EXPECT_THAT(world.orders, IsEmpty());
}

TEST(Applier, ADisruptionBudgetThatAllowsNoneStopsNoRaise) {
  SmallWorld world(1);
  world.subject().blocked = "its PodDisruptionBudget allows no disruption now";
  world.Run(5s);
  world.Kill(0);
  world.Run(5s);
  EXPECT_EQ(world.MemoryOf(0), 1075 * kMiB);
}

TEST(Applier, ARaiseThatTheNodeHasNoRoomForIsTold) {
  SmallWorld world(1);
  world.NodeOfPodHasNoRoom(0, ResizeState::kDeferred);
  world.Run(5s);
  world.Kill(0);
  world.Run(1min);
  EXPECT_THAT(world.Told(), ElementsAre(Kind::kRaised, Kind::kGivenUp));
  EXPECT_THAT(world.LastWords(),
              HasSubstr("web-0 was to be raised after an OOM kill, and is not: Node didn't have"));
}

// Of 256 MiB too, with nothing advised but what it has.
class GrowingWorld : public SmallWorld {
 public:
  explicit GrowingWorld(int pods) : SmallWorld(pods) {
    Advise(256 * kMiB);
    subject().advice[0].history = 48h;
  }
  // It is about to be full, as its agent sees it; what follows is carried out.
  std::vector<ApplyNews> Grow(std::size_t i, std::vector<LimitCap> caps = {}) {
    const GrowthSign sign{.pod_uid = pod(i).uid,
                          .container = "app",
                          .limit = cgroup_limit ? cgroup_limit : MemoryOf(i),
                          .full_by = now() + 5s};
    return Take(applier().Grows(subject(), sign, caps, now()));
  }
  Bytes cgroup_limit = 0;  // where it is not the pod's
};

TEST(Applier, AContainerThatIsAboutToBeFullIsRaisedAtOnceAndToldAsAStory) {
  GrowingWorld world(2);
  world.Run(1min);
  world.subject().blocked = "its PodDisruptionBudget allows no disruption now";
  const std::vector<ApplyNews> news = world.Grow(0);
  EXPECT_EQ(world.MemoryOf(0), 384 * kMiB);
  EXPECT_EQ(world.MemoryOf(1), 256 * kMiB);
  ASSERT_THAT(news, SizeIs(1));
  EXPECT_EQ(news[0].kind, Kind::kRescued);
  EXPECT_EQ(news[0].text,
            "app of web-0 would have been OOM-killed by 00:01:05 UTC; its memory limit is raised from 256 "
            "MiB to 384 MiB");
  world.Run(1min);
  EXPECT_THAT(world.orders, ElementsAre("web-0"));
  EXPECT_THAT(world.Told(), ElementsAre(Kind::kRescued));
}

TEST(Applier, AGrowthHasOneAnswerWhateverStillComesOfIt) {
  GrowingWorld world(1);
  world.Run(5s);
  world.cgroup_limit = 256 * kMiB;
  world.Grow(0);
  world.Grow(0);
  world.Grow(0);
  EXPECT_THAT(world.orders, SizeIs(1));
  world.cgroup_limit = 0;
  world.Grow(0);
  EXPECT_EQ(world.MemoryOf(0), 576 * kMiB) << "it has grown on, to the new limit";
  world.Grow(0);
  EXPECT_EQ(world.MemoryOf(0), 768 * kMiB);
  EXPECT_THAT(world.Grow(0), ElementsAre(testing::Field(&ApplyNews::kind, Kind::kGivenUp)))
      << "threefold is all";
  EXPECT_THAT(world.Grow(0), IsEmpty()) << "and is said once";
}

TEST(Applier, ARaiseBeforeAKillIsNotTakenBackByTheKillOrByATrial) {
  GrowingWorld world(2);
  world.Run(5s);
  world.Grow(0);
  world.Kill(0);
  world.Run(30min);
  EXPECT_EQ(world.MemoryOf(0), 384 * kMiB);
  world.Advise(100 * kMiB);
  world.subject().advice[0].history = 48h;
  world.Run(3h);
  EXPECT_EQ(world.MemoryOf(0), 384 * kMiB) << "no trial lowers it";
  EXPECT_THAT(world.Told(), Not(Contains(Kind::kReverted)));
  world.Run(22h);
  EXPECT_LT(world.MemoryOf(0), 384 * kMiB) << "a day later the recommendation knows its peaks";
}

TEST(Applier, ARaiseBeforeAKillEndsATrialAndOutlivesWhatIsTakenBack) {
  GrowingWorld world(2);
  world.Advise(1000 * kMiB);
  world.subject().advice[0].history = 48h;
  world.Run(70s);
  ASSERT_EQ(world.trial().phase, TrialPhase::kSoaking);
  world.Grow(1);
  EXPECT_EQ(world.trial().phase, TrialPhase::kResting);
  world.ServerRefuses(true);
  world.Run(3min);
  EXPECT_EQ(world.MemoryOf(1), 384 * kMiB);
}

TEST(Applier, ARaiseThatTheCgroupDidNotGetIsTold) {
  GrowingWorld world(1);
  world.cgroup_has = 256 * kMiB;
  world.Run(5s);
  world.Grow(0);
  world.Run(1min);
  EXPECT_THAT(world.LastWords(),
              HasSubstr("web-0 was to be raised before an OOM kill, and is not: the kubelet says "
                        "that it has, but the cgroup of app still has 256 MiB"));
  world.pod(0).backing_off = true;
  world.cgroup_limit = 384 * kMiB;
  world.Grow(0);
  world.Run(1min);
  EXPECT_THAT(world.LastWords(), HasSubstr("waits to be started again"));
}

TEST(Applier, ARaiseThatTheApiServerRefusesIsTold) {
  GrowingWorld world(1);
  world.Run(5s);
  world.ServerRefuses(true);
  world.Grow(0);
  world.Run(5s);
  EXPECT_EQ(world.LastWords(),
            "web-0 was to be raised before an OOM kill, and is not: the API server refused: quota exceeded");
}

TEST(Applier, NobodyIsRaisedWhoDoesNotWantIt) {
  GrowingWorld others(1);
  others.subject().resized_by_others = true;
  EXPECT_THAT(others.Grow(0), IsEmpty());
  GrowingWorld stays(1);
  stays.subject().advice[0].limits_stay = true;
  EXPECT_THAT(stays.Grow(0), IsEmpty());
  GrowingWorld scaled(1);
  scaled.subject().bounds.memory = false;
  EXPECT_THAT(scaled.Grow(0), IsEmpty());
  GrowingWorld off(1);
  Applier applier({.rescue = {.enabled = false}});
  const GrowthSign sign{.pod_uid = off.pod(0).uid, .container = "app", .limit = 256 * kMiB};
  EXPECT_THAT(applier.Grows(off.subject(), sign, {}, off.now()).orders, IsEmpty());
}

TEST(Applier, WhatWasRaisedIsKnownAfterARestart) {
  GrowingWorld world(1);
  world.Run(5s);
  world.Grow(0, {{256 * kMiB, "a quota"}});
  const Result<Trial> loaded = LoadTrial(SaveTrial(world.trial()));
  ASSERT_TRUE(loaded);
  ASSERT_THAT(loaded->rescues, SizeIs(1));
  EXPECT_EQ(loaded->rescues[0].uid, world.pod(0).uid);
  EXPECT_EQ(loaded->rescues[0].container, "app");
  EXPECT_EQ(loaded->rescues[0].from, 256 * kMiB);
  EXPECT_EQ(loaded->rescues[0].to, 256 * kMiB);
  EXPECT_EQ(loaded->rescues[0].at, world.trial().rescues[0].at);
}

TEST(Applier, WhatGetsWorseWithTheLastPodIsTakenBackFromAll) {
  World world(2);
  world.Run(2min + 30s);
  ASSERT_EQ(world.trial().phase, TrialPhase::kSettling);
  ASSERT_THAT(world.Requests(), ElementsAre(100, 100));
  world.pod(1).restarts = 1;
  world.Run(10s);
  EXPECT_THAT(world.Requests(), ElementsAre(200, 200));
  EXPECT_THAT(world.LastWords(), HasSubstr("a container of web-1 was restarted"));
}

TEST(Applier, ARefusedWayBackIsAskedForAgainEveryTenSeconds) {
  World world(1);
  world.Run(70s);
  ASSERT_EQ(world.orders.size(), 1U);
  world.ServerRefuses(true);
  world.applier().Killed("shop/Deployment/web", "web-0-uid");
  world.Run(60s);
  EXPECT_EQ(world.orders.size(), 1U + 6U);
  EXPECT_EQ(world.trial().phase, TrialPhase::kReverting);
  world.ServerRefuses(false);
  world.Run(15s);
  EXPECT_THAT(world.Requests(), ElementsAre(200));
  EXPECT_EQ(world.trial().phase, TrialPhase::kResting);
}

TEST(Applier, ANodeThatCannotDoItEndsTheTrial) {
  World infeasible(2);
  infeasible.NodeOfPodHasNoRoom(0, ResizeState::kInfeasible);
  infeasible.Run(2min);
  EXPECT_THAT(infeasible.LastWords(),
              HasSubstr("the node cannot do it: Node didn't have enough resource: cpu"));
  EXPECT_EQ(infeasible.pod(0).wanted, Size(200));

  World deferred(2);
  deferred.NodeOfPodHasNoRoom(0, ResizeState::kDeferred);
  deferred.Run(70s);
  EXPECT_EQ(deferred.trial().phase, TrialPhase::kResizing) << "the kubelet tries again by itself";
  deferred.Run(50s);
  EXPECT_THAT(deferred.LastWords(), HasSubstr("no room for it now"));
  EXPECT_EQ(deferred.pod(0).wanted, Size(200));
}

TEST(Applier, OnePodOfManyThatCannotHaveItIsLeftAsItIs) {
  World world(3);
  world.NodeOfPodHasNoRoom(1, ResizeState::kInfeasible);
  world.Run(5min);
  EXPECT_THAT(world.Requests(), ElementsAre(100, 200, 100));
  EXPECT_EQ(world.pod(1).wanted, Size(200));
  const std::size_t orders = world.orders.size();
  world.Run(2h);
  EXPECT_EQ(world.orders.size(), orders) << "it is not tried again";
}

TEST(Applier, AfterANodeWithoutRoomAnotherPodGoesFirst) {
  World world(3);
  world.NodeOfPodHasNoRoom(0, ResizeState::kInfeasible);
  world.Run(2min);
  ASSERT_THAT(world.Requests(), ElementsAre(200, 200, 200));
  world.Run(1h + 5min);
  EXPECT_THAT(world.Requests(), ElementsAre(200, 100, 100)) << "that node says nothing of the others";
  const std::size_t orders = world.orders.size();
  world.Run(22h);
  EXPECT_EQ(world.orders.size(), orders);
  world.NodeOfPodHasNoRoom(1, ResizeState::kNone);
  world.Run(4h);
  EXPECT_THAT(world.Requests(), ElementsAre(100, 100, 100)) << "a day later there is room";
}

TEST(Applier, OnePodThatHasWhatItShouldHidesNoneThatHasNot) {
  World world(3);
  world.pod(0).wanted = world.pod(0).given = Size(100, 200);
  world.Run(5min);
  EXPECT_THAT(world.Requests(), ElementsAre(100, 100, 100));
}

TEST(Applier, WhatTheFirstPodGotIsNotGivenToOneThatHoldsMore) {
  World world(2);
  // Raised after a kill, and full: the others follow in steps of twice what they have.
  world.pod(1).wanted = world.pod(1).given = {{"app", {200, 500 * kMiB}, {400, 1000 * kMiB}}};
  world.subject().advice = {{"app", {200, 500 * kMiB}, 48h, 800 * kMiB}};
  const auto limits = [&] {
    return std::pair(world.pod(0).given[0].limit.memory / kMiB, world.pod(1).given[0].limit.memory / kMiB);
  };
  world.Run(5min);
  EXPECT_EQ(limits(), std::pair(400L, 1000L));
  world.Run(2h + 10min);
  EXPECT_EQ(limits(), std::pair(1000L, 1000L));
}

TEST(Applier, APodThatComesLaterGetsWhatWasFoundGood) {
  World world(2);
  world.Run(5min);
  ASSERT_THAT(world.Requests(), ElementsAre(100, 100));
  world.AddPod();
  world.Run(30s);
  EXPECT_THAT(world.Requests(), ElementsAre(100, 100, 100));
}

TEST(Applier, NothingIsBegunWhileSomethingIsInTheWay) {
  World world(1);
  world.subject().blocked = "a disruption budget allows none";
  world.Run(10min);
  EXPECT_THAT(world.orders, IsEmpty());
  EXPECT_EQ(world.trial().reason, "a disruption budget allows none");
}

TEST(Applier, WhatTheApiServerRefusesIsGivenUpWithItsWords) {
  World world(1);
  world.Run(65s);
  world.pod(0).wanted = Size(200);  // it was not changed after all
  world.pod(0).given = Size(200);
  ASSERT_EQ(world.trial().phase, TrialPhase::kResizing);
  world.applier().Refused("shop/Deployment/web", "web-0-uid", "pods/resize is forbidden");
  world.Run(5s);
  EXPECT_THAT(world.LastWords(), HasSubstr("the API server refused: pods/resize is forbidden"));
  EXPECT_EQ(world.trial().phase, TrialPhase::kResting);
}

TEST(Applier, ATrialGoesOnAfterARestart) {
  World world(2);
  world.Run(90s);
  ASSERT_EQ(world.trial().phase, TrialPhase::kSoaking);
  const std::string saved = SaveTrial(world.trial());
  const Result<Trial> loaded = LoadTrial(saved);
  ASSERT_TRUE(loaded);
  world.applier().Forget("shop/Deployment/web");
  world.applier().Restore("shop/Deployment/web", *loaded);
  world.NeedsLimit(400);
  world.Run(1min);
  EXPECT_THAT(world.Requests(), ElementsAre(200, 200)) << "it knows what the pod had";
  EXPECT_FALSE(LoadTrial(saved.substr(0, saved.size() / 2)));
  EXPECT_FALSE(LoadTrial(""));
}

}  // namespace
}  // namespace loadline::collector
