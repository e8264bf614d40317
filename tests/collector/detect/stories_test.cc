#include "collector/detect/stories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/collector/model/feed.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kUid = "0a1b2c3d-0000-4000-8000-000000000001";

// Containers whose workload is the name behind their path's last slash, once they are known.
class NamesByPath final : public NameResolver {
 public:
  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion& question) const override {
    const std::string& path = question.identity.path;
    if (question.identity.kind != wire::CgroupKind::kPodContainer) return std::nullopt;
    if (!known) return CgroupNames().Resolve(question);
    const std::string name = path.substr(path.rfind('/') + 1);
    return ContainerName{"shop/Deployment/" + name, "shop", "Deployment", name, "app"};
  }
  [[nodiscard]] bool NamesPods() const override { return true; }
  bool known = true;
};

wire::CgroupIdentity Pod(std::uint32_t ref, const std::string& name) {
  return {.ref = ref,
          .kind = wire::CgroupKind::kPodContainer,
          .path = "/kubepods/burstable/pod" + name + "/" + name,
          .pod_uid = name,
          .container_id = name};
}

ClusterNews Status(Duration at) {
  return {.kind = ClusterNews::Kind::kPodStopped,
          .at = At(at),
          .node = "node-1",
          .reason = "Evicted",
          .message = "The node was low on resource: memory.",
          .pod_uid = kUid,
          .namespace_name = "shop",
          .workload_id = "shop/Deployment/victim",
          .pod = "victim-1",
          .container = "app",
          .resource = "memory",
          .threshold = 100 * kMiB,
          .available = 90 * kMiB,
          .used = 300 * kMiB,
          .request = 10 * kMiB};
}

ClusterNews Event(Duration at) {
  ClusterNews event = Status(at);
  event.kind = ClusterNews::Kind::kEvicted;
  event.workload_id.clear();
  return event;
}

ClusterNews NodeEvent(Duration at) {
  return {.kind = ClusterNews::Kind::kNodeEvicts,
          .at = At(at),
          .node = "node-1",
          .reason = "EvictionThresholdMet",
          .message = "Attempting to reclaim memory"};
}

KillSeen Kill(Duration at, std::uint32_t pid, const std::string& name = "eater") {
  KillSeen seen{.kill = {.victim = Pod(7, name),
                         .limit_owner = Pod(7, name),
                         .owner_usage = 40 * kMiB,
                         .owner_limit = 40 * kMiB,
                         .victim_rss = 38 * kMiB,
                         .pid = pid,
                         .command = "tail"},
                .at = At(at),
                .node = "node-1",
                .name = {"shop/Deployment/" + name, "shop", "Deployment", name, "app"}};
  return seen;
}

ClusterNews KilledStatus(Duration at) {
  return {.kind = ClusterNews::Kind::kOutOfMemory,
          .at = At(at),
          .node = "node-1",
          .reason = "OOMKilled",
          .message = "exit code 137",
          .namespace_name = "shop",
          .workload_id = "shop/Deployment/eater",
          .pod = "eater-1",
          .container = "app"};
}

class Stories : public ::testing::Test {
 protected:
  // The eater grows by 500 MiB in the minute before 60 s, the victim does not.
  void Minute() {
    agent_.Report(10s, {Busy(1, 0, 300 * kMiB), Busy(2, 0, 20 * kMiB)}, {Pod(1, "victim"), Pod(2, "eater")});
    agent_.Report(60s, {Busy(2, 0, 520 * kMiB)});
  }
  std::vector<Happening> Tick(Duration at) { return book_.Tick(model_, At(at), config_); }
  StoryView Only() {
    const auto views = book_.Views();
    EXPECT_EQ(views.size(), 1);
    return views.empty() ? StoryView{} : views[0];
  }

  NamesByPath names_;
  Model model_{{}, names_};
  DetectConfig config_;
  StoryBook book_;
  AgentFeed agent_{model_, "node-1"};
};

TEST_F(Stories, AnEvictionIsToldWithTheContainerThatCausedIt) {
  Minute();
  book_.Heard(Event(62s), At(62s));
  book_.Heard(Status(64s), At(64s));
  EXPECT_THAT(Tick(65s), IsEmpty()) << "its last seconds are still to be reported";
  agent_.Report(70s, {});
  const auto told = Tick(71s);
  ASSERT_EQ(told.size(), 1);
  EXPECT_EQ(told[0].what.rule, "Evicted");
  EXPECT_THAT(told[0].what.summary,
              HasSubstr("shop/Deployment/victim (pod victim-1) was evicted from node-1: "
                        "shop/Deployment/eater container app grew from 20 MiB to 520 MiB in 52 s"));
  EXPECT_EQ(told[0].what.reason.substr(0, 74),
            "The node was low on memory: 90 MiB available, threshold 100 MiB; container");
  EXPECT_EQ(told[0].what.labels,
            (Labels{{"namespace", "shop"}, {"node", "node-1"}, {"workload", "shop/Deployment/victim"}}));
  EXPECT_THAT(Tick(80s), IsEmpty()) << "told once";
  EXPECT_EQ(Only().cause_workload_id, "shop/Deployment/eater");
  EXPECT_EQ(Only().cause_container, "app");
  EXPECT_EQ(book_.ThresholdOf("node-1"), 100 * kMiB);
}

TEST_F(Stories, TheOrderInWhichItsPartsArriveDoesNotMatter) {
  std::vector<ClusterNews> parts = {NodeEvent(61s), Event(62s), Status(64s)};
  const auto by_kind = [](const ClusterNews& a, const ClusterNews& b) { return a.kind < b.kind; };
  std::ranges::sort(parts, by_kind);
  std::vector<StoryView> seen;
  do {
    Model model({}, names_);
    AgentFeed agent(model, "node-1");
    agent.Report(10s, {Busy(2, 0, 20 * kMiB)}, {Pod(2, "eater")});
    agent.Report(70s, {Busy(2, 0, 520 * kMiB)});
    StoryBook book;
    for (const ClusterNews& part : parts) book.Heard(part, At(71s));
    EXPECT_EQ(book.Tick(model, At(72s), config_).size(), 1);
    seen.push_back(book.Views().at(0));
  } while (std::ranges::next_permutation(parts, by_kind).found);
  ASSERT_EQ(seen.size(), 6);
  for (const StoryView& view : seen) {
    EXPECT_EQ(view.evidence, seen[0].evidence);
    EXPECT_EQ(view.why, seen[0].why);
    EXPECT_EQ(view.at, At(62s));
    EXPECT_EQ(view.workload_id, "shop/Deployment/victim");
  }
}

TEST_F(Stories, WithoutANodesWindowsTheKubeletsWordIsTold) {
  book_.Heard(Status(64s), At(64s));
  EXPECT_THAT(Tick(70s), IsEmpty());
  const auto told = Tick(80s);
  ASSERT_EQ(told.size(), 1);
  EXPECT_THAT(told[0].what.summary, HasSubstr("container app used most beyond its request"));
}

TEST_F(Stories, AnEvictionThroughTheApiIsAStoryAndNoAlert) {
  ClusterNews news = Status(64s);
  news.reason = "EvictionByEvictionAPI";
  news.resource.clear();
  news.message = "Eviction API: evicting";
  book_.Heard(news, At(64s));
  EXPECT_THAT(Tick(90s), IsEmpty());
  EXPECT_EQ(Only().why, "Eviction API: evicting");
  EXPECT_EQ(Only().cause, "");
}

TEST_F(Stories, WhatIsLongPastIsNotTold) {
  book_.Heard(Status(64s), At(3h));
  EXPECT_THAT(book_.Views(), IsEmpty());
}

TEST_F(Stories, AnOomIsOneStoryOfKernelAndKubelet) {
  Minute();
  book_.Killed(Kill(65s, 1), At(65s));
  book_.Heard(KilledStatus(66s), At(67s));
  book_.Killed(Kill(70s, 2), At(70s));
  agent_.Report(80s, {});
  EXPECT_THAT(Tick(81s), IsEmpty()) << "the alert of a kill is told at once, by another rule";
  const StoryView story = Only();
  EXPECT_EQ(story.kind, "oom_kill");
  EXPECT_EQ(story.times, 2);
  EXPECT_EQ(story.pod, "eater-1");
  EXPECT_EQ(story.why, "The memory limit of the container was hit (40 MiB of 40 MiB used).");
  EXPECT_THAT(story.cause, HasSubstr("shop/Deployment/eater container app grew from 20 MiB to 520 MiB"));
  EXPECT_EQ(story.evidence[0].text, "the OOM killer ended tail (pid 1, oom_score_adj 0), which held 38 MiB");
  EXPECT_EQ(story.evidence[1].text, "OOMKilled: exit code 137");
}

TEST_F(Stories, AKilledContainerIsItsOwnCauseByTheNameOfTheKillWhileTheModelWaitsForIt) {
  names_.known = false;
  Minute();
  book_.Killed(Kill(65s, 1), At(65s));
  agent_.Report(80s, {});
  Tick(81s);
  EXPECT_EQ(Only().cause_workload_id, "shop/Deployment/eater");
  EXPECT_EQ(Only().cause_container, "app");
}

TEST_F(Stories, WhoGrewIsToldByItsNameWhenThatComesLate) {
  names_.known = false;
  Minute();
  book_.Heard(Event(62s), At(62s));
  agent_.Report(70s, {});
  EXPECT_THAT(Tick(71s), IsEmpty()) << "nobody knows who grew";
  names_.known = true;
  model_.Rename(At(72s));
  EXPECT_EQ(Tick(73s).size(), 1);
  EXPECT_EQ(Only().cause_workload_id, "shop/Deployment/eater");
}

TEST_F(Stories, ANameThatDoesNotComeHoldsNothingBack) {
  names_.known = false;
  Minute();
  book_.Heard(Event(62s), At(62s));
  agent_.Report(70s, {});
  EXPECT_THAT(Tick(71s), IsEmpty());
  EXPECT_EQ(Tick(78s).size(), 1);
  EXPECT_EQ(Only().cause_workload_id, "pod/eater");
}

TEST_F(Stories, OnlyWhoIsBelowTheLimitThatWasHitIsBlamed) {
  Minute();
  KillSeen kill = Kill(65s, 1, "victim");
  kill.kill.victim = kill.kill.limit_owner.emplace(Pod(1, "victim"));
  book_.Killed(kill, At(65s));
  Tick(90s);
  EXPECT_EQ(Only().cause_workload_id, "shop/Deployment/victim") << "the eater grew, and elsewhere";
}

TEST_F(Stories, AKillThatANodeCannotSpeakOfIsNone) {
  KillSeen kill = Kill(65s, 1);
  kill.name = {};
  book_.Killed(kill, At(65s));
  EXPECT_THAT(book_.Views(), IsEmpty());
}

TEST_F(Stories, TheKubeletMayBeFasterThanTheKernelsWord) {
  book_.Heard(KilledStatus(66s), At(66s));
  EXPECT_THAT(book_.Views(), IsEmpty()) << "whose limit it was is not known yet";
  book_.Killed(Kill(65s, 1), At(67s));
  EXPECT_EQ(Only().evidence.size(), 2);
  EXPECT_EQ(Only().pod, "eater-1");
}

TEST_F(Stories, WhatGrowsFasterThanAnybodyLooksIsBlamedByTheKernelAlone) {
  book_.Killed(Kill(65s, 1), At(65s));
  Tick(90s);
  EXPECT_EQ(Only().cause_container, "app");
  EXPECT_THAT(Only().cause, HasSubstr("its process tail held 38 MiB"));
}

TEST_F(Stories, AReplayedKillIsTheSameOne) {
  book_.Killed(Kill(65s, 1), At(65s));
  book_.Killed(Kill(65s, 1), At(65s));
  EXPECT_EQ(Only().times, 1);
}

TEST_F(Stories, AreTheSameAfterARestart) {
  Minute();
  book_.Heard(Status(64s), At(64s));
  book_.Killed(Kill(65s, 1), At(65s));
  Tick(90s);
  StoryBook after;
  const auto saved = book_.TakeChanged();
  ASSERT_EQ(saved.size(), 2);
  EXPECT_THAT(book_.TakeChanged(), IsEmpty());
  for (const auto& [id, bytes] : saved) EXPECT_TRUE(after.Load(bytes)) << id;
  ASSERT_EQ(after.Views().size(), 2);
  EXPECT_EQ(after.Views()[0].evidence, book_.Views()[0].evidence);
  EXPECT_EQ(after.ThresholdOf("node-1"), 100 * kMiB);
  after.Heard(Status(64s), At(95s));
  EXPECT_THAT(after.Tick(model_, At(2min), config_), IsEmpty()) << "a list of pods tells it again";
  EXPECT_FALSE(after.Load("nonsense"));
}

TEST_F(Stories, AreBounded) {
  for (int i = 0; i < 300; ++i) {
    KillSeen kill = Kill(i * 1s, 1, "c" + std::to_string(i));
    kill.node = "node-" + std::to_string(i % 10);
    book_.Killed(kill, At(i * 1s));
  }
  EXPECT_EQ(book_.Views().size(), StoryBook::kMost);
  EXPECT_EQ(book_.Views()[0].at, At(299s));
}

TEST(StoriesOfManyNodes, OneNodesKillsLeaveRoomForTheStoriesOfOthers) {
  StoryBook book;
  const auto kill = [&](const std::string& node, const std::string& path, Duration at) {
    KillSeen seen{
        .kill = {.pid = 1, .command = "x"}, .at = At(at), .node = node, .name = {}, .recent_kills = {}};
    seen.kill.victim = PathIdentity(1, path);
    book.Killed(seen, At(at));
  };
  kill("honest", "/a", 1s);
  for (int i = 0; i < 500; ++i) kill("greedy", "/job-" + std::to_string(i), 2s + i * 1ms);
  EXPECT_EQ(book.Views().size(), 1U + static_cast<std::size_t>(StoryBook::kMostOfANode));
  EXPECT_EQ(book.Views().back().node, "honest");
  // What had made room is erased where it was kept.
  std::size_t kept = 0;
  std::size_t erased = 0;
  for (const auto& [id, bytes] : book.TakeChanged()) ++(bytes.empty() ? erased : kept);
  EXPECT_EQ(kept, book.Views().size());
  EXPECT_EQ(erased, 500U - static_cast<std::size_t>(StoryBook::kMostOfANode));
}

}  // namespace
}  // namespace loadline::collector
