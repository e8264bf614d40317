// How the repair of nodes goes, as it is shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "schemas/base/clock.h"

namespace loadline::collector {

// A node that something is done about, or would be.
struct RepairView {
  std::string id;  // of its last step: what approves or refuses it; empty: nothing was begun yet
  std::string node;
  std::string pool;
  std::string zone;
  std::string mode;     // of its pool: "dry-run", "ask", "auto" ...
  std::string trouble;  // "disk read-only": what it was begun for
  std::string step;     // the last one: "drain"; empty: none yet
  std::string state;    // of that step: "asked", "ordered", "done" ...; "waiting": nothing was begun yet
  std::string reason;   // why the step is made; a sentence
  std::string detail;   // how it ended, or who decided
  std::string held_by;  // what holds the next step back, in a word: "storm"; empty: nothing
  std::string held;     // the same in a sentence
  bool told = false;    // a person is to see to it: nothing more is done
  Wall since{};         // it is in this state
  std::optional<Wall> opened;
  std::optional<Wall> closed;
};

// Steps since the collector started, by how they ended.
struct RepairCount {
  std::string step;
  std::string mode;
  std::string
      outcome;  // "ordered", "asked", "done", "failed", "unclear", "refused", "not begun"; of a dry run "said"
  std::uint64_t count = 0;
};

struct RepairsView {
  bool enabled = false;
  bool storm = false;               // too many nodes fell ill at once: nothing is begun
  std::vector<RepairView> repairs;  // open ones first, then those closed in the last day; newest first
  std::vector<RepairCount> steps;
  std::string
      stand_by;  // why this collector does not repair now: "another collector, ..., repairs here"; empty: it does
};

}  // namespace loadline::collector
