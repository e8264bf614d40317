// A cluster that is simulated, and what befalls it: read from YAML.
//
//   pools:
//     - {name: web, nodes: 20, zones: 3}
//   last: 10m
//   line: {loss: 0.01, jitter: 50ms}
//   repair: {mode: auto}
//   faults:
//     - {kind: kernel_hung, at: 3m, lasts: 4m, node: web-3}
//     - {kind: cable_cut, at: 5m, zone: zone-1}
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "collector/repair/repairer.h"
#include "collector/simulate/fault.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// Nodes web-0, web-1 ..., in turn in the zones zone-1, zone-2 ... ; without zones nobody knows where they stand.
struct PoolPlan {
  std::string name;
  std::size_t nodes = 0;
  std::size_t zones = 0;
};

// One of these says whom it befalls; without any of them it is one node.
struct FaultTargets {
  std::string node;       // by name
  std::string pool;       // all of them
  std::string zone;       // all of them
  double share = 0;       // of all nodes, drawn
  std::size_t nodes = 1;  // so many, drawn
};

struct FaultPlan {
  FaultKind kind{};
  double at = 0;
  double lasts = kNever;
  FaultTargets targets;
  double loss = 0.2;  // of line_lossy
  double late = 0.7;  // of agent_starved, seconds
  double by = 3600;   // of collector_clock_set, seconds
};

struct FaultScenario {
  std::string name;  // of the file, in errors and reports
  std::vector<PoolPlan> pools;
  double last = 600;     // seconds
  double loss = 0;       // of packets, each way
  double jitter = 0;     // seconds by which a heartbeat is late at most
  RepairOptions repair;  // in dry run unless it says so
  bool unanswered_is_gone = false;
  bool ask_leases = false;
  bool ask_neighbours = true;
  std::vector<FaultPlan> faults;
};

// Fails with file, line and key: "x.yaml: line 7: fault: kind: there is no 'node_dead'; ...".
Result<FaultScenario> ParseFaultScenario(const std::string& yaml, const std::string& name);
Result<FaultScenario> ReadFaultScenario(const std::string& path);

// Those that come with the program (collector/simulate/scenarios): each is one kind of fault, in a cluster of two pools.
struct BuiltInScenario {
  std::string name;
  std::string yaml;  // its first line is a comment that says what it is
};
const std::vector<BuiltInScenario>& BuiltInScenarios();
// Null: there is none of that name.
const BuiltInScenario* FindBuiltInScenario(const std::string& name);

}  // namespace loadline::collector
