// How long the model remembers, and how much one node and all together may have in it. The table `model` of the
// configuration is this.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "collector/usage/kept_samples.h"
#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::collector {

struct ModelOptions {
  Duration forget_after = std::chrono::hours(24 * 8);
  std::int64_t max_containers = 200'000;
  std::size_t max_name_bytes = 256 * kMiB;
  // Of one node. A large one has 250 pods, some hundred units, and no path above 400 bytes.
  std::int64_t node_containers = 10'000;
  std::int64_t node_cgroups = 20'000;
  std::size_t node_name_bytes = 8 * kMiB;
  // A source that speaks for all nodes, as metrics.k8s.io does: only the bounds of all hold for it.
  std::string speaks_for_all{};
  // What the algorithms in use rank, kept of every container.
  std::vector<SampleNeed> samples{};

  // Whether the bounds of one node hold for it, and its word is that of one node alone.
  [[nodiscard]] bool Bounds(std::string_view node) const { return node != speaks_for_all; }
  // When something was that a node tells of. Its clock may be wrong: ahead of ours it is certainly, and far
  // behind it is not believed either.
  [[nodiscard]] Wall Believed(std::int64_t node_time_ns, Wall received) const {
    const Wall at{Duration(node_time_ns)};
    return at > received || at < received - forget_after ? received : at;
  }
};

}  // namespace loadline::collector
