// The core on a real store, by a clock that the test moves: floods, full stores, and what they cost others.
#include "collector/app/core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <stop_token>

#include "collector/alert/dispatcher.h"
#include "collector/app/core_loop.h"
#include "collector/detect/rules.h"
#include "collector/store/patient_store.h"
#include "collector/store/sqlite_store.h"
#include "schemas/wire/encode.h"
#include "tests/support/forwarding_store.h"
#include "tests/support/hang.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::Not;

// Takes everything, tells nobody.
class Nobody final : public Outbox {
 public:
  [[nodiscard]] bool Offer(const Notification& notification) override {
    offered.push_back(notification.id);
    return true;
  }
  std::vector<std::string> offered;
};

// A cluster of which only so much is known.
class LittleKnown final : public NoCluster {
 public:
  std::vector<KubeletMet> TakeKubeletsMet() override { return std::exchange(met, {}); }
  void Remember(std::vector<KubeletMet> kubelets) override { remembered = std::move(kubelets); }
  [[nodiscard]] ClusterFaults Faults() const override { return faults; }
  [[nodiscard]] std::optional<wire::KubeletPort> KubeletOf(const std::string& node) const override {
    return wire::KubeletPort{node, "10.0.0.9", 10250};
  }
  [[nodiscard]] Witness WitnessOf(const std::string& /*node*/) const override { return witness; }
  [[nodiscard]] std::vector<WatchView> Watches() const override { return watches; }

  std::vector<KubeletMet> met;
  std::vector<KubeletMet> remembered;
  ClusterFaults faults;
  std::vector<WatchView> watches;
  Witness witness;
};

class CoreTest : public ::testing::Test {
 protected:
  void Start(Bytes max_size = 64 * kMiB) {
    core_.reset();
    store_.reset();
    config_.store.max_size = max_size;
    auto disk = std::make_unique<ForwardingStore>(
        std::move(*SqliteStore::Open(folder_.path(), {.max_bytes = max_size})),
        [this] { return hang_.Wait(); });
    store_ = std::make_unique<PatientStore>(std::move(disk));
    core_.emplace(
        CoreParts{*store_, plan_, nobody_, *algorithm_, nullptr, board_, clock_, *resolver_, cluster_},
        config_);
    ASSERT_TRUE(core_->Recover());
    for (const Watermark& mark : core_->Watermarks()) acknowledged_[mark.node] = mark.sequence;
    core_->OnCommitted([this](const std::vector<Watermark>& marks) {
      for (const Watermark& mark : marks) acknowledged_[mark.node] = mark.sequence;
    });
  }
  [[nodiscard]] Received Now() const { return {.wall = clock_.WallNow(), .mono = clock_.Now()}; }

  NodeGreeted Greeting(const std::string& node, std::int64_t cpus = 4) const {
    wire::Hello hello{.node = node, .boot_id = "boot", .epoch = 7, .agent_version = "1"};
    hello.capacity = {.cpu = cpus * 1000, .memory = 16 * kGiB};
    return {.node = node, .received = Now(), .hello = hello};
  }
  // The next record of a node: the end of so many cgroups, about 4 bytes each.
  Delivery Record(const std::string& node, std::uint32_t cgroups = 10) {
    wire::Report report;
    report.window_end_ns = clock_.WallNow().time_since_epoch().count();
    report.window_start_ns = report.window_end_ns - 1'000'000'000;
    report.gone.resize(cgroups);
    std::iota(report.gone.begin(), report.gone.end(), 1);
    wire::Record record{.epoch = 7, .sequence = ++sent_[node], .body = std::move(report)};
    wire::Frame frame = *wire::Encode(record);
    return IngestedRecord{.id = {node, 7, record.sequence},
                          .boot_id = "boot",
                          .received = Now(),
                          .frame = std::move(frame),
                          .record = std::move(record)};
  }
  void Take(std::deque<Delivery> batch) { core_->Take(std::move(batch)); }
  void Second() {
    clock_.Advance(1s);
    core_->Tick();
  }
  [[nodiscard]] std::uint64_t Unacknowledged(const std::string& node) {
    return sent_[node] - acknowledged_[node];
  }
  [[nodiscard]] std::vector<std::string> Firing() const {
    std::vector<std::string> rules;
    for (const auto& alert : board_.Latest()->alerts)
      if (alert->state == AlertState::kFiring) rules.push_back(alert->rule);
    return rules;
  }

  const TemporaryFolder folder_;
  ManualClock clock_;
  Config config_;
  Board board_;
  Nobody nobody_;
  const CgroupNames names_;
  const NameResolver* resolver_ = &names_;
  LittleKnown cluster_;
  RoutingPlan plan_ =
      PlanFor({.name = "default", .integrations = {{.name = "default/book[0]"}}}, InhibitedByRules());
  const std::unique_ptr<Algorithm> algorithm_ = *MakeAlgorithm("vpa");
  Hang hang_;
  std::unique_ptr<Store> store_;
  std::optional<Core> core_;
  std::map<std::string, std::uint64_t> sent_;
  std::map<std::string, std::uint64_t> acknowledged_;
};

TEST_F(CoreTest, AThousandGreetingsWithinASecondCostTenCommitsAtMost) {
  Start();
  const std::uint64_t before = store_->Commits();
  for (int i = 0; i < 1000; ++i) {
    Take({Greeting("node-" + std::to_string(i))});
    if (i % 250 == 0) Take({Record("node-0")});
    clock_.Advance(1ms);
  }
  core_->Tick();
  EXPECT_LE(store_->Commits() - before, 10U);
  Start();
  EXPECT_EQ(core_->model().nodes().size(), 1000U);
  EXPECT_EQ(core_->model().FindNode("node-999")->capacity.cpu, 4000);
}

TEST_F(CoreTest, KubeletsThatWereReachedAreKnownAfterARestart) {
  const KubeletMet one{.node = "web-1", .address = "10.0.0.4", .port = 10250, .answered = true};
  const KubeletMet two{.node = "web-2", .address = "10.0.0.5", .port = 10250};
  Start();
  EXPECT_TRUE(cluster_.remembered.empty());
  cluster_.met = {one, two};
  hang_.Set(true);
  Second();
  hang_.Set(false);
  Second();
  Start();
  EXPECT_EQ(cluster_.remembered, (std::vector{one, two}));
}

TEST_F(CoreTest, ASilentNodeIsSilentOverARestartUntilItIsHeard) {
  Start();
  Take({Greeting("node-1")});
  for (int i = 0; i < 20; ++i) Second();
  EXPECT_THAT(Firing(), testing::Contains("NodeSilent"));
  Start();
  // Beyond the time in which the absence of a condition proves nothing, and that in which it has to be missed anew.
  for (int i = 0; i < 120; ++i) {
    Second();
    ASSERT_THAT(Firing(), testing::Contains("NodeSilent")) << i;
  }
  Take({Greeting("node-1")});
  for (int i = 0; i < 3; ++i) Second();
  EXPECT_THAT(Firing(), testing::Not(testing::Contains("NodeSilent")));
  Start();
  Second();
  EXPECT_THAT(Firing(), testing::Not(testing::Contains("NodeSilent"))) << "it is over";
}

// The API server is away while the collector is started anew, as in an upgrade of the cluster.
TEST_F(CoreTest, NeighboursAreAskedAboutANodeInDoubtAndWhatTheyFindIsSaidOfIt) {
  cluster_.witness = {.knows = true, .unanswered = 9};
  Start();
  std::vector<NeighbourQuestion> asked;
  core_->OnQuestions([&](std::vector<NeighbourQuestion> questions) {
    asked.insert(asked.end(), questions.begin(), questions.end());
  });
  for (const char* node : {"a", "b", "c", "lost"}) {
    NodeGreeted greeting = Greeting(node);
    greeting.hello.probes = true;
    Take({greeting});
  }
  int about_lost = 0;
  for (int i = 0; i < 20; ++i) {
    for (const char* node : {"a", "b", "c"})
      Take({NodeHeartbeat{.node = node, .received = Now(), .heartbeat = {.epoch = 7}}});
    if (i < 10) Take({NodeHeartbeat{.node = "lost", .received = Now(), .heartbeat = {.epoch = 7}}});
    Second();
    core_->Watch();
    about_lost = 0;
    for (const NeighbourQuestion& question : std::exchange(asked, {})) {
      for (const wire::KubeletPort& kubelet : question.question.kubelets) {
        if (kubelet.node == "lost") ++about_lost;
        Take({NeighbourFound{.node = question.node,
                             .received = Now(),
                             .found = {.node = kubelet.node, .outcome = wire::ProbeOutcome::kAccepted}}});
      }
    }
  }
  EXPECT_EQ(about_lost, 2);
  ASSERT_EQ(board_.Latest()->nodes.at(3).name, "lost");
  EXPECT_THAT(board_.Latest()->nodes.at(3).state_reason,
              ::testing::HasSubstr("only the way from the collector is broken"));
}

TEST_F(CoreTest, WhatTheApiServerToldHoldsOverARestartUntilItTellsAgain) {
  Start();
  cluster_.watches = {{.kind = "nodes", .state = "following", .streams = 1}};
  cluster_.faults.nodes = {
      {.node = "node-1", .type = "Ready", .status = "Unknown", .since = clock_.WallNow()}};
  for (int i = 0; i < 300; ++i) Second();
  EXPECT_THAT(Firing(), testing::Contains("NodeNotReady"));
  cluster_.watches = {{.kind = "nodes", .state = "failing", .streams = 0}};
  cluster_.faults.nodes.clear();
  Start();
  for (int i = 0; i < 600; ++i) {
    Second();
    ASSERT_THAT(Firing(), testing::Contains("NodeNotReady")) << i;
  }
  cluster_.watches[0].streams = 1;
  for (int i = 0; i < 600; ++i) Second();
  EXPECT_THAT(Firing(), testing::Not(testing::Contains("NodeNotReady"))) << "it is well";
}

TEST_F(CoreTest, AGreetingThatSaysNothingNewCostsNothing) {
  Start();
  Take({Greeting("node-1")});
  Second();
  const std::uint64_t before = store_->Commits();
  for (int i = 0; i < 100; ++i) Take({Greeting("node-1")});
  Second();
  EXPECT_EQ(store_->Commits(), before);
  Start();
  const std::uint64_t at_start = store_->Commits();
  Take({Greeting("node-1")});
  core_->Tick();
  EXPECT_EQ(store_->Commits(), at_start) << "after a restart neither";
  Take({Greeting("node-1", 8), Record("node-1")});
  EXPECT_EQ(store_->Commits(), at_start + 1) << "what is new goes with the record";
  Start();
  EXPECT_EQ(core_->model().FindNode("node-1")->capacity.cpu, 8000);
}

// A store as releases before cluster.name wrote it, to the letter.
TEST_F(CoreTest, WhatFiredBeforeTheClusterHadANameGoesOnFiring) {
  Start();
  const std::string since = std::to_string((clock_.WallNow() - 1h).time_since_epoch().count());
  const std::string group = R"(default/book[0]|{}:{alertname=\"CollectorBlind\"})";
  const std::string told = R"({")" + group + R"(":{"at":)" + since + R"(,"state":1}})";
  const std::string alert =
      R"({"fired":)" + since +
      R"(,"gone_since":null,"graph":"","hold":0,"keep":5000000000,"labels":{},"node":"",)" +
      R"("occurrences":1,"reason":"","resolved":null,"rule":"CollectorBlind","runbook":"",)" +
      R"("severity":1,"since":)" + since + R"(,"state":1,"summary":"","told":)" + told +
      R"(,"told_by":"","urgent":false})";
  const std::vector<Blob> before = {{"alerting", "alert/" + Fingerprint("CollectorBlind", {}), alert}};
  ASSERT_TRUE(store_->Put(before, clock_.WallNow()));
  plan_.own_labels = {{"cluster", "prod"}};
  nobody_.offered.clear();
  Start();
  clock_.Advance(11min);  // blind still
  for (int i = 0; i < 60; ++i) Second();
  const AlertView& blind = *board_.Latest()->alerts.at(0);
  EXPECT_EQ(blind.rule, "CollectorBlind");
  EXPECT_EQ(blind.labels, (std::vector<std::pair<std::string, std::string>>{{"cluster", "prod"}}));
  EXPECT_EQ(blind.state, AlertState::kFiring);
  EXPECT_EQ(std::to_string(blind.since.time_since_epoch().count()), since);
  EXPECT_EQ(board_.Latest()->alerts.size(), 1U);
  EXPECT_THAT(nobody_.offered, ::testing::IsEmpty());
  EXPECT_EQ(board_.Latest()->collector.cluster, "prod");
}

TEST_F(CoreTest, WhoeverStopsItDuringAFloodOfGreetingsWaitsForAFewCommits) {
  Start();
  const std::uint64_t before = store_->Commits();
  BoundedQueue<Delivery> queue(20'000);
  for (int i = 0; i < 16'000; ++i)
    ASSERT_TRUE(queue.Push(Greeting("node-" + std::to_string(i % 500), i + 1)));
  ASSERT_TRUE(queue.Push(Record("node-1")));
  Errands errands([] {}, board_, [] {});
  std::stop_source stop;
  stop.request_stop();
  RunCoreLoop(*core_, queue, errands, clock_, stop.get_token());
  EXPECT_LE(store_->Commits() - before, 10U);
  Start();
  EXPECT_EQ(core_->model().nodes().size(), 500U) << "and what they said last is kept";
}

TEST_F(CoreTest, AllKillsOfABatchAreToldWithTheCommitOfTheirRecords) {
  Start();
  std::deque<Delivery> batch;
  for (int i = 0; i < 50; ++i) {
    wire::OomKill kill{.at_ns = clock_.WallNow().time_since_epoch().count(), .pid = 1, .command = "x"};
    kill.victim = {.kind = wire::CgroupKind::kPlain, .path = "/job-" + std::to_string(i)};
    Delivery delivery = Record("node-1");
    auto& record = std::get<IngestedRecord>(delivery);
    record.record.body = wire::Event(kill);
    record.frame = *wire::Encode(record.record);
    batch.push_back(std::move(delivery));
  }
  const std::uint64_t before = store_->Commits();
  Take(std::move(batch));
  EXPECT_EQ(store_->Commits() - before, 1U) << "the records, and what was decided about them";
  Second();
  EXPECT_EQ(std::ranges::count(Firing(), "NodeOutOfMemory"), 1);
}

// What was given up and done after all has a position below that of what was stored meanwhile.
class OnePod final : public NameResolver {
 public:
  [[nodiscard]] std::optional<ContainerName> Resolve(const NameQuestion&) const override {
    return ContainerName{"shop/Deployment/web", "shop", "Deployment", "web", "app", "web-0"};
  }
};

class ToldOfGrowth final : public Resizing {
 public:
  std::vector<HappeningView> Grows(const Model&, const GrowthSeen& growth, Wall now) override {
    pods.push_back(growth.name.pod);
    return {{now, "resize_rescued", growth.name.workload_id, "", "raised"}};
  }
  std::vector<std::string> pods;
};

TEST_F(CoreTest, WhatGrowsTowardsItsLimitIsHandedOnInTheTurnThatTakesItInThoughTheStoreHangs) {
  const OnePod pod;
  resolver_ = &pod;
  ToldOfGrowth resizing;
  Start();
  core_->Resize(resizing);
  Take({Greeting("node-1")});
  const auto growth = [&] {
    Delivery delivery = Record("node-1");
    auto& record = std::get<IngestedRecord>(delivery);
    const wire::CgroupIdentity who{.ref = 1, .kind = wire::CgroupKind::kPodContainer, .path = "/pod/a"};
    record.record.body = wire::Event(wire::MemoryStall{.cgroup = who, .usage = kGiB - kMiB, .limit = kGiB});
    record.frame = *wire::Encode(record.record);
    return delivery;
  };
  Take({growth()});
  EXPECT_THAT(resizing.pods, ElementsAre("web-0"));
  EXPECT_EQ(core_->model().timeline().happenings().back().kind, "resize_rescued");
  hang_.Set(true);
  Take({growth()});
  EXPECT_THAT(resizing.pods, ElementsAre("web-0", "web-0"));
  hang_.Set(false);
}

TEST_F(CoreTest, ASnapshotAfterAHangIsOfAllThatIsStored) {
  Start();
  hang_.Set(true);
  std::deque<Delivery> more_than_a_piece;
  for (const char* node : {"a", "b", "c", "d", "e", "f"}) more_than_a_piece.push_back(Record(node, 250'000));
  Take(std::move(more_than_a_piece));
  EXPECT_EQ(Unacknowledged("a"), 1U);
  hang_.Set(false);
  ASSERT_TRUE(store_->Streams()) << "what hung has ended";
  Second();
  for (const char* node : {"a", "b", "c", "d", "e", "f"}) EXPECT_EQ(Unacknowledged(node), 0U) << node;
  core_->Finish();
  EXPECT_EQ(store_->LoadSnapshot([](std::string_view) {}), store_->LastPosition());
}

TEST_F(CoreTest, ANodeThatFloodsWaitsForItselfAlone) {
  config_.store.node_rate = 1 * kMiB;
  Start();
  for (int second = 0; second < 60; ++second) {
    std::deque<Delivery> batch;
    // What one node may have under way.
    while (Unacknowledged("flood") + batch.size() < 10) batch.push_back(Record("flood", 100'000));
    batch.push_back(Record("honest"));
    Take(std::move(batch));
    ASSERT_EQ(Unacknowledged("honest"), 0U) << second;
    Second();
  }
  EXPECT_GT(Unacknowledged("flood"), 0U);
  // Four minutes' worth at once, one for this minute, and a record that began within them.
  EXPECT_LE(acknowledged_["flood"] * 400'000, static_cast<std::uint64_t>(6 * kMiB));
  EXPECT_GE(acknowledged_["flood"] * 400'000, static_cast<std::uint64_t>(4 * kMiB));
  EXPECT_LT(store_->Used(), 8 * kMiB);
}

TEST_F(CoreTest, ANodeHasItsShareOfTheStoreUntilASnapshotHoldsItsRecords) {
  Start(16 * kMiB);
  for (int second = 0; second < 60; ++second) {
    std::deque<Delivery> batch;
    while (Unacknowledged("flood") + batch.size() < 10) batch.push_back(Record("flood", 100'000));
    batch.push_back(Record("honest"));
    Take(std::move(batch));
    ASSERT_EQ(Unacknowledged("honest"), 0U) << second;
    Second();
  }
  EXPECT_LT(store_->Used(), 4 * kMiB);
  EXPECT_GT(Unacknowledged("flood"), 0U);
  const std::uint64_t before = acknowledged_["flood"];
  clock_.Advance(config_.store.snapshot_interval);
  for (int i = 0; i < 3; ++i) Second();
  EXPECT_GT(acknowledged_["flood"], before) << "and goes on then";
}

TEST_F(CoreTest, AStoreThatIsFullEmptiesItselfWhileItRuns) {
  // All together send what no bound of one node holds back.
  config_.store.node_share = 1;
  config_.store.node_rate = kGiB;
  config_.store.keep_records = 24h;
  Start(8 * kMiB);
  std::uint64_t full = 0;
  for (int second = 0; second < 60; ++second) {
    std::deque<Delivery> batch;
    for (int node = 0; node < 8; ++node) {
      const std::string name = "node-" + std::to_string(node);
      if (Unacknowledged(name) < 3) batch.push_back(Record(name, 50'000));
    }
    batch.push_back(Record("honest"));
    Take(std::move(batch));
    full += Unacknowledged("honest") > 0 ? 1 : 0;
    Second();
    ASSERT_EQ(Unacknowledged("honest"), 0U) << "a tick makes room: " << second;
  }
  EXPECT_GT(full, 0U) << "it was full at times, or this proves nothing";
  std::uint64_t taken = 0;
  for (const auto& [node, sequence] : acknowledged_) taken += sequence * 200'000;
  EXPECT_GT(taken, static_cast<std::uint64_t>(3 * 8 * kMiB)) << "several times what it holds";
  EXPECT_THAT(Firing(), Not(Contains("StoreNotWritable")));
  const auto before = acknowledged_;
  Start(8 * kMiB);
  EXPECT_EQ(acknowledged_, before) << "and nothing that was acknowledged is lost";
  EXPECT_EQ(core_->model().nodes().size(), 9U);
}

TEST_F(CoreTest, WhatOneNodeSendsIsNamedWhenItIsTooMuch) {
  config_.model.node_cgroups = 5;
  Start();
  std::vector<wire::CgroupIdentity> identities;
  for (std::uint32_t ref = 1; ref <= 9; ++ref)
    identities.push_back({.ref = ref, .kind = wire::CgroupKind::kSlice, .path = "/s" + std::to_string(ref)});
  for (int second = 0; second < 150; ++second) {
    Delivery delivery = Record("node-1");
    auto& record = std::get<IngestedRecord>(delivery);
    if (second == 0) std::get<wire::Report>(record.record.body).identities = identities;
    record.frame = *wire::Encode(record.record);
    std::deque<Delivery> batch;
    batch.push_back(std::move(delivery));
    batch.push_back(Record("node-2"));
    Take(std::move(batch));
    Second();
    if (second == 90) {
      EXPECT_THAT(Firing(), Contains("NodeRefused"));
    }
  }
  EXPECT_EQ(board_.Latest()->nodes.at(0).refused.cgroups, 4U);
  EXPECT_EQ(board_.Latest()->nodes.at(1).refused, RefusedCounts{});
}

}  // namespace
}  // namespace loadline::collector
