// What detectors hand to alerting: conditions that hold now, and happenings that are over as soon as they are
// seen.
//
// alert/ knows neither detect/ nor recommend/: whoever finds something wrong says it in these words.
#pragma once

#include <chrono>
#include <string>

#include "collector/match/labels.h"
#include "collector/snapshot/snapshot.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// A fault that holds as long as its detector goes on saying so. The same rule and labels are the same alert.
struct Condition {
  std::string rule;  // "NodeSilent"
  // What tells one from another: node, namespace, workload, container; never a changing value.
  Labels labels{};
  Severity severity = Severity::kSev3;
  std::string summary{};  // what and where, for a person; may hold values that change
  std::string reason{};   // the rule, what it saw, against which threshold
  std::string graph{};    // the last half hour as a line of text; empty: nothing to draw
  std::string runbook{};  // URL of what to do about it; empty: nobody has written that down
  // How long it must hold before it fires, and how long it must be gone before it is resolved.
  Duration hold = std::chrono::seconds(0);
  Duration keep = std::chrono::seconds(0);
  bool urgent = false;  // skips grouping: tell at once
  bool sure = false;    // need not hold first, however long its rule is configured to wait
  // The one node that it comes from, where no label says so, for it may move: a dead node silences it. Empty:
  // none, or several.
  std::string node{};
  // The node whose agent it rests on, where neither a label nor `node` says so: no node may fill the book.
  std::string told_by{};
  bool own = false;  // of the collector or of a node as such: room in the book is kept for it
};

// A fault that is an instant: an OOM kill. It fires at once, and resolves when nothing like it came for
// `keep`.
struct Happening {
  Condition what;
  Wall at{};
};

}  // namespace loadline::collector
