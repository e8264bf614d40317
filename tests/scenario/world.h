// A small cluster in one process on a clock that the test moves, told as a timeline:
//
//   World world({.nodes = 3});
//   world.At(10s).Silence("node-2");
//   world.Expect(Between(20s, 30s), Firing("NodeSilent", {{"node", "node-2"}}));
//   world.Run(60s);
//
// The agents' uplink, the collector's reception, store, model, detectors and alerting are the real ones; the
// network is in memory, the reports are made up, and notifications end in the world's book. Time passes in
// steps of 100 ms.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/uplink/session.h"
#include "agent/uplink/spool.h"
#include "collector/app/core.h"
#include "collector/ingest/reception.h"
#include "collector/store/store.h"
#include "tests/support/fake_network.h"
#include "tests/support/hang.h"
#include "tests/support/temporary_folder.h"

namespace loadline::test {

// A stretch of the timeline, ends included.
struct Stretch {
  Duration from{};
  Duration to{};
};
inline Stretch Between(Duration from, Duration to) {
  return {from, to};
}

// What somebody is told.
struct Told {
  std::string rule;
  collector::Labels labels;
  collector::AlertState state = collector::AlertState::kFiring;
};
inline Told Firing(std::string rule, collector::Labels labels = {}) {
  return {std::move(rule), std::move(labels), collector::AlertState::kFiring};
}
inline Told Resolved(std::string rule, collector::Labels labels = {}) {
  return {std::move(rule), std::move(labels), collector::AlertState::kResolved};
}

// What a container does in each window from now on.
struct Behaviour {
  double cores = 0.1;
  Bytes memory = 50 * kMiB;
  double throttled_share = 0;  // of the periods, wholly
  MilliCores cpu_limit = 0;
  double memory_stalled_share = 0;
};

class World final : public collector::Replies,
                    public collector::Deliveries,
                    public collector::TokenVerifier,
                    public collector::Outbox {
 public:
  struct Options {
    int nodes = 1;                                   // node-1, node-2 ...
    std::vector<std::string> containers = {"/app"};  // on each, by path
  };
  explicit World(Options options);
  ~World() override;

  // ---- the timeline
  class Moment {
   public:
    Moment(World& world, Duration at) : world_(world), at_(at) {}
    void Silence(const std::string& node);  // its agent stops without a word
    void Hang(const std::string& node);     // silenced, and its kubelet answers no request
    void Revive(const std::string& node);   // a new start of its agent, and no hanging any more
    void Unplug(const std::string& node,
                bool unplugged = true);          // silenced, and nothing answers there: no kubelet
    void TakeAway(const std::string& node);      // silenced, and the cluster does not know it any more
    void StopSampling(const std::string& node);  // heartbeats go on, reports do not
    void Behaves(const std::string& node, const std::string& path, Behaviour behaviour);
    void OomKill(const std::string& node, const std::string& path);
    void SetClock(const std::string& node, Duration error);  // of its wall clock
    void CutNetwork(bool cut);
    void RollOut(const std::string& node);  // its agent ends once all it has is acknowledged; the next begins
    void FailStore(bool fail);
    void HangStore(
        bool hang);        // calls do not return until it ends: they were given up, and are done after all
    void KillCollector();  // what is not committed is gone; a new one starts at once
    void StopCollector();  // in order: what it has is committed, and the model saved; a new one starts
    void FreezeCollector(Duration how_long);

   private:
    World& world_;
    Duration at_;
  };
  Moment At(Duration at) { return {*this, at}; }
  // Exactly one notification within the stretch says so.
  void Expect(Stretch when, Told what);
  // None does so.
  void ExpectNever(Stretch when, Told what);
  // Lives until then and checks what was expected.
  void Run(Duration until);

  [[nodiscard]] std::shared_ptr<const collector::Snapshot> Shown() const { return board_.Latest(); }
  // Records that the agents' spools still hold.
  [[nodiscard]] std::size_t Unacknowledged() const;

 private:
  friend class Moment;
  // Of which a node can be taken away.
  class Cluster final : public collector::NoCluster {
   public:
    explicit Cluster(const World& world) : world_(world) {}
    [[nodiscard]] bool IsGone(const std::string& node) const override {
      return world_.taken_away_.contains(node);
    }
    void Doubt(const std::set<std::string, std::less<>>& nodes) override;
    [[nodiscard]] collector::Witness WitnessOf(const std::string& node) const override;

   private:
    const World& world_;
    std::map<std::string, Mono, std::less<>> doubted_since_;
  };
  struct Agent;
  struct Collector;
  struct Expectation {
    Stretch when;
    Told what;
    bool never = false;
  };

  bool Send(const collector::PeerId& peer, const wire::Message& message) override;
  [[nodiscard]] bool HasRoom() const override { return deliveries_.size() < 1000; }
  void Deliver(collector::Delivery delivery) override { deliveries_.push_back(std::move(delivery)); }
  [[nodiscard]] Result<std::string> Verify(std::string_view, std::string_view claimed,
                                           std::string_view) override {
    return std::string(claimed);
  }
  [[nodiscard]] bool Offer(const collector::Notification& notification) override;

  void Plan(Duration at, std::function<void()> what) { plan_.emplace(at, std::move(what)); }
  Agent& AgentOf(const std::string& node);
  void StartCollector();
  void FinishCollector();
  void ReplaceCollector();
  void StepCollector();
  void Check(const Expectation& expectation) const;

  const TemporaryFolder folder_;
  ManualClock clock_;
  FakeNetwork network_;
  std::vector<std::unique_ptr<Agent>> agents_;
  collector::Board board_;
  const collector::CgroupNames names_;
  const collector::RoutingPlan plan_of_alerts_;
  const std::unique_ptr<collector::Algorithm> algorithm_;
  Hang hang_;                 // of the disk
  bool store_fails_ = false;  // at once
  std::unique_ptr<collector::Store> store_;
  std::unique_ptr<Collector> collector_;
  std::deque<collector::Delivery> deliveries_;
  std::set<std::string> taken_away_;
  std::set<std::string> unplugged_;
  std::set<std::string> hung_;
  Cluster cluster_{*this};
  Mono frozen_until_{};
  Mono next_tick_{};

  std::multimap<Duration, std::function<void()>> plan_;
  std::vector<Expectation> expectations_;
  std::uint64_t decisions_ = 0;  // of the OOM killer
  std::vector<std::pair<Duration, Told>> told_;
  std::vector<collector::DeliveryReport> reports_;
};

}  // namespace loadline::test
