#include "collector/app/core.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <tuple>

#include "collector/detect/rules.h"
#include "collector/detect/story_words.h"
#include "collector/model/view.h"
#include "schemas/wire/decode.h"
#include "schemas/wire/encode.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

// Longest share of a tick for work that can go on in the next.
constexpr Duration kSlice = 20ms;
constexpr Duration kRenameEvery = 5s;
constexpr Duration kPublishEvery = 250ms;
// Showing may take so much of the core's time.
constexpr int kPublishShare = 20;
constexpr const char* kNodeSpace = "node";

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

}  // namespace

Core::Core(const CoreParts& parts, const Config& config)
    : config_(config),
      store_(parts.store),
      board_(parts.board),
      clock_(parts.clock),
      names_(parts.names),
      model_({.forget_after = config.model.forget_after,
              .max_containers = static_cast<std::size_t>(config.model.max_containers),
              .samples = SamplesFor(parts)},
             names_),
      liveness_(OptionsOf(config.detect), parts.clock.Now()),
      journal_(parts.store, parts.clock),
      alerting_({}, parts.plan, journal_, parts.outbox),
      sizing_(parts.algorithm, parts.compared, config.recommend),
      started_(parts.clock.WallNow()),
      next_save_(parts.clock.Now() + config.store.snapshot_interval),
      next_pass_(parts.clock.Now()),
      next_publish_(parts.clock.Now()) {}

// ---- records

void Core::Take(std::deque<Delivery> batch) {
  for (Delivery& delivery : batch) {
    if (auto* record = std::get_if<IngestedRecord>(&delivery)) {
      liveness_.Heard(record->id.node, record->received.mono);
      waiting_.push_back(std::move(*record));
    } else if (const auto* greeted = std::get_if<NodeGreeted>(&delivery)) {
      Notice(*greeted);
    } else if (const auto* heartbeat = std::get_if<NodeHeartbeat>(&delivery)) {
      Notice(*heartbeat);
    }
  }
  if (!waiting_.empty() && health_.store_error.empty()) CommitWaiting();
  if (changed_ && clock_.Now() >= next_publish_) Publish();
}

void Core::Do(Errands& errands) {
  // What was delivered is known as delivered at once: after a kill it would be sent again.
  Settle();
  if (errands.DoAll(alerting_, clock_)) changed_ = true;
  if (changed_ && clock_.Now() >= next_publish_) Publish();
}

void Core::Settle() {
  if (!reports_) return;
  if (const std::vector<DeliveryReport> reports = reports_(); !reports.empty())
    alerting_.Settle(reports, clock_.WallNow());
}

void Core::Notice(const NodeGreeted& greeted) {
  wire::Hello hello = greeted.hello;
  hello.node = greeted.node;
  hello.token.clear();
  model_.Greet(hello, greeted.received.wall);
  liveness_.Heard(greeted.node, greeted.received.mono);
  changed_ = true;
  // So that a restart knows the node's capacity before the node says it again. Losing it costs nothing.
  if (const auto frame = wire::Encode(hello)) {
    const std::string bytes(reinterpret_cast<const char*>(frame->data()), frame->size());
    std::ignore = store_.Put({{{kNodeSpace, hello.node, bytes}}}, greeted.received.wall);
  }
}

void Core::Notice(const NodeHeartbeat& heartbeat) {
  liveness_.Heard(heartbeat.node, heartbeat.received.mono,
                  std::chrono::milliseconds(heartbeat.heartbeat.window_age_ms));
}

void Core::CommitWaiting() {
  std::vector<StreamId> streams;
  streams.reserve(waiting_.size());
  std::vector<RecordToStore> records;
  records.reserve(waiting_.size());
  for (const IngestedRecord& record : waiting_) {
    streams.push_back({record.id.node, record.boot_id, record.id.epoch});
    records.push_back({&streams.back(), record.id.sequence, record.received.wall, record.frame});
  }
  const Result<std::vector<Position>> positions = store_.Append(records);
  health_.waiting_records = waiting_.size();
  if (!positions) {
    if (health_.store_error.empty())
      spdlog::error("{}; nothing is acknowledged until it works again", positions.error().message);
    health_.store_error = positions.error().message;
    changed_ = true;
    return;
  }
  if (!health_.store_error.empty())
    spdlog::warn("the store works again: {} records committed", waiting_.size());
  health_ = {};

  std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> last;
  for (const IngestedRecord& record : waiting_) {
    std::uint64_t& sequence = last[{record.id.node, record.id.epoch}];
    sequence = std::max(sequence, record.id.sequence);
  }
  std::vector<Watermark> watermarks;
  for (const auto& [stream, sequence] : last) watermarks.push_back({stream.first, stream.second, sequence});
  if (acknowledge_) acknowledge_(std::move(watermarks));

  const std::deque<IngestedRecord> believed = std::exchange(waiting_, {});
  for (std::size_t i = 0; i < believed.size(); ++i) {
    if ((*positions)[i] == 0) {
      ++counters_.duplicates;
    } else {
      ++counters_.committed;
      Believe(believed[i], (*positions)[i]);
    }
  }
  changed_ = true;
}

void Core::Believe(const IngestedRecord& record, Position position) {
  const Applied applied =
      model_.Apply({record.id.node, record.boot_id, record.id.epoch, record.received.wall, record.record});
  for (const KillSeen& kill : applied.kills) stories_.Killed(kill, record.received.wall);
  Tell(applied, position);
  position_ = position;
}

void Core::Tell(const Applied& applied, Position position) {
  if (applied.kills.empty()) return;
  if (apply_ != nullptr)
    std::ranges::for_each(applied.kills, [&](const KillSeen& kill) { apply_->Killed(kill); });
  std::vector<Happening> happenings;
  for (const KillSeen& kill : applied.kills) {
    const std::string owner = kill.kill.limit_owner ? kill.kill.limit_owner->path : "";
    const std::string victim = ContainerOf(kill.kill.victim).path;
    auto grower = OomGrower(model_, kill.node, kill.at, owner, victim);
    // The model may have to wait for the name that the kill has already.
    if (grower && grower->path == victim && !kill.name.workload_id.empty()) {
      grower->workload_id = kill.name.workload_id;
      grower->container = kill.name.container;
    }
    happenings.push_back(OomKilled(kill, config_.detect, grower ? GrowthWords(*grower, kill.at) : ""));
  }
  journal_.HeardOf(position);
  Tell(std::move(happenings));
}

void Core::Tell(std::vector<Happening> happenings) {
  for (Happening& happening : happenings) AddPlace(model_, happening.what);
  alerting_.Happened(ByRules(std::move(happenings), config_.detect), clock_.WallNow());
}

// ---- time

void Core::Rename() {
  // Some wait for time to pass and not for news: what nobody names for long enough.
  const Mono now = clock_.Now();
  if (names_.generation() == names_known_ && now < next_rename_) return;
  names_known_ = names_.generation();
  next_rename_ = now + kRenameEvery;
  model_.Rename(clock_.WallNow());
  changed_ = true;
}

void Core::Tick() {
  const Mono now = clock_.Now();
  const Wall wall = clock_.WallNow();
  liveness_.Tick(now);
  if (!waiting_.empty()) CommitWaiting();
  // While nothing can be stored nothing is read in the end, heartbeats neither.
  if (!health_.store_error.empty()) liveness_.Excuse(now);
  Settle();
  Rename();
  RetireNodes();
  if (places_) model_.Locate(places_);
  TrackStates();
  TellStories();
  health_.store_bytes = store_.Size();
  health_.store_most = config_.store.max_size;
  if (receivers_) health_.receivers = receivers_();
  const auto threshold_of = [this](const std::string& node) { return stories_.ThresholdOf(node); };
  const ClusterFaults faults = faults_ ? faults_() : ClusterFaults{};
  std::vector<Condition> holding =
      Detect({model_, liveness_, health_, now, wall, threshold_of, &faults}, config_.detect);
  if (!config_.alerting.heartbeat_receiver.empty()) holding.push_back(Watchdog());
  alerting_.Update(holding, {}, wall);
  ExchangeHistories();
  Size();
  if (apply_ != nullptr) {
    for (HappeningView& happening : apply_->Step(model_, wall)) model_.AddHappening(std::move(happening));
  }
  if (health_.store_error.empty()) {
    SaveModel();
    Prune();
  }
  Publish();
}

void Core::TellStories() {
  const Wall wall = clock_.WallNow();
  if (news_) {
    for (const ClusterNews& news : news_()) stories_.Heard(news, wall);
  }
  // Told before they are kept: after a kill between the two they are told again.
  if (std::vector<Happening> told = stories_.Tick(model_, wall, config_.detect); !told.empty()) {
    for (const Happening& happening : told) {
      model_.AddHappening({happening.at, "eviction", happening.what.labels.at("workload"),
                           happening.what.labels.at("node"), happening.what.summary});
    }
    Tell(std::move(told));
  }
  KeepStories();
}

void Core::RetireNodes() {
  if (!gone_) return;
  std::vector<std::string> retired;
  model_.nodes().ForEach([&](NodeId, const Node& node) {
    if (liveness_.Of(node.name, clock_.Now()).state == NodeState::kSilent && gone_(node.name))
      retired.push_back(node.name);
  });
  for (const std::string& node : retired) {
    model_.Retire(node);
    std::ignore = store_.Put({{{kNodeSpace, node, ""}}}, clock_.WallNow());
    model_.AddHappening(
        {clock_.WallNow(), "node_gone", "", node, fmt::format("node {} was taken away", node)});
  }
}

void Core::TrackStates() {
  const Mono now = clock_.Now();
  std::erase_if(states_, [&](const auto& state) {
    if (model_.Knows(state.first)) return false;
    liveness_.Forget(state.first);
    return true;
  });
  model_.nodes().ForEach([&](NodeId, const Node& node) {
    const NodeLiveness live = liveness_.Of(node.name, now);
    NodeState& told = states_.try_emplace(node.name, NodeState::kReady).first->second;
    if (std::exchange(told, live.state) == live.state) return;
    const bool back = live.state == NodeState::kReady;
    model_.AddHappening({clock_.WallNow(), back ? "node_back" : std::string("node_") + Name(live.state), "",
                         node.name,
                         back ? fmt::format("node {} is back", node.name)
                              : fmt::format("node {}: {}", node.name, live.reason)});
  });
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
                    .last_pass_seconds = last_pass_seconds_};
  own.alert_changes_owed = alerting_.journal().owed();
  own.alert_changes_coalesced = alerting_.journal().coalesced();
  if (receivers_) own.receivers = receivers_();
  // With alerting or in the lane: it waits.
  for (ReceiverView& receiver : own.receivers) receiver.waiting = alerting_.waiting(receiver.name);
  if (watches_) own.watches = watches_();
  if (ingest_metrics_) {
    const IngestMetrics metrics = ingest_metrics_();
    own.records_duplicate += metrics.duplicates;
    own.queue_refused = metrics.pauses;
    std::map<std::string, std::uint64_t> refused;
    for (const auto& [reason, count] : metrics.rejected) refused[wire::Name(reason)] += count;
    for (const auto& [who, count] : metrics.bad_frames) refused[wire::Name(who.second)] += count;
    own.rejected_frames.assign(refused.begin(), refused.end());
    for (const auto& [who, count] : metrics.door.refused)
      own.refused_connections.push_back({who.first, std::string(Name(who.second)), count});
    own.agent_connections = metrics.door.connections;
    own.hellos_too_soon = metrics.hellos_too_soon;
    own.ended_sessions = metrics.ended_sessions;
  }
  return own;
}

void Core::Publish() {
  const Mono began = clock_.Now();
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->at = clock_.WallNow();
  snapshot->collector = Own();
  snapshot->nodes = NodeViews(model_, liveness_, began);
  snapshot->workloads = WorkloadViews(model_);
  if (apply_ != nullptr) snapshot->apply = apply_->View();
  snapshot->alerts = alerting_.Views();
  snapshot->happenings.assign(model_.happenings().rbegin(), model_.happenings().rend());
  snapshot->stories = stories_.Views();
  board_.Publish(std::move(snapshot));
  changed_ = false;
  const Mono ended = clock_.Now();
  next_publish_ = ended + std::max<Duration>(kPublishEvery, kPublishShare * (ended - began));
}

}  // namespace loadline::collector
