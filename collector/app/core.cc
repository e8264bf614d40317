#include "collector/app/core.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>
#include <tuple>

#include "collector/alert/own_labels.h"
#include "collector/app/verdicts_kept.h"
#include "collector/detect/rules.h"
#include "collector/detect/story_words.h"
#include "collector/kube_objects/pod_metrics.h"
#include "collector/model/view.h"
#include "schemas/base/version.h"
#include "schemas/wire/decode.h"
#include "schemas/wire/encode.h"
#include "schemas/wire/memory_growth.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// Longest share of a tick for work that can go on in the next.
constexpr Duration kSlice = 20ms;
constexpr Duration kRenameEvery = 5s;
constexpr Duration kPublishEvery = 250ms;
// Showing may take so much of the core's time.
constexpr int kPublishShare = 20;
// More is committed in several pieces, so that each is short.
constexpr Bytes kPiece = 4 * kMiB;
constexpr Bytes kLeastPiece = 64 * kKiB;
// Longest for records at a stretch: others want to be heard.
constexpr Duration kCommitting = 100ms;
constexpr Duration kWaitedLong = 1min;
// What a record costs its node beside its bytes: its rows, looking at the node's cgroups when a window ends,
// and what is told of an event.
constexpr Bytes kRecordCost = 2 * kKiB;
constexpr Bytes kCgroupCost = 64;
constexpr Bytes kEventCost = 14 * kKiB;

LivenessOptions OptionsOf(const DetectConfig& config) {
  return {.suspect_after = config.node_suspect_after,
          .silent_after = config.node_silent_after,
          .stale_after = config.node_stale_after};
}

// Both of the algorithms in use: each what it ranks, once.
std::vector<SampleNeed> SamplesFor(const CoreParts& parts) {
  std::vector<SampleNeed> needs;
  for (const Algorithm* algorithm : {&parts.algorithm, parts.compared}) {
    if (algorithm == nullptr) continue;
    const std::optional<SampleNeed> need = algorithm->samples();
    if (need && std::ranges::find(needs, *need) == needs.end()) needs.push_back(*need);
  }
  return needs;
}

ModelOptions OptionsOf(ModelOptions options, const CoreParts& parts) {
  options.speaks_for_all = kMetricsSource;
  options.samples = SamplesFor(parts);
  return options;
}

}  // namespace

Core::Core(const CoreParts& parts, const Config& config)
    : config_(config),
      store_(parts.store),
      board_(parts.board),
      clock_(parts.clock),
      names_(parts.names),
      cluster_(parts.cluster),
      model_(OptionsOf(config.model, parts), names_),
      liveness_(OptionsOf(config.detect), parts.clock.Now()),
      judge_(OptionsOf(config.detect)),
      journal_(parts.store, parts.clock),
      alerting_({.flapping = {config.alerting.flap_begins, config.alerting.flap_within}}, parts.plan,
                journal_, parts.outbox),
      sizing_(parts.algorithm, parts.compared, parts.cluster, config.recommend),
      intake_({.node_rate = config.store.node_rate}),
      piece_(kPiece),
      started_(parts.clock.WallNow()),
      next_save_(parts.clock.Now() + config.store.snapshot_interval),
      next_pass_(parts.clock.Now()),
      next_publish_(parts.clock.Now()) {}

// ---- records

void Core::Take(std::deque<Delivery> batch) {
  for (Delivery& delivery : batch) {
    if (auto* record = std::get_if<IngestedRecord>(&delivery)) {
      liveness_.Heard(record->id.node, record->received.mono);
      Enter(std::move(*record));
    } else if (const auto* greeted = std::get_if<NodeGreeted>(&delivery)) {
      Notice(*greeted);
    } else if (const auto* heartbeat = std::get_if<NodeHeartbeat>(&delivery)) {
      Notice(*heartbeat);
    } else if (const auto* found = std::get_if<NeighbourFound>(&delivery)) {
      neighbours_.Found(found->node, found->found, found->received.mono);
    }
  }
  if (!intake_.empty()) {
    if (health_.store_error.empty()) {
      CommitWaiting();
    } else {
      TellFromMemory();
    }
  }
  if (changed_ && clock_.Now() >= next_publish_) Publish();
}

void Core::Enter(IngestedRecord record) {
  Bytes cost = 0;
  // One source speaks for all nodes: it has no budget.
  if (record.id.node != kMetricsSource) {
    cost = kRecordCost + std::ssize(record.frame);
    if (std::holds_alternative<wire::Event>(record.record.body)) {
      cost += kEventCost;
    } else if (const Node* node = model_.FindNode(record.id.node)) {
      cost += kCgroupCost * std::ssize(node->refs);
    }
  }
  intake_.Add(std::move(record), cost, clock_.Now());
}

void Core::Do(Errands& errands) {
  // What was delivered is known as delivered at once: after a kill it would be sent again.
  Settle();
  if (errands.DoAll(alerting_, clock_, [this] { board_.Publish(alerting_.Show(clock_.WallNow())); }))
    changed_ = true;
  if (changed_ && clock_.Now() >= next_publish_) Publish();
}

void Core::Settle() {
  if (const std::vector<DeliveryReport> reports = reports_(); !reports.empty())
    alerting_.Settle(reports, clock_.WallNow());
}

void Core::Notice(const NodeGreeted& greeted) {
  wire::Hello hello = greeted.hello;
  hello.node = greeted.node;
  hello.token = {};
  model_.Greet(hello, greeted.received.wall);
  neighbours_.Greeted(greeted.node, greeted.hello.probes);
  liveness_.Greeted(greeted.node, greeted.hello.epoch, greeted.received.mono);
  liveness_.Clock(greeted.node, greeted.clock_ahead);
  changed_ = true;
  // So that a restart knows the node's capacity before the node says it again. It waits for the next commit,
  // and is kept only when something new is in it: which start of the agent it was is not, nor when that was.
  hello.epoch = 1;
  hello.clocks = {};
  hello.first_sequence = 1;
  const auto frame = wire::Encode(hello);
  if (!frame) return;
  std::string bytes(reinterpret_cast<const char*>(frame->data()), frame->size());
  const auto kept = greetings_.find(hello.node);
  // What is old is put again before it is trimmed.
  const bool same = kept != greetings_.end() && kept->second.frame == bytes &&
                    greeted.received.wall - kept->second.at < config_.model.forget_after / 4;
  if (same) {
    new_greetings_.erase(hello.node);
  } else {
    new_greetings_.insert_or_assign(hello.node, std::move(bytes));
  }
}

std::vector<Blob> Core::NewGreetings() const {
  std::vector<Blob> blobs;
  for (const auto& [node, frame] : new_greetings_) blobs.push_back({kNodeSpace, node, frame});
  return blobs;
}

void Core::GreetingsKept(Wall at) {
  for (auto& [node, frame] : std::exchange(new_greetings_, {})) {
    if (frame.empty()) {
      greetings_.erase(node);
    } else {
      greetings_.insert_or_assign(node, Greeting{std::move(frame), at});
    }
  }
}

void Core::Notice(const NodeHeartbeat& heartbeat) {
  liveness_.Heard(heartbeat.node, heartbeat.received.mono,
                  std::chrono::milliseconds(heartbeat.heartbeat.window_age_ms));
  if (heartbeat.heartbeat.stopping) liveness_.Stopped(heartbeat.node, heartbeat.received.mono);
  liveness_.Clock(heartbeat.node, heartbeat.clock_ahead);
  liveness_.Spooled(heartbeat.node, heartbeat.heartbeat.spooled_records);
}

void Core::CommitWaiting() {
  const Mono began = clock_.Now();
  behind_ = false;
  while (CommitPiece()) {
    behind_ = clock_.Now() - began >= kCommitting;
    if (behind_) return;
  }
}

// False when nothing may go now, or nothing can.
bool Core::CommitPiece() {
  const auto most =
      static_cast<Bytes>(static_cast<double>(config_.store.max_size) * config_.store.node_share);
  Intake::Batch batch = intake_.Next(piece_, clock_.Now(), [&](const std::string& node) {
    return node == kMetricsSource || shares_.Of(node) < most;
  });
  if (batch.empty()) return false;
  // What has waited long comes now: the model forgets by the time at which records came, one after another.
  const Received now{.wall = clock_.WallNow(), .mono = clock_.Now()};
  for (Intake::Waiting& waiting : batch) {
    if (!waiting.believed && now.mono - waiting.record.received.mono > kWaitedLong)
      waiting.record.received = now;
  }
  std::vector<StreamId> streams;
  streams.reserve(batch.size());
  std::vector<RecordToStore> records;
  records.reserve(batch.size());
  for (const Intake::Waiting& waiting : batch) {
    const IngestedRecord& record = waiting.record;
    streams.push_back({record.id.node, record.boot_id, record.id.epoch});
    records.push_back({&streams.back(), record.id.sequence, record.received.wall, record.frame});
  }
  alerting_.Begin();
  Believe(batch);
  const Result<std::vector<Position>> positions = CommitTurn(records);
  if (!positions) {
    const bool smaller = positions.error().kind == ErrorKind::kExhausted && batch.size() > 1;
    Failed(positions.error(), std::move(batch));
    return smaller;
  }
  piece_ = std::clamp(piece_ * 2, kLeastPiece, kPiece);
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const Position position = (*positions)[i];
    if (position == 0) {
      ++counters_.duplicates;
      continue;
    }
    ++counters_.committed;
    shares_.Stored(batch[i].record.id.node, std::ssize(batch[i].record.frame));
    // What was given up, and done after all, stands before what others stored meanwhile.
    position_ = std::max(position_, position);
  }
  journal_.HeardOf(position_);
  Acknowledge(batch);
  return true;
}

Result<std::vector<Position>> Core::CommitTurn(std::span<const RecordToStore> records) {
  const Wall wall = clock_.WallNow();
  std::vector<JournalChange> changes = alerting_.Changes();
  std::vector<Blob> beside = NewGreetings();
  for (const auto& [id, bytes] : new_stories_) beside.push_back({kStorySpace, id, bytes});
  for (const KubeletMet& met : cluster_.TakeKubeletsMet())
    new_kubelets_.insert_or_assign(met.node, KubeletBytes(met));
  for (const auto& [node, bytes] : new_kubelets_) beside.push_back({kKubeletSpace, node, bytes});
  for (const auto& [node, bytes] : new_verdicts_) beside.push_back({kVerdictSpace, node, bytes});
  // Not less than where these records will be: what follows from them is committed with them or not at all.
  const Position heard_of = records.empty() ? position_ : store_.LastPosition() + records.size();
  std::ranges::move(StoreJournal::BlobsOf(changes, heard_of), std::back_inserter(beside));
  if (records.empty() && beside.empty()) {
    alerting_.End({}, true);
    return {};
  }
  Result<std::vector<Position>> positions = store_.Append(records, beside, wall);
  alerting_.End(std::move(changes), positions.has_value());
  changed_ = true;
  if (!positions) return positions;
  Recovered();
  GreetingsKept(wall);
  new_stories_.clear();
  new_kubelets_.clear();
  new_verdicts_.clear();
  return positions;
}

void Core::Recovered() {
  if (health_.store_error.empty()) return;
  spdlog::warn("the store works again");
  health_.store_error.clear();
  health_.waiting_records = 0;
  full_ = false;
  store_away_(false);
}

// What has no room may fit in smaller pieces, down to one record.
void Core::Failed(const Error& error, Intake::Batch batch) {
  const bool smaller = error.kind == ErrorKind::kExhausted && batch.size() > 1;
  Bytes bytes = 0;
  for (const Intake::Waiting& waiting : batch) bytes += std::ssize(waiting.record.frame);
  intake_.PutBack(std::move(batch));
  if (smaller) {
    piece_ = bytes / 2;
    return;
  }
  full_ = error.kind == ErrorKind::kExhausted;
  health_.waiting_records = intake_.records();
  if (health_.store_error.empty()) {
    spdlog::error("{}; nothing is acknowledged until it works again", error.message);
    store_away_(true);
  }
  health_.store_error = error.message;
  changed_ = true;
}

void Core::Acknowledge(const Intake::Batch& batch) {
  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> last;
  for (const Intake::Waiting& waiting : batch) {
    const RecordId& id = waiting.record.id;
    std::uint64_t& sequence = last[{id.node, id.epoch}];
    sequence = std::max(sequence, id.sequence);
  }
  std::vector<Watermark> watermarks;
  for (const auto& [stream, sequence] : last) watermarks.push_back({stream.first, stream.second, sequence});
  acknowledge_(std::move(watermarks));
}

void Core::Believe(const IngestedRecord& record, std::vector<Happening>& told) {
  const Applied applied =
      model_.Apply({record.id.node, record.boot_id, record.id.epoch, record.received.wall, record.record});
  for (const KillSeen& kill : applied.kills) stories_.Killed(kill, record.received.wall);
  Note(applied, told);
  LookAtGrowth(record);
}

// Before what says so is committed: it may be a matter of a second. What was ordered once is not ordered again
// when the record comes again.
void Core::LookAtGrowth(const IngestedRecord& record) {
  const auto* event = std::get_if<wire::Event>(&record.record.body);
  const auto* stall = event != nullptr ? std::get_if<wire::MemoryStall>(event) : nullptr;
  if (stall == nullptr || !wire::IsGrowth(*stall)) return;
  const auto name = names_.Resolve({record.id.node, stall->cgroup, NameQuestion::Haste::kUrgent});
  if (!name || name->container.empty()) return;
  const GrowthSeen growth{.stall = *stall,
                          .at = config_.model.Believed(stall->at_ns, record.received.wall),
                          .node = record.id.node,
                          .name = *name};
  for (HappeningView& happening : apply_->Grows(model_, growth, clock_.WallNow()))
    model_.timeline().Add(std::move(happening));
}

void Core::Believe(Intake::Batch& batch) {
  std::vector<Happening> told;
  for (Intake::Waiting& waiting : batch) {
    if (!std::exchange(waiting.believed, true)) Believe(waiting.record, told);
  }
  if (!told.empty()) Tell(std::move(told));
}

void Core::BelieveWaiting() {
  const Mono began = clock_.Now();
  std::vector<Happening> told;
  intake_.EachNew([&](const IngestedRecord& record) {
    Believe(record, told);
    return clock_.Now() - began < kCommitting;
  });
  if (!told.empty()) Tell(std::move(told));
}

void Core::TellFromMemory() {
  alerting_.Begin();
  BelieveWaiting();
  alerting_.End(alerting_.Changes(), false);
  changed_ = true;
}

void Core::Note(const Applied& applied, std::vector<Happening>& told) {
  for (const KillSeen& kill : applied.kills) {
    if (!kill.is_first) continue;
    apply_->Killed(kill);
    sizing_.SizeSoon(kill.name.workload_id);
    const std::string owner = kill.kill.limit_owner ? kill.kill.limit_owner->path : "";
    const std::string victim = ContainerOf(kill.kill.victim).path;
    const OomQuestion question{
        kill.node, kill.at, owner, {victim, kill.name.workload_id, kill.name.container}};
    const auto grower = IsNamed(kill.kill) ? OomGrower(model_, question) : std::nullopt;
    told.push_back(OomKilled(kill, config_.detect, grower ? GrowthWords(*grower, kill.at) : ""));
  }
}

void Core::Tell(std::vector<Happening> happenings) {
  for (Happening& happening : happenings) AddPlace(model_, happening.what);
  const ChangesByNamespace namespaces = cluster_.RulesByNamespace();
  RulesFor rules_for(config_.detect, model_, &namespaces);
  alerting_.Happened(ByRules(std::move(happenings), config_.detect, rules_for), clock_.WallNow());
}

// ---- time

void Core::Rename() {
  // Some wait for time to pass and not for news: what nobody names for long enough.
  const Mono now = clock_.Now();
  if (names_.generation() == names_known_ && now < next_rename_) return;
  names_known_ = names_.generation();
  next_rename_ = now + kRenameEvery;
  model_.Rename(clock_.WallNow());
  model_.Specify(cluster_.TakeSpecs());
  changed_ = true;
}

Witness Core::WitnessOf(const std::string& node) const {
  Witness witness =
      Expecting(cluster_.WitnessOf(node), cluster_.MarksOf(node), model_.FindNode(node), clock_.WallNow());
  witness.neighbours = neighbours_.Of(node, clock_.Now());
  return witness;
}

void Core::AskNeighbours(const std::set<std::string, std::less<>>& doubtful) {
  if (!ask_neighbours_) return;
  const auto kubelet_of = [this](const std::string& node) { return cluster_.KubeletOf(node); };
  std::vector<NeighbourQuestion> questions;
  for (auto& [node, question] :
       QuestionsAbout(doubtful, neighbours_, model_, judge_, kubelet_of, clock_.Now()))
    questions.push_back({node, std::move(question)});
  if (!questions.empty()) ask_neighbours_(std::move(questions));
}

bool Core::Watch() {
  const std::set<std::string, std::less<>> doubtful = liveness_.Doubtful(clock_.Now());
  cluster_.Doubt(doubtful);
  AskNeighbours(doubtful);
  return MayHaveDied(doubtful, judge_, [this](const std::string& node) { return WitnessOf(node); });
}

void Core::Tick() {
  liveness_.Tick(clock_.Now());
  CommitWhatWaits();
  alerting_.Begin();
  if (!health_.store_error.empty()) BelieveWaiting();
  Settle();
  Rename();
  JudgeNodes();
  RetireNodes();
  ForgetNodes();
  LocateNodes();
  TellStories();
  TellConditions();
  (void)CommitTurn({});  // what it could not take is owed, and offered with the next
  ExchangeHistories();
  Size();
  Apply();
  LookAtRepairs();
  if (health_.store_error.empty()) {
    SaveModel();
    Prune();
  }
  Publish();
}

void Core::CommitWhatWaits() {
  if (!intake_.empty()) CommitWaiting();
  if (!full_) return;
  // At once, so that nobody is told of what is over in a moment.
  SaveModel();
  Prune();
  CommitWaiting();
}

void Core::LocateNodes() {
  model_.Locate([this](const std::string& node) { return cluster_.NodeOf(node); }, clock_.WallNow());
}

void Core::TellConditions() {
  const Mono now = clock_.Now();
  const Wall wall = clock_.WallNow();
  health_.store_bytes = store_.Used();
  health_.store_most = config_.store.max_size;
  health_.receivers = receivers_();
  FindRefusals(now);
  const auto threshold_of = [this](const std::string& node) { return stories_.ThresholdOf(node); };
  const auto ending = [&](Duration within) { return alerting_.EndingSilences(within, wall); };
  const ClusterFaults faults = cluster_.Faults();
  std::vector<Condition> holding =
      Detect({model_, judge_, health_, now, wall, threshold_of, &faults, &repairs_, ending}, config_.detect,
             cluster_.RulesByNamespace());
  alerting_.Unproven(UnprovenRules(cluster_.Watches()));
  if (!config_.alerting.heartbeat_receiver.empty()) holding.push_back(Watchdog());
  alerting_.Update(std::move(holding), {}, wall);
}

void Core::Apply() {
  for (HappeningView& happening : apply_->Step(model_, clock_.WallNow()))
    model_.timeline().Add(std::move(happening));
}

void Core::LookAtRepairs() {
  // What could not be kept would not be done either. The pass takes note of a pause by itself.
  if (repair_ == nullptr || !health_.store_error.empty()) return;
  for (HappeningView& happening : repair_->Step(model_, judge_, cluster_))
    model_.timeline().Add(std::move(happening));
  repairs_ = repair_->View();
}

void Core::FindRefusals(Mono now) {
  health_.waiting_of.clear();
  for (const auto& [node, held] : intake_.held())
    health_.waiting_of.emplace(node, OwnHealth::Waiting{held.bytes, now - held.since});
  health_.refused_alerts_of.clear();
  for (const auto& [node, refused] : alerting_.book().refused_of())
    health_.refused_alerts_of.emplace(node, OwnHealth::RefusedAlerts{refused.count, refused.last});
}

void Core::TellStories() {
  const Wall wall = clock_.WallNow();
  for (const ClusterNews& news : cluster_.TakeNews()) {
    stories_.Heard(news, wall);
    missed_kills_.Heard(news, wall);
  }
  TellMissedKills();
  // Told before they are kept: after a kill between the two they are told again.
  if (std::vector<Happening> told = stories_.Tick(model_, wall, config_.detect); !told.empty()) {
    for (const Happening& happening : told) {
      model_.timeline().Add({happening.at, "eviction", happening.what.labels.at("workload"),
                             happening.what.labels.at("node"), happening.what.summary});
    }
    Tell(std::move(told));
  }
  for (auto& [id, bytes] : stories_.TakeChanged())
    new_stories_.insert_or_assign(std::move(id), std::move(bytes));
}

void Core::TellMissedKills() {
  Applied applied;
  for (const ClusterNews& kill : missed_kills_.Due(model_, clock_.WallNow())) model_.Missed(kill, applied);
  std::vector<Happening> told;
  Note(applied, told);
  if (!told.empty()) Tell(std::move(told));
}

void Core::JudgeNodes() {
  const Wall wall = clock_.WallNow();
  const auto witness_of = [this](const std::string& node) { return WitnessOf(node); };
  for (const std::string& node : judge_.Look(model_, liveness_, clock_.Now(), wall, witness_of)) {
    const NodeVerdict& verdict = judge_.Of(node);
    const bool back = verdict.state == NodeState::kReporting;
    model_.timeline().Add(
        {wall, back ? "node_back" : std::string("node_") + Name(verdict.state), "", node,
         back ? fmt::format("node {} is back", node) : fmt::format("node {}: {}", node, verdict.reason)});
  }
  for (const std::string& node : judge_.TakeNews())
    new_verdicts_.insert_or_assign(node, VerdictBytes(judge_.Of(node)));
}

void Core::RetireNodes() {
  const std::vector<std::string> retired =
      TakenAway(model_, judge_, [this](const std::string& node) { return cluster_.IsGone(node); });
  for (const std::string& node : retired) {
    model_.Retire(node);
    new_greetings_.insert_or_assign(node, "");
    new_verdicts_.insert_or_assign(node, "");
    model_.timeline().Add(
        {clock_.WallNow(), "node_gone", "", node, fmt::format("node {} was taken away", node)});
  }
}

void Core::ForgetNodes() {
  const auto known = [this](const std::string& node) { return model_.Knows(node); };
  liveness_.KeepOnly(known);
  neighbours_.KeepOnly(known);
  std::erase_if(greetings_, [this](const auto& kept) { return !model_.Knows(kept.first); });
}

void Core::ExchangeHistories() {
  if (histories_ == nullptr) return;
  const Mono began = clock_.Now();
  const auto enough = [&] { return clock_.Now() - began >= kSlice; };
  if (histories_->Step(model_, clock_.WallNow(), enough) == 0) return;
  // Sized anew at once, and on disk before a checkpoint of ours takes the place of the one that was read.
  next_pass_ = began;
  next_save_ = began;
  changed_ = true;
}

void Core::Size() {
  const Wall wall = clock_.WallNow();
  const Mono began = clock_.Now();
  const auto enough = [&] { return clock_.Now() - began >= kSlice; };
  sizing_.SizeNew(model_, wall, enough);
  if (!passing_ && began < next_pass_) return;
  if (!std::exchange(passing_, true)) pass_seconds_ = 0;
  const Mono step_began = clock_.Now();
  const bool done = sizing_.Step(model_, wall, enough);
  pass_seconds_ += Seconds(clock_.Now() - step_began);
  if (!done) return;
  passing_ = false;
  last_pass_seconds_ = pass_seconds_;
  next_pass_ = clock_.Now() + config_.recommend.interval;
}

// ---- what is shown

CollectorView Core::Own() const {
  CollectorView own{.version = LOADLINE_VERSION,
                    .started = started_,
                    .records_committed = counters_.committed,
                    .records_duplicate = counters_.duplicates,
                    .container_samples = model_.samples(),
                    .store_writable = health_.store_error.empty(),
                    .store_error = health_.store_error,
                    .store_bytes = store_.Size(),
                    .store_set_aside = store_.SetAside(),
                    .state_left_out = left_out_.unknown + left_out_.damaged + alerting_.counters().unreadable,
                    .last_pass_seconds = last_pass_seconds_,
                    .store_commits = store_.Commits(),
                    .store_syncs = store_.Syncs().syncs,
                    .store_sync_took = store_.Syncs().took,
                    .alerts_refused = alerting_.book().refused()};
  own.cluster = ClusterOf(alerting_.dispatcher().plan().own_labels);
  own.alerts_posted_as_ours = alerting_.book().posted_as_ours();
  own.alert_changes_owed = alerting_.journal().owed();
  own.alert_changes_coalesced = alerting_.journal().coalesced();
  own.receivers = receivers_();
  // With alerting or in the lane: it waits.
  for (ReceiverView& receiver : own.receivers) receiver.waiting = alerting_.waiting(receiver.name);
  own.watches = cluster_.Watches();
  const IngestMetrics metrics = ingest_metrics_();
  own.records_duplicate += metrics.duplicates;
  own.queue_refused = metrics.pauses + metrics.passed_over;
  std::map<std::string, std::uint64_t> refused;
  for (const auto& [reason, count] : metrics.rejected) refused[wire::Name(reason)] += count;
  for (const auto& [who, count] : metrics.bad_frames) refused[wire::Name(who.second)] += count;
  own.rejected_frames.assign(refused.begin(), refused.end());
  for (const auto& [who, count] : metrics.door.refused)
    own.refused_connections.push_back({who.first, std::string(Name(who.second)), count});
  own.agent_connections = metrics.door.connections;
  own.hellos_too_soon = metrics.hellos_too_soon;
  own.ended_sessions = metrics.ended_sessions;
  own.neighbours_able = neighbours_.able();
  own.neighbour_questions = neighbours_.questions();
  own.neighbour_answers = neighbours_.answers();
  return own;
}

void Core::Publish() {
  const Mono began = clock_.Now();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->at = clock_.WallNow();
  snapshot->collector = Own();
  snapshot->nodes = NodeViews(model_, [this](const std::string& node) {
    const NodeVerdict& verdict = judge_.Of(node);
    return NodeStanding{verdict.state, verdict.reason, verdict.signs.clock_ahead,
                        verdict.signs.spooled_records};
  });
  for (NodeView& node : snapshot->nodes) {
    if (const auto found = health_.waiting_of.find(node.name); found != health_.waiting_of.end())
      node.waiting_bytes = found->second.bytes;
    const auto alerts = health_.refused_alerts_of.find(node.name);
    if (alerts != health_.refused_alerts_of.end()) node.refused.alerts = alerts->second.count;
  }
  snapshot->workloads = WorkloadViews(model_);
  snapshot->apply = apply_->View();
  snapshot->repairs = repairs_;
  snapshot->alerts = alerting_.Views();
  const std::span<const HappeningView> happenings = model_.timeline().happenings();
  snapshot->happenings.assign(happenings.rbegin(), happenings.rend());
  snapshot->stories = stories_.Views();
  board_.Publish(std::move(snapshot));
  board_.Publish(alerting_.Show(clock_.WallNow()));
  changed_ = false;
  const Mono ended = clock_.Now();
  next_publish_ = ended + std::max<Duration>(kPublishEvery, kPublishShare * (ended - began));
}

}  // namespace loadline::collector
