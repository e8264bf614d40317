// Agents, a network and a collector in one process, on a clock that the test moves: everything of the
// delivery of records but threads and sockets is the real thing. Time passes in steps of 10 ms.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "agent/uplink/session.h"
#include "agent/uplink/spool.h"
#include "collector/ingest/reception.h"
#include "schemas/base/clock.h"
#include "tests/support/fake_network.h"
#include "tests/support/temporary_folder.h"

namespace loadline::test {

class DeliveryWorld final : public collector::Replies,
                            public collector::Deliveries,
                            public collector::TokenVerifier {
 public:
  struct Options {
    int agents = 1;
    agent::SpoolOptions spool;  // its directory is set when `on_disk`
    bool on_disk = false;       // the agents' spools survive their agents
    Duration report_every = std::chrono::milliseconds(100);
    Duration event_every = std::chrono::milliseconds(700);
    Duration commit_every = std::chrono::milliseconds(50);
    std::uint32_t seed = 1;
  };
  explicit DeliveryWorld(Options options);

  void Run(Duration time);
  // Runs without new records until nothing is on its way any more; false when that does not come about.
  [[nodiscard]] bool Settle();

  void KillCollector();  // what it has not committed is gone
  void StartCollector();
  void ForgetEverything() { stored_.clear(); }  // the store is lost; kill the collector first
  void KillAgent(int agent);                    // what is not in its directory is gone
  void StartAgent(int agent);
  void CutNetwork() { network_.SetUp(false); }
  void RestoreNetwork() { network_.SetUp(true); }
  void BreakConnections() { network_.CutAll(); }
  void StopCommitting(bool stop) { committing_ = !stop; }

  // ---- the books ----
  [[nodiscard]] std::uint64_t given() const;   // records handed over
  [[nodiscard]] std::uint64_t stored() const;  // distinct records in the store
  [[nodiscard]] std::uint64_t stored_twice() const { return stored_twice_; }
  [[nodiscard]] agent::DropCounts dropped() const;  // counted by the agents' spools, over all lives
  [[nodiscard]] agent::DropCounts said_dropped()
      const;                                    // told in the reports that are stored, and not yet told
  [[nodiscard]] std::uint64_t missing() const;  // counted by the collectors, over all lives
  [[nodiscard]] const collector::Reception& reception() const { return *reception_; }
  [[nodiscard]] const agent::Session& session(int agent) const { return *agents_[agent].session; }

 private:
  struct Agent {
    std::string node;
    TemporaryFolder folder;
    std::unique_ptr<agent::Transport> transport;
    std::optional<agent::Spool> spool;
    std::optional<agent::Session> session;
    std::uint64_t epoch = 0;
    std::uint64_t last_sequence = 0;
    Mono next_report{};
    Mono next_event{};
    std::uint64_t given = 0;
    agent::DropCounts dropped_before;  // in earlier lives
    agent::DropCounts unsaid_before;   // dropped in earlier lives and never told
  };

  bool Send(const collector::PeerId& peer, const wire::Message& message) override;
  [[nodiscard]] bool HasRoom() const override { return deliveries_.size() < 64; }
  void Deliver(collector::Delivery delivery) override { deliveries_.push_back(std::move(delivery)); }
  [[nodiscard]] Result<std::string> Verify(std::string_view, std::string_view claimed,
                                           std::string_view) override {
    return std::string(claimed);
  }

  void Step();
  void StepAgent(Agent& agent, bool with_new_records);
  void StepCollector();
  void Commit();
  void Give(Agent& agent, std::variant<wire::Report, wire::Event> body, agent::DropCounts said);

  Options options_;
  ManualClock clock_;
  FakeNetwork network_;
  std::vector<Agent> agents_;
  bool with_new_records_ = true;

  std::optional<collector::Reception> reception_;
  std::deque<collector::Delivery> deliveries_;
  Mono next_commit_{};
  Mono next_tick_{};
  bool committing_ = true;
  std::uint64_t missing_before_ = 0;

  struct Stored {
    std::uint64_t last_sequence = 0;
    std::map<std::uint64_t, wire::Record> records;
  };
  std::map<std::pair<std::string, std::uint64_t>, Stored> stored_;  // survives the collector
  std::uint64_t stored_twice_ = 0;
};

}  // namespace loadline::test
