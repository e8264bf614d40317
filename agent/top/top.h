// `loadline-agent top`: this machine's cgroups, live in a terminal or as plain text; no collector needed.
#pragma once

#include "agent/source/node_source.h"
#include "agent/top/top_table.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::agent {

struct TopOptions {
  TopColumn sort = TopColumn::kCpu;
  bool reverse = false;
  bool all = false;
  Duration interval = std::chrono::seconds(1);
  int count = 0;          // pictures as plain text, then end; 0: live until `q`
  std::size_t rows = 30;  // of plain text; 0: all
};

// Runs until `q`, the last of `count` pictures, or stop_fd is readable. Live needs a terminal and leaves it
// as it was, also when it fails.
Result<void> RunTop(const TopOptions& options, NodeSource& source, int stop_fd, const Clock& clock);

}  // namespace loadline::agent
