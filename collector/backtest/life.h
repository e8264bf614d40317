// A workload lived from its first day: pods come and go, are killed and scaled, and what an algorithm says is applied
// to them as in a cluster. How is in docs/recommendations.md ("Lives").
//
// Virtual time, in minutes. Requests come to the pods as follows:
//   loadline, vpa   a pod that begins has the target; a running one is resized in place by the rules of upstream's
//                   updater: out of bounds, killed within ten minutes, or after twelve hours a tenth off. Limits keep
//                   the template's proportion.
//   krr             a person puts it into the template once a week and with each new version, for all pods. The memory
//                   limit is the request, and CPU has none. What a horizontal autoscaler works on is left alone, as KRR
//                   does unless it is told otherwise.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/backtest/simulated_container.h"
#include "collector/recommend/algorithm.h"

namespace loadline::collector {

// When and where a container is asked what it wants.
struct LifeMoment {
  Duration at{};     // since the life began, a Thursday at midnight
  Duration up{};     // since the container started, or was restarted after a kill
  int place = 0;     // its pod's, from 0: the leader, the second node
  int version = 1;   // its pod's
  int running = 1;   // pods of the workload
  double limit = 0;  // memory it may hold, in bytes; infinity where there is none
};
using LifeDemand = std::function<SimulatedContainer::Demand(const LifeMoment&)>;

struct LifeContainer {
  Amounts request{};  // in the workload's template
  Amounts limit{};    // 0: none
  LifeDemand demand;
  Bytes max_heap = 0;  // what its command line says of it
  Duration from{};     // it is in pods that begin then or later
};

// A horizontal autoscaler on the first container.
struct LifeScaling {
  Resource resource = Resource::kCpu;
  double target = 0.8;  // of the request
  int least = 1;        // so many, too, until it is there
  int most = 10;
  Duration from{};
};

// What somebody writes into the template of the first container.
struct LifeEdit {
  Duration at{};
  Amounts request{};
  Amounts limit{};
};

struct Life {
  std::string name;
  int days = 28;
  std::vector<LifeContainer> containers;
  int places = 1;  // pods at once, at most
  // Of the pod that is to run in that place, 0: none. A pod of another version takes the place of the one before.
  // Not told: version 1, always.
  std::function<int(Duration at, int place)> version{};
  std::optional<LifeScaling> scaling{};
  bool is_cron_job = false;  // remembered for longer by who knows what that is
  std::vector<LifeEdit> edits{};
  // Its pods begin anew under another name, with what the template has by then, and nothing is known of them.
  std::optional<Duration> moved_at{};
  // Of a DaemonSet: the class of the node.
  std::function<std::string(int place)> node_class{};
  // Why `loadline` is worse in it (IsWorse). Empty: it is not.
  std::string excuse{};
};

struct LifeFigures {
  int kills = 0;
  double minutes_short = 0;  // of CPU: a container's minutes with more demand than request
  double memory_slack = 0;   // the share of what was requested, over all minutes, that was not used
  double cpu_slack = 0;
  Amounts last_request{};    // of what lived last
  double changes_a_day = 0;  // of a running pod: moves of a request by more than a tenth
};

// With that knob, from thrifty (0) to safe (1), where the algorithm has one.
LifeFigures LiveThrough(const Life& life, const Algorithm& algorithm, double knob = Context{}.knob);

// All of them, in the order they are printed.
const std::vector<Life>& Lives();
// One of these, or a random one: `random-SEED` (random_life.h).
std::optional<Life> FindLife(std::string_view name);

// `ours` has more kills or short minutes than the better of the peers.
bool IsRiskier(const LifeFigures& ours, const LifeFigures& vpa, const LifeFigures& krr);
// Or more slack than `vpa`, by half a percent of what is requested.
bool IsWorse(const LifeFigures& ours, const LifeFigures& vpa, const LifeFigures& krr);

}  // namespace loadline::collector
