#include "tests/scenario/world.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "collector/detect/rules.h"
#include "collector/store/patient_store.h"
#include "collector/store/sqlite_store.h"
#include "schemas/wire/encode.h"
#include "tests/support/forwarding_store.h"
#include "tests/support/reporting_agent.h"

namespace loadline::test {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStep = 100ms;
constexpr Duration kWindow = 10s;
// Of the store, on the clock of the machine.
constexpr Duration kPatience = 20ms;

}  // namespace

// ---- an agent: the real session and spool, fed with made-up windows

struct World::Agent {
  Agent(std::string name, const Options& options, FakeNetwork& net) : node(std::move(name)), network(net) {
    for (const std::string& path : options.containers) behaviours[path] = {};
    Start();
  }

  void Start() {
    ++epoch;
    last_sequence = 0;
    sampling = true;
    ending = false;
    spool = *agent::Spool::Open({});
    transport = network.NewTransport();
    const wire::Hello hello{
        .node = node, .boot_id = "boot", .epoch = epoch, .capacity = {.cpu = 4000, .memory = 8 * kGiB}};
    session.emplace(
        agent::SessionOptions{.longest_backoff = 1s, .seed = 1}, hello, [] { return std::string("t"); },
        *spool, *transport);
  }
  void Stop() {
    session.reset();
    transport.reset();
    spool.reset();
  }

  void Step(const Clock& clock) {
    if (!session) return;
    const Mono now = clock.Now();
    if (ending && spool->counts().records == 0) Start();
    const Wall wall = WallOf(clock);
    if (sampling && !ending && now >= next_window) {
      next_window = now + kWindow;
      Give(Window(wall), now, wall);
    }
    session->Step(now, wall);
  }

  // What the node's clock says.
  [[nodiscard]] Wall WallOf(const Clock& clock) const { return clock.WallNow() + clock_error; }

  void Give(std::variant<wire::Report, wire::Event> body, Mono now, Wall wall) {
    const bool is_event = std::holds_alternative<wire::Event>(body);
    const wire::Record record{.epoch = epoch,
                              .sequence = ++last_sequence,
                              .body = std::move(body),
                              .made = agent::ReadingOf(now, wall)};
    session->Add(
        {.key = {record.epoch, record.sequence}, .is_event = is_event, .frame = *wire::Encode(record)}, now);
  }

  [[nodiscard]] wire::Report Window(Wall end) const {
    wire::Report report;
    report.window_end_ns = end.time_since_epoch().count();
    report.window_start_ns = (end - kWindow).time_since_epoch().count();
    std::uint32_t ref = 0;
    for (const auto& [path, does] : behaviours) {
      report.identities.push_back({.ref = ++ref, .kind = wire::CgroupKind::kPlain, .path = path});
      wire::ContainerWindow window{.ref = ref};
      window.cpu = wire::CpuWindow{.usage_us = static_cast<std::uint32_t>(does.cores * 1e7)};
      window.memory = wire::MemoryWindow{.current = does.memory, .peak = does.memory};
      window.throttle =
          wire::ThrottleWindow{.periods = 100,
                               .throttled_periods = static_cast<std::uint32_t>(does.throttled_share * 100),
                               .throttled_us = static_cast<std::uint64_t>(does.throttled_share * 1e7)};
      window.limits = wire::CgroupLimits{.cpu_limit = does.cpu_limit};
      window.pressure =
          wire::PressureWindow{.memory_some_us = static_cast<std::uint32_t>(does.memory_stalled_share * 1e7)};
      report.containers.push_back(std::move(window));
    }
    return report;
  }

  const std::string node;
  FakeNetwork& network;
  std::map<std::string, Behaviour> behaviours;
  std::uint64_t epoch = 0;
  std::uint64_t last_sequence = 0;
  bool sampling = true;
  bool ending = false;  // nothing new; the next one starts when all is acknowledged
  Mono next_window = Mono(kWindow);
  Duration clock_error{};
  std::unique_ptr<agent::Transport> transport;
  std::optional<agent::Spool> spool;
  std::optional<agent::Session> session;
};

struct World::Collector {
  Collector(const collector::CoreParts& parts, World& world) : core(parts, {}) {
    const auto recovered = core.Recover();
    EXPECT_TRUE(recovered) << recovered.error().message;
    reception.emplace(collector::ReceptionOptions{}, core.Watermarks(), world, world, world);
    core.OnCommitted(
        [this](const std::vector<collector::Watermark>& marks) { reception->OnCommitted(marks); });
    core.OnStoreAway([this](bool away) { reception->OnStoreAway(away); });
    core.OnReports([&world] { return std::exchange(world.reports_, {}); });
  }
  collector::Core core;
  std::optional<collector::Reception> reception;
};

// ---- the world

World::World(Options options)
    : plan_of_alerts_(collector::PlanFor({.name = "default", .integrations = {{.name = "default/book[0]"}}},
                                         collector::InhibitedByRules())),
      algorithm_(*collector::MakeAlgorithm("vpa")) {
  for (int i = 1; i <= options.nodes; ++i) {
    agents_.push_back(std::make_unique<Agent>("node-" + std::to_string(i), options, network_));
  }
  StartCollector();
}

World::~World() {
  hang_.Set(false);
}

void World::FinishCollector() {
  collector_->core.Take(std::exchange(deliveries_, {}));
  collector_->core.Finish();
}

void World::ReplaceCollector() {
  network_.CutAll();
  StartCollector();
}

void World::StartCollector() {
  collector_.reset();
  hang_.Set(false);
  store_fails_ = false;
  store_.reset();
  deliveries_.clear();
  auto store = collector::SqliteStore::Open(folder_.path(), {});
  ASSERT_TRUE(store) << store.error().message;
  auto disk =
      std::make_unique<collector::ForwardingStore>(std::move(*store), [this] { return hang_.Wait(); });
  store_ = std::make_unique<collector::ForwardingStore>(
      std::make_unique<collector::PatientStore>(std::move(disk), kPatience), [this]() -> Result<void> {
        if (store_fails_) return Failure(ErrorKind::kExhausted, "storing: disk is full");
        return {};
      });
  const collector::CoreParts parts{*store_, plan_of_alerts_, *this,  *algorithm_, nullptr,
                                   board_,  clock_,          names_, cluster_};
  collector_ = std::make_unique<Collector>(parts, *this);
}

bool World::Send(const collector::PeerId& peer, const wire::Message& message) {
  return network_.Send(peer, *wire::Encode(message));
}

bool World::Offer(const collector::Notification& notification) {
  const Duration at = clock_.Now().time_since_epoch();
  for (const collector::Alert& alert : notification.alerts)
    told_.push_back({at, {alert.rule, alert.labels, alert.state}});
  collector::DeliveryReport& report = reports_.emplace_back();
  report.id = notification.id;
  report.integration = notification.integration;
  report.outcome.verdict = collector::Verdict::kDelivered;
  report.attempts = 1;
  report.at = clock_.WallNow();
  return true;
}

World::Agent& World::AgentOf(const std::string& node) {
  return **std::ranges::find(agents_, node, [](const auto& agent) { return agent->node; });
}

void World::Cluster::Doubt(const std::set<std::string, std::less<>>& nodes) {
  std::erase_if(doubted_since_, [&](const auto& doubted) { return !nodes.contains(doubted.first); });
  for (const std::string& node : nodes) doubted_since_.try_emplace(node, world_.clock_.Now());
}

// An attempt each 400 ms, on a kubelet that has answered before.
collector::Witness World::Cluster::WitnessOf(const std::string& node) const {
  const Mono now = world_.clock_.Now();
  const bool hung = world_.hung_.contains(node);
  collector::Witness witness{.knows = true, .answered = hung ? Mono(0s) : now, .mute = hung ? 3 : 0};
  const auto doubted = doubted_since_.find(node);
  if (world_.unplugged_.contains(node) && doubted != doubted_since_.end())
    witness.unanswered = static_cast<int>((now - doubted->second) / 400ms);
  return witness;
}

void World::StepCollector() {
  const Mono now = clock_.Now();
  if (now < frozen_until_) return;
  while (collector_->reception->Ready()) {
    const auto incoming = network_.Receive();
    if (!incoming) break;
    collector_->reception->OnFrame(incoming->peer, "memory", incoming->frame,
                                   {.wall = clock_.WallNow(), .mono = now});
  }
  if (!deliveries_.empty()) collector_->core.Take(std::exchange(deliveries_, {}));
  if (collector_->core.Watch()) next_tick_ = now;
  if (now >= next_tick_) {
    next_tick_ = now + 1s;
    collector_->reception->OnTick(now);
    collector_->core.Tick();
  }
}

void World::Run(Duration until) {
  while (clock_.Now() < Mono(until)) {
    clock_.Advance(kStep);
    // A call that does not hang has ended by now, however slow the machine is: this waits for it.
    if (!hang_.hangs()) (void)store_->Streams();
    while (!plan_.empty() && Mono(plan_.begin()->first) <= clock_.Now()) {
      const auto what = std::move(plan_.begin()->second);
      plan_.erase(plan_.begin());
      what();
    }
    for (const auto& agent : agents_) agent->Step(clock_);
    StepCollector();
  }
  for (const Expectation& expectation : expectations_) Check(expectation);
}

std::size_t World::Unacknowledged() const {
  std::size_t records = 0;
  for (const auto& agent : agents_) records += agent->spool ? agent->spool->counts().records : 0;
  return records;
}

void World::Expect(Stretch when, Told what) {
  expectations_.push_back({when, std::move(what)});
}

void World::ExpectNever(Stretch when, Told what) {
  expectations_.push_back({when, std::move(what), true});
}

void World::Check(const Expectation& expectation) const {
  const auto& [when, what, never] = expectation;
  int times = 0;
  std::string book;
  for (const auto& [at, told] : told_) {
    book += "\n  " + FormatSeconds(Seconds(at)) + " " + Name(told.state) + " " + told.rule;
    for (const auto& [name, value] : told.labels) book += " " + name + "=" + value;
    if (at < when.from || at > when.to || told.rule != what.rule || told.state != what.state) continue;
    if (what.labels.empty() || told.labels == what.labels) ++times;
  }
  EXPECT_EQ(times, never ? 0 : 1) << Name(what.state) << " " << what.rule << " between "
                                  << FormatSeconds(Seconds(when.from)) << " and "
                                  << FormatSeconds(Seconds(when.to)) << "; told was:" << book;
}

// ---- what happens at a moment

void World::Moment::Silence(const std::string& node) {
  world_.Plan(at_, [&world = world_, node] { world.AgentOf(node).Stop(); });
}

void World::Moment::Hang(const std::string& node) {
  Silence(node);
  world_.Plan(at_, [&world = world_, node] { world.hung_.insert(node); });
}

void World::Moment::Revive(const std::string& node) {
  world_.Plan(at_, [&world = world_, node] {
    world.hung_.erase(node);
    Agent& agent = world.AgentOf(node);
    agent.next_window = world.clock_.Now() + kWindow;
    agent.Start();
  });
}

void World::Moment::Unplug(const std::string& node, bool unplugged) {
  if (unplugged)
    Silence(node);
  else
    Revive(node);
  world_.Plan(at_, [&world = world_, node, unplugged] {
    unplugged ? (void)world.unplugged_.insert(node) : (void)world.unplugged_.erase(node);
  });
}

void World::Moment::TakeAway(const std::string& node) {
  Silence(node);
  world_.Plan(at_, [&world = world_, node] { world.taken_away_.insert(node); });
}

void World::Moment::StopSampling(const std::string& node) {
  world_.Plan(at_, [&world = world_, node] { world.AgentOf(node).sampling = false; });
}

void World::Moment::Behaves(const std::string& node, const std::string& path, Behaviour behaviour) {
  world_.Plan(at_,
              [&world = world_, node, path, behaviour] { world.AgentOf(node).behaviours[path] = behaviour; });
}

void World::Moment::OomKill(const std::string& node, const std::string& path) {
  world_.Plan(at_, [&world = world_, node, path] {
    Agent& agent = world.AgentOf(node);
    const Wall wall = agent.WallOf(world.clock_);
    wire::OomKill kill = KillIn(path, wall);
    kill.decision = ++world.decisions_;
    agent.Give(wire::Event(std::move(kill)), world.clock_.Now(), wall);
  });
}

void World::Moment::SetClock(const std::string& node, Duration error) {
  world_.Plan(at_, [&world = world_, node, error] { world.AgentOf(node).clock_error = error; });
}

void World::Moment::CutNetwork(bool cut) {
  world_.Plan(at_, [&world = world_, cut] { world.network_.SetUp(!cut); });
}

void World::Moment::FailStore(bool fail) {
  world_.Plan(at_, [&world = world_, fail] { world.store_fails_ = fail; });
}

void World::Moment::RollOut(const std::string& node) {
  world_.Plan(at_, [&world = world_, node] { world.AgentOf(node).ending = true; });
}

void World::Moment::HangStore(bool hang) {
  world_.Plan(at_, [&world = world_, hang] { world.hang_.Set(hang); });
}

void World::Moment::StopCollector() {
  world_.Plan(at_, [&world = world_] {
    world.FinishCollector();
    world.ReplaceCollector();
  });
}

void World::Moment::KillCollector() {
  world_.Plan(at_, [&world = world_] { world.ReplaceCollector(); });
}

void World::Moment::FreezeCollector(Duration how_long) {
  world_.Plan(at_, [&world = world_, until = Mono(at_ + how_long)] { world.frozen_until_ = until; });
}

}  // namespace loadline::test
