#include "tests/scenario/delivery_world.h"

#include <algorithm>

#include "schemas/wire/encode.h"

namespace loadline::test {
namespace {

constexpr Duration kStep = std::chrono::milliseconds(10);
constexpr Duration kLongestSettling = std::chrono::minutes(10);
// Frames the collector reads in a step: less than a burst, so that there is always something under way.
constexpr int kFramesInAStep = 20;

}  // namespace

DeliveryWorld::DeliveryWorld(Options options) : options_(std::move(options)), agents_(options_.agents) {
  for (int i = 0; i < options_.agents; ++i) {
    agents_[i].node = "node-" + std::to_string(i);
    StartAgent(i);
  }
  StartCollector();
}

void DeliveryWorld::Run(Duration time) {
  for (const Mono end = clock_.Now() + time; clock_.Now() < end;) Step();
}

bool DeliveryWorld::Settle() {
  with_new_records_ = false;
  const auto settled = [&] {
    return std::ranges::all_of(agents_, [](const Agent& a) { return a.spool->counts().records == 0; });
  };
  for (const Mono end = clock_.Now() + kLongestSettling; clock_.Now() < end && !settled();) Step();
  with_new_records_ = true;
  return settled();
}

void DeliveryWorld::KillCollector() {
  missing_before_ += reception_->metrics().missing;
  reception_.reset();
  deliveries_.clear();
  network_.CutAll();
}

void DeliveryWorld::StartCollector() {
  std::vector<collector::Watermark> watermarks;
  for (const auto& [stream, stored] : stored_) {
    watermarks.push_back({stream.first, stream.second, stored.last_sequence});
  }
  reception_.emplace(collector::ReceptionOptions{}, watermarks, *this, *this, *this);
}

void DeliveryWorld::KillAgent(int index) {
  Agent& agent = agents_[index];
  const auto add = [](agent::DropCounts& to, const agent::DropCounts& counts) {
    to.reports += counts.reports;
    to.events += counts.events;
  };
  add(agent.dropped_before, agent.spool->counts().dropped);
  add(agent.unsaid_before, agent.spool->TakeUnsaid());
  agent.session.reset();
  agent.spool.reset();
  agent.transport.reset();
}

void DeliveryWorld::StartAgent(int index) {
  Agent& agent = agents_[index];
  agent::SpoolOptions spool = options_.spool;
  if (options_.on_disk) spool.directory = agent.folder.path();
  agent.spool = *agent::Spool::Open(spool);
  agent.transport = network_.NewTransport();
  agent.epoch = std::max<std::uint64_t>(agent.epoch, agent.spool->counts().highest_epoch) + 1;
  agent.last_sequence = 0;
  agent.session.emplace(
      agent::SessionOptions{.seed = options_.seed + static_cast<std::uint32_t>(index)},
      wire::Hello{.node = agent.node, .boot_id = "boot", .epoch = agent.epoch},
      [] { return std::string("token"); }, *agent.spool, *agent.transport);
}

void DeliveryWorld::Step() {
  clock_.Advance(kStep);
  for (Agent& agent : agents_) {
    if (agent.session) StepAgent(agent, with_new_records_);
  }
  if (reception_) StepCollector();
}

void DeliveryWorld::StepAgent(Agent& agent, bool with_new_records) {
  const Mono now = clock_.Now();
  if (with_new_records && now >= agent.next_event) {
    agent.next_event = now + options_.event_every;
    Give(agent, wire::Event(wire::OomKill{.victim = {.path = "/a"}}), {});
  }
  if (with_new_records && now >= agent.next_report) {
    agent.next_report = now + options_.report_every;
    const agent::DropCounts said = agent.spool->TakeUnsaid();
    Give(agent,
         wire::Report{.losses = {.spool_dropped_reports = said.reports, .spool_dropped_events = said.events}},
         said);
  }
  agent.session->Step(now, clock_.WallNow());
}

void DeliveryWorld::Give(Agent& agent, std::variant<wire::Report, wire::Event> body, agent::DropCounts said) {
  const bool is_event = std::holds_alternative<wire::Event>(body);
  const wire::Record record{.epoch = agent.epoch, .sequence = ++agent.last_sequence, .body = std::move(body)};
  ++agent.given;
  agent.session->Add({.key = {record.epoch, record.sequence},
                      .is_event = is_event,
                      .said = said,
                      .frame = *wire::Encode(record)},
                     clock_.Now());
}

void DeliveryWorld::StepCollector() {
  const collector::Received now{.wall = clock_.WallNow(), .mono = clock_.Now()};
  for (int i = 0; i < kFramesInAStep && reception_->Ready(); ++i) {
    const auto incoming = network_.Receive();
    if (!incoming) break;
    reception_->OnFrame(incoming->peer, "memory", incoming->frame, now);
  }
  if (committing_ && now.mono >= next_commit_) {
    next_commit_ = now.mono + options_.commit_every;
    Commit();
  }
  if (now.mono >= next_tick_) {
    next_tick_ = now.mono + std::chrono::seconds(1);
    reception_->OnTick(now.mono);
  }
}

void DeliveryWorld::Commit() {
  std::vector<collector::Watermark> committed;
  for (collector::Delivery& delivery : deliveries_) {
    auto* record = std::get_if<collector::IngestedRecord>(&delivery);
    if (!record) continue;
    const collector::RecordId& id = record->id;
    Stored& stored = stored_[{id.node, id.epoch}];
    if (!stored.records.emplace(id.sequence, std::move(record->record)).second) ++stored_twice_;
    stored.last_sequence = std::max(stored.last_sequence, id.sequence);
    committed.push_back({id.node, id.epoch, id.sequence});
  }
  deliveries_.clear();
  reception_->OnCommitted(committed);
}

bool DeliveryWorld::Send(const collector::PeerId& peer, const wire::Message& message) {
  return network_.Send(peer, *wire::Encode(message));
}

std::uint64_t DeliveryWorld::given() const {
  std::uint64_t given = 0;
  for (const Agent& agent : agents_) given += agent.given;
  return given;
}

std::uint64_t DeliveryWorld::stored() const {
  std::uint64_t count = 0;
  for (const auto& [stream, stored] : stored_) count += stored.records.size();
  return count;
}

agent::DropCounts DeliveryWorld::dropped() const {
  agent::DropCounts sum;
  for (const Agent& agent : agents_) {
    const agent::DropCounts now = agent.spool ? agent.spool->counts().dropped : agent::DropCounts{};
    sum.reports += agent.dropped_before.reports + now.reports;
    sum.events += agent.dropped_before.events + now.events;
  }
  return sum;
}

agent::DropCounts DeliveryWorld::said_dropped() const {
  agent::DropCounts sum;
  for (const Agent& agent : agents_) {
    sum.reports += agent.unsaid_before.reports;
    sum.events += agent.unsaid_before.events;
  }
  for (const auto& [stream, stored] : stored_) {
    for (const auto& [sequence, record] : stored.records) {
      const auto* report = std::get_if<wire::Report>(&record.body);
      if (!report) continue;
      sum.reports += report->losses.spool_dropped_reports;
      sum.events += report->losses.spool_dropped_events;
    }
  }
  return sum;
}

std::uint64_t DeliveryWorld::missing() const {
  return missing_before_ + (reception_ ? reception_->metrics().missing : 0);
}

}  // namespace loadline::test
