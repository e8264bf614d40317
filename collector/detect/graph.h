// A container's last half hour in a line of text: for messages, where no chart can be drawn.
#pragma once

#include <string>

#include "collector/snapshot/usage_history.h"

namespace loadline::collector {

// "▁▂▂▅█ up to 512 MiB in 25 min": the largest of each of at most `columns` equal stretches, on a scale from
// zero. Empty with fewer than three points.
std::string CpuGraph(const UsageHistory& history, std::size_t columns = 20);
std::string MemoryGraph(const UsageHistory& history, std::size_t columns = 20);
std::string ThrottlingGraph(const UsageHistory& history, std::size_t columns = 20);

}  // namespace loadline::collector
