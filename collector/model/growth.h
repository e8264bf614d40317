// Whose memory grew on a node in the minutes before an instant.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
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
  bool awaits_name = false;  // a pod's container that is known by its cgroup alone so far
  [[nodiscard]] Bytes grown() const { return to - from; }
};

struct GrowthQuery {
  Wall at;                      // the minutes before this instant count
  Duration span;                // so many of them
  std::string_view within{};    // a cgroup's path: it and what is below it; empty: the whole node
  std::size_t most = SIZE_MAX;  // so many of those that have grown most
};

// Containers of this node that used memory within the span, what has grown most first. Also those that are
// gone since; none that holds another of them. It costs as much as there are cgroups within the path.
std::vector<MemoryGrowth> MemoryGrowthOn(const Model& model, std::string_view node, const GrowthQuery& query);

}  // namespace loadline::collector
