// Scripted containers that show what recorded usage cannot: throttling, kills, leaks, starts.
//
// Each scenario is a generator: it plays a container minute by minute against an algorithm whose answers are
// applied at once, and says in plain figures what came of it. Limits act: usage is cut at the CPU limit and
// throttling counted, memory beyond its limit is a kill.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/recommend/algorithm.h"

namespace loadline::collector {

// One line of what a scenario found: "applies", 2, "".
struct Finding {
  std::string what;  // "time_to_serve"
  double value = 0;
  std::string unit;  // "s", "m", "MiB", "%", "" for counts
};

struct ScenarioResult {
  std::string scenario;
  std::string algorithm;
  std::vector<Finding> findings;
  std::string excuse;  // of a life: why ours is worse than the better peer; empty: it is not

  // The finding of that name; NaN when there is none.
  [[nodiscard]] double Of(std::string_view what) const;
};

// "throttled-10x", "office-hours", ... and the lives (life.h), in the order they are printed.
std::vector<std::string> ScenarioNames();

// The algorithms that are compared in it unless others are asked for: in a life the peers with ours.
std::vector<std::string> ComparedIn(std::string_view scenario);

// Fails on an unknown name, naming those that exist.
// The knob is that of lives alone.
Result<ScenarioResult> PlayScenario(std::string_view name, const Algorithm& algorithm,
                                    double knob = Context{}.knob);

}  // namespace loadline::collector
