// What the collector's core thread does, without the thread: commit, acknowledge, apply, detect, tell, show.
//
//   Core core(parts, config);
//   core.Recover();                          // the model as it was: last snapshot and the records after it
//   for (;;) { core.Take(batch); if (a second has passed) core.Tick(); }
//   core.Finish();
//
// What a turn takes in, decides and learns is one commit: records, what alerting makes of them, greetings,
// stories. Then it is told and shown, and handed on to be acknowledged once it is on the disk. When the store fails nothing is acknowledged, and all the
// rest goes on from memory: records are believed, nodes judged, people told; what is owed is offered to the
// store again each second, and nothing is told a second time. Ingest goes on hearing the agents, which keep
// what it does not take. A store that is full makes room while it runs: the model is saved, and the records
// that it holds are deleted. One node cannot fill it: what it sends beyond its budget and its share of the
// store waits (intake.h). What an OOM kill sets off is told before Take returns, unless its node has spent
// its budget. All members are for one thread; Board is for all.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "collector/alert/alerting.h"
#include "collector/app/board.h"
#include "collector/app/cluster_source.h"
#include "collector/app/errands.h"
#include "collector/app/history_pass.h"
#include "collector/app/intake.h"
#include "collector/app/repair_pass.h"
#include "collector/app/resizing.h"
#include "collector/app/sizing_pass.h"
#include "collector/app/store_journal.h"
#include "collector/config/config.h"
#include "collector/detect/detect.h"
#include "collector/detect/stories.h"
#include "collector/ingest/delivery.h"
#include "collector/ingest/metrics.h"
#include "collector/model/missed_kills.h"
#include "collector/model/model.h"
#include "collector/model/saved_model.h"
#include "collector/store/store.h"
#include "collector/verdict/judge.h"

namespace loadline::collector {

// What the core works with; all must outlive it.
struct CoreParts {
  Store& store;
  const RoutingPlan& plan;
  Outbox& outbox;
  const Algorithm& algorithm;
  const Algorithm* compared;  // shown beside it; null: none
  Board& board;
  const Clock& clock;
  const NameResolver& names;
  ClusterSource& cluster;
};

class Core {
 public:
  Core(const CoreParts& parts, const Config& config);

  // Fails when the store cannot be read; what in it cannot be understood is left out and said.
  Result<void> Recover();
  // For Ingest::Start, after Recover.
  [[nodiscard]] std::vector<Watermark> Watermarks() const;

  // Who acknowledges what is committed, once it is on the disk.
  void OnCommitted(std::function<void(std::vector<Watermark>)> acknowledge) {
    acknowledge_ = std::move(acknowledge);
  }
  // Who is to know that the store takes nothing at present, or does again.
  void OnStoreAway(std::function<void(bool away)> away) { store_away_ = std::move(away); }
  // Figures of ingest, asked for with each snapshot.
  void OnMetrics(std::function<IngestMetrics()> metrics) { ingest_metrics_ = std::move(metrics); }
  // Who asks agents about other nodes; not set: nobody does.
  void OnQuestions(std::function<void(std::vector<NeighbourQuestion>)> ask) {
    ask_neighbours_ = std::move(ask);
  }
  // How telling each receiver goes, asked for with each snapshot.
  void OnReceivers(std::function<std::vector<ReceiverView>()> receivers) {
    receivers_ = std::move(receivers);
  }
  // News of notifications, asked for with each tick.
  void OnReports(std::function<std::vector<DeliveryReport>()> reports) { reports_ = std::move(reports); }

  // Who exchanges histories with the cluster's autoscalers; must outlive the core.
  void Exchange(VpaCheckpoints& checkpoints) { histories_ = std::make_unique<HistoryPass>(checkpoints); }

  // Who resizes pods in place; must outlive the core.
  void Resize(Resizing& apply) { apply_ = &apply; }

  // Who does something about nodes that fail, or says what would be done; must outlive the core.
  void Repair(RepairPass& repair) { repair_ = &repair; }

  // Returns after a tenth of a second, though more could be committed: see behind.
  void Take(std::deque<Delivery> batch);
  // Something can be committed at once: do not wait for the next delivery.
  [[nodiscard]] bool behind() const { return behind_; }
  // What others want of alerting, done now.
  void Do(Errands& errands);
  // To be called a few times a second: whether somebody may have died, so that a tick is due.
  bool Watch();
  // What time brings about: conditions, sizing, saving, pruning. At least once a second.
  void Tick();
  // Saves the model whole, so that the next start has nothing to replay.
  void Finish();

  [[nodiscard]] const Model& model() const { return model_; }

 private:
  struct Counters {
    std::uint64_t committed = 0;
    std::uint64_t duplicates = 0;
  };

  void Notice(const NodeGreeted& greeted);
  void Notice(const NodeHeartbeat& heartbeat);
  void Settle();
  void Enter(IngestedRecord record);
  void CommitWaiting();
  bool CommitPiece();
  void Failed(const Error& error, Intake::Batch batch);
  void Recovered();
  // Ends alerting's turn: all of it in one commit with the records, and then people are told. Gives their
  // positions.
  Result<std::vector<Position>> CommitTurn(std::span<const RecordToStore> records);
  void Acknowledge(const Intake::Batch& batch);
  // Adds what is to be told of it.
  void Believe(const IngestedRecord& record, std::vector<Happening>& told);
  void Believe(Intake::Batch& batch);
  void LookAtGrowth(const IngestedRecord& record);
  // What waits for the store.
  void BelieveWaiting();
  void TellFromMemory();
  void Note(const Applied& applied, std::vector<Happening>& told);
  [[nodiscard]] std::vector<Blob> NewGreetings() const;
  void GreetingsKept(Wall at);
  // Who is held back or refused, for conditions and the page.
  void FindRefusals(Mono now);
  void CommitWhatWaits();
  void LocateNodes();
  void TellStories();
  void TellMissedKills();
  void TellConditions();
  void Apply();
  void LookAtRepairs();
  void Tell(std::vector<Happening> happenings);
  // Each blob of the space; what `take` cannot read is counted. `without`: what follows when the space cannot be read.
  void EachKept(const char* space, const char* without, const std::function<bool(const Blob& blob)>& take);
  void RecoverStories();
  void RecoverKubelets();
  void RecoverVerdicts();
  [[nodiscard]] Witness WitnessOf(const std::string& node) const;
  void AskNeighbours(const std::set<std::string, std::less<>>& doubtful);
  void JudgeNodes();
  void RetireNodes();
  // What is kept of nodes that the model does not know any more.
  void ForgetNodes();
  void ExchangeHistories();
  void Size();
  void SaveModel();
  bool WritePiece();
  bool ReplaceSnapshot();
  void SnapshotDone();
  // Records take so much of the store, or more than it has, that the model is to be saved for their sake.
  [[nodiscard]] bool Pressed();
  [[nodiscard]] bool MakesRoom(Mono now);
  void Prune();
  void Rename();
  void Publish();
  [[nodiscard]] CollectorView Own() const;

  // Where the store keeps greetings, stories, and what is known of nodes.
  static constexpr const char* kNodeSpace = "node";
  static constexpr const char* kStorySpace = "story";
  static constexpr const char* kKubeletSpace = "kubelet";
  static constexpr const char* kVerdictSpace = "verdict";

  Config config_;
  Store& store_;
  Board& board_;
  const Clock& clock_;
  const NameResolver& names_;
  ClusterSource& cluster_;
  Model model_;
  Liveness liveness_;
  Judge judge_;
  Neighbours neighbours_;
  StoreJournal journal_;
  Alerting alerting_;
  SizingPass sizing_;
  StoryBook stories_;
  MissedKills missed_kills_;
  Resizing nobody_resizes_;
  Resizing* apply_ = &nobody_resizes_;
  RepairPass* repair_ = nullptr;            // null: nothing is repaired
  RepairsView repairs_;                     // as of the last look
  std::unique_ptr<HistoryPass> histories_;  // null: none are exchanged

  // Nobody, until somebody is named.
  std::function<void(std::vector<Watermark>)> acknowledge_ = [](const std::vector<Watermark>&) {};
  std::function<void(bool)> store_away_ = [](bool) {};
  std::function<void(std::vector<NeighbourQuestion>)> ask_neighbours_;
  std::function<IngestMetrics()> ingest_metrics_ = [] { return IngestMetrics{}; };
  std::function<std::vector<ReceiverView>()> receivers_ = [] { return std::vector<ReceiverView>{}; };
  std::function<std::vector<DeliveryReport>()> reports_ = [] { return std::vector<DeliveryReport>{}; };

  Intake intake_;  // not committed yet
  StoreShares shares_;
  Bytes piece_;  // a commit is tried with so much at most
  bool behind_ = false;
  bool full_ = false;  // the last commit failed because the store is full
  struct Greeting {
    std::string frame;
    Wall at{};  // when it was put
  };
  std::map<std::string, Greeting> greetings_;         // as the store has them, by node
  std::map<std::string, std::string> new_greetings_;  // frames that it is to have; empty: none any more
  std::map<std::string, std::string> new_stories_;    // the same of stories, by id
  std::map<std::string, std::string> new_kubelets_;   // the same of kubelets that were reached, by node
  std::map<std::string, std::string> new_verdicts_;   // the same of what is held of nodes
  OwnHealth health_;
  Counters counters_;
  LeftOut left_out_;       // at the start
  Position position_ = 0;  // of the last record believed
  const Wall started_;

  // The snapshot being written.
  std::deque<std::string> pieces_;
  bool saving_ = false;
  Position saving_position_ = 0;
  Position saved_position_ = 0;  // of the last snapshot
  Mono next_save_;
  Mono next_press_{};  // not sooner is the model saved to make room
  bool pruning_ = false;

  Mono next_pass_;
  bool passing_ = false;
  double pass_seconds_ = 0;  // of the pass under way
  double last_pass_seconds_ = 0;

  std::uint64_t names_known_ = 0;  // the resolver's generation at the last renaming
  Mono next_rename_;

  Mono next_publish_;
  bool changed_ = true;
};

}  // namespace loadline::collector
