#include "tests/bench/load/fleet.h"

#include <deque>
#include <thread>

#include "agent/uplink/session.h"
#include "agent/uplink/spool.h"
#include "agent/uplink/transport.h"
#include "schemas/wire/encode.h"
#include "tests/bench/load/synthetic_node.h"

namespace loadline::bench {
namespace {

constexpr Duration kTurn = std::chrono::milliseconds(20);

struct LoadAgent {
  LoadAgent(std::uint32_t number, const FleetOptions& options,
            std::unique_ptr<agent::Transport> its_transport, std::uint64_t its_epoch)
      : node(number, options.containers),
        transport(std::move(its_transport)),
        epoch(its_epoch),
        session(
            {},
            {.node = node.name(),
             .boot_id = "load-" + node.name(),
             .epoch = epoch,
             .agent_version = "load",
             .kernel_version = "none",
             .capacity = {.cpu = 32'000, .memory = 128 * kGiB}},
            [token = options.token] { return token; }, spool, *transport) {}

  SyntheticNode node;
  agent::Spool spool = *agent::Spool::Open({.memory_bytes = 1 << 20});
  std::unique_ptr<agent::Transport> transport;
  std::uint64_t epoch;
  std::uint64_t last_sequence = 0;
  Mono next_window{};
  agent::Session session;
};

class ThreadlessFleet final : public Fleet {
 public:
  explicit ThreadlessFleet(const FleetOptions& options) : options_(options) {}

  [[nodiscard]] Result<void> Connect() {
    const auto context = agent::NewZmqContext(/*io_threads=*/1, options_.agents + 1);
    const auto epoch = static_cast<std::uint64_t>(clock_.WallNow().time_since_epoch().count());
    const Mono start = clock_.Now();
    for (int i = 0; i < options_.agents; ++i) {
      auto transport = agent::ConnectZmq({.endpoint = options_.endpoint,
                                          .collector_key = options_.collector_key,
                                          .key_file = options_.key_file,
                                          .context = context});
      if (!transport) return Failure(transport.error());
      agents_.emplace_back(static_cast<std::uint32_t>(i), options_, *std::move(transport), epoch);
      agents_.back().next_window = start + options_.window * (i + 1) / options_.agents;
    }
    return {};
  }

  void RunUntil(Mono end) override {
    for (Mono now = clock_.Now(); now < end; now = clock_.Now()) {
      for (LoadAgent& agent : agents_) Step(agent);
      std::this_thread::sleep_until(now + kTurn);
    }
  }

  [[nodiscard]] Counts counts() const override {
    Counts counts{.windows = windows_};
    for (const LoadAgent& agent : agents_) {
      const auto& session = agent.session.counts();
      const auto& spool = agent.spool.counts();
      counts.connected += session.connected;
      counts.sent_bytes += session.sent_bytes;
      counts.acknowledged_records += session.acknowledged_records;
      counts.spooled_records += spool.records;
      counts.dropped_records += spool.dropped.reports + spool.dropped.events;
    }
    return counts;
  }

 private:
  void Step(LoadAgent& agent) {
    const Mono now = clock_.Now();
    if (now >= agent.next_window) {
      agent.next_window += options_.window;
      wire::Record record{.epoch = agent.epoch,
                          .sequence = ++agent.last_sequence,
                          .body = agent.node.Window(clock_.WallNow(), options_.window)};
      agent.session.Add({.key = {agent.epoch, record.sequence}, .frame = *wire::Encode(record)}, now);
      ++windows_;
    }
    agent.session.Step(now, clock_.WallNow());
  }

  const FleetOptions options_;
  SystemClock clock_;
  std::deque<LoadAgent> agents_;  // they never move
  std::uint64_t windows_ = 0;
};

}  // namespace

Result<std::unique_ptr<Fleet>> Fleet::Start(const FleetOptions& options) {
  auto fleet = std::make_unique<ThreadlessFleet>(options);
  if (auto connected = fleet->Connect(); !connected) return Failure(connected.error());
  return fleet;
}

}  // namespace loadline::bench
