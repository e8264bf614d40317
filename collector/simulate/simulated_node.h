// A node that does not exist: its agent's heartbeats and reports as they arrive at the collector, what the port of its
// kubelet answers, and what the API server hears of it.
//
// Nothing of it is decided ahead of time, so that a repair may end a fault.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "collector/simulate/chance.h"
#include "collector/simulate/fault.h"
#include "collector/simulate/line.h"
#include "collector/verdict/port_record.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

// What comes from an agent.
struct NodeArrival {
  double at = 0;
  std::uint64_t epoch = 0;  // of the agent's start
  std::string boot_id;
  bool greets = false;    // first of a connection
  bool stopping = false;  // it was asked to end
  double window_age = 0;
  std::optional<wire::Record> record;
};

class SimulatedNode {
 public:
  SimulatedNode(std::string name, std::uint64_t seed, double loss, double jitter);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::deque<SimulatedFault>& faults() const { return faults_; }
  // Before time has come to it. Stays where it is.
  SimulatedFault& Suffer(SimulatedFault fault);
  // A repair ends what it can mend: present faults of these kinds are over at `at`.
  void Heal(const std::vector<FaultKind>& kinds, double at);

  // What arrives up to then, in order. Time moves on.
  std::vector<NodeArrival> Arrivals(double until, Wall start);
  // A connection to the kubelet's port then; and whether a request on it is answered in time.
  PortAnswer Connect(double at);
  bool Answers(double at);
  // Whether its agent answers at once when another node asks it; by that one's chance.
  [[nodiscard]] bool AgentAnswersMembers(double at, Chance& chance) const;
  // What a connection to its kubelet's port meets that another node begins then; and whether its own agent asks others and is
  // heard with what it found.
  [[nodiscard]] PortAnswer ConnectFromNeighbour(double at, Chance& chance) const;
  [[nodiscard]] bool AsksNeighbours(double at) const;
  // It can tell the API server that it is well.
  [[nodiscard]] bool HeardByApiServer(double at) const;
  // Its machine does not exist any more.
  [[nodiscard]] bool Deleted(double at) const;

 private:
  [[nodiscard]] const SimulatedFault* Has(FaultKind kind, double at) const;
  [[nodiscard]] bool MachineRuns(double at) const;
  [[nodiscard]] bool ProgramsRun(double at) const;
  [[nodiscard]] bool AgentRuns(double at) const;
  [[nodiscard]] bool HeardByCollector(double at) const;
  // The share of a window that ends then in which tasks waited for memory.
  [[nodiscard]] double Stalled(double at) const;

  // Of the second that begins then: what is sent in it, with when.
  void Send(double at, Wall start);
  bool Connected(double at);
  void Queue(double at, NodeArrival arrival);
  double SentAt(double at);
  void CloseWindow(double at, Wall start);
  void WriteLog(double at, Wall start);
  NodeArrival Arrival() const;
  wire::Record RecordOf(std::variant<wire::Report, wire::Event> body, double at, Wall start);

  const std::string name_;
  Chance chance_;
  SimulatedLine line_;
  const double usual_loss_;
  const double jitter_;
  std::deque<SimulatedFault> faults_;

  double beat_ = 0;    // when the next heartbeat is sent
  double window_ = 0;  // when the next window ends
  double window_closed_ = 0;
  double arrived_ = 0;  // the last: what comes after waits for it
  std::deque<NodeArrival> on_the_way_;

  std::uint64_t epoch_ = 0;
  std::uint64_t sequence_ = 0;
  std::uint64_t boot_ = 1;
  bool named_ = false;  // the machine's cgroup, to the collector
  bool agent_was_there_ = false;
  bool machine_was_there_ = true;
  double unheard_since_ = -1;  // nothing of it could arrive; negative: it can
  double reconnects_at_ = 0;
  double stands_still_until_ = 0;              // a starved agent
  std::vector<const SimulatedFault*> logged_;  // the kernel wrote of them
  std::vector<const SimulatedFault*> mended_;
};

}  // namespace loadline::collector
