// What probes gather per cgroup between two samples, fetched from their maps and kept as running sums.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "agent/signal/cgroup_counters.h"
#include "agent/signal/cgroup_index.h"

namespace loadline::agent {

// The map of one probe. fd -1: the probe is off, or gathers nothing.
struct AggregateMap {
  int fd = -1;
  HierarchyId hierarchy = 0;  // whose cgroup ids are its keys
};

class ProbeAggregates {
 public:
  explicit ProbeAggregates(const CgroupIndex& index) : index_(index) {}

  AggregateMap throttle;
  AggregateMap reclaim;
  AggregateMap exits;
  AggregateMap run_queue;

  // Empties the maps and adds the sums to the samples of the cgroups. A cgroup that is not among them,
  // because it lived too briefly, gets a sample of its own, once.
  void Merge(std::vector<CgroupCounters>& samples);

  // Aggregates of cgroups that the index does not know.
  [[nodiscard]] std::uint64_t unknown() const { return unknown_; }

 private:
  template <typename Aggregate, typename Add>
  void Fetch(const AggregateMap& map, const Add& add);

  const CgroupIndex& index_;
  std::unordered_map<std::uint32_t, ProbeCounters> sums_;  // by ref, of the cgroups that are sampled
  std::uint64_t unknown_ = 0;
};

}  // namespace loadline::agent
