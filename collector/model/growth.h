// Whose memory grew on a node in the minutes before an instant.
#pragma once

#include <string>
#include <vector>

#include "collector/model/model.h"

namespace loadline::collector {

struct MemoryGrowth {
  std::string workload_id;
  std::string container;
  std::string path;  // of the cgroup
  Bytes from = 0;    // the least within the span; 0 when it began within it
  Bytes to = 0;
  Wall since{};
  [[nodiscard]] Bytes grown() const { return to - from; }
};

// Containers of this node that used memory within `span` before `at`, what has grown most first. Also those
// that are gone since; none that holds another of them.
std::vector<MemoryGrowth> MemoryGrowthOn(const Model& model, std::string_view node, Wall at, Duration span);

}  // namespace loadline::collector
