// What probes gather per cgroup between two samples, fetched from their maps and kept as running sums.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "agent/signal/cgroup_counters.h"
#include "agent/signal/cgroup_index.h"
#include "bpf/events.h"

namespace loadline::agent {

// What a probe has gathered by cgroup id. Taking empties it.
template <typename Aggregate>
using Gathered = std::vector<std::pair<std::uint64_t, Aggregate>>;

// Takes all that is in the map with this fd; of no map (-1: the probe is off, or gathers nothing) nothing.
template <typename Aggregate>
std::function<Gathered<Aggregate>()> TakingFromMap(int fd);

// The sums of one probe.
template <typename Aggregate>
struct AggregateMap {
  std::function<Gathered<Aggregate>()> take = {};  // empty: nothing is gathered
  HierarchyId hierarchy = 0;                       // whose cgroup ids are its keys

  // What was fetched last time for cgroups without a name: the news of their birth may still have been on its
  // way. They are tried once more.
  Gathered<Aggregate> late = {};
};

class ProbeAggregates {
 public:
  explicit ProbeAggregates(const CgroupIndex& index) : index_(index) {}

  AggregateMap<throttle_aggregate> throttle;
  AggregateMap<reclaim_aggregate> reclaim;
  AggregateMap<exit_aggregate> exits;
  AggregateMap<run_queue_aggregate> run_queue;

  // Empties the maps and adds the sums to the samples of the cgroups. A cgroup that is not among them,
  // because it lived too briefly, gets a sample of its own, once.
  void Merge(std::vector<CgroupCounters>& samples);

  // Aggregates of cgroups that the index did not come to know.
  [[nodiscard]] std::uint64_t unknown() const { return unknown_; }

 private:
  template <typename Aggregate, typename Add>
  void Fetch(AggregateMap<Aggregate>& map, const Add& add);
  void AddTo(std::vector<CgroupCounters>& samples);

  const CgroupIndex& index_;
  std::unordered_map<std::uint32_t, ProbeCounters> sums_;  // by ref, of the cgroups that are sampled
  std::uint64_t unknown_ = 0;
};

}  // namespace loadline::agent
