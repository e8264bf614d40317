#include "agent/kernel/probe_aggregates.h"

#include <bpf/bpf.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "agent/kernel/decode.h"

namespace loadline::agent {
namespace {

constexpr std::uint32_t kBatch = 512;

// A hash bucket with more entries than a batch ends the round with ENOSPC; what is left is there for the next
// one.
template <typename Aggregate>
Gathered<Aggregate> TakeAll(int map) {
  Gathered<Aggregate> all;
  std::array<std::uint64_t, kBatch> keys;
  std::array<Aggregate, kBatch> values;
  std::uint32_t position = 0;
  for (bool first = true, more = true; more; first = false) {
    std::uint32_t count = kBatch;
    more = bpf_map_lookup_and_delete_batch(map, first ? nullptr : &position, &position, keys.data(),
                                           values.data(), &count, nullptr) == 0;
    if (!more && errno != ENOENT) break;  // ENOENT is the end, and comes with the last entries.
    for (std::uint32_t i = 0; i < count; ++i) all.emplace_back(keys[i], values[i]);
  }
  return all;
}

}  // namespace

template <typename Aggregate>
std::function<Gathered<Aggregate>()> TakingFromMap(int fd) {
  if (fd < 0) return {};
  return [fd] { return TakeAll<Aggregate>(fd); };
}
template std::function<Gathered<throttle_aggregate>()> TakingFromMap(int fd);
template std::function<Gathered<reclaim_aggregate>()> TakingFromMap(int fd);
template std::function<Gathered<exit_aggregate>()> TakingFromMap(int fd);
template std::function<Gathered<run_queue_aggregate>()> TakingFromMap(int fd);

template <typename Aggregate, typename Add>
void ProbeAggregates::Fetch(AggregateMap<Aggregate>& map, const Add& add) {
  if (!map.take) return;
  const auto late = std::exchange(map.late, {});
  for (const auto& [id, aggregate] : late) {
    if (const auto ref = index_.Find(map.hierarchy, id)) {
      add(sums_[*ref], aggregate);
    } else {
      ++unknown_;
    }
  }
  for (const auto& [id, aggregate] : map.take()) {
    if (const auto ref = index_.Find(map.hierarchy, id)) {
      add(sums_[*ref], aggregate);
    } else {
      map.late.emplace_back(id, aggregate);
    }
  }
}

void ProbeAggregates::Merge(std::vector<CgroupCounters>& samples) {
  for (auto& [ref, sum] : sums_) sum.throttle_longest_ns = 0, sum.exits_largest_rss = 0;
  Fetch(throttle, [](ProbeCounters& sum, const throttle_aggregate& more) {
    sum.throttle_episodes += more.episodes;
    sum.throttle_episodes_ns += more.total_ns;
    sum.throttle_longest_ns = std::max<std::uint64_t>(sum.throttle_longest_ns, more.longest_ns);
  });
  Fetch(reclaim, [](ProbeCounters& sum, const reclaim_aggregate& more) {
    sum.reclaim_stalls += more.stalls;
    sum.reclaim_stall_ns += more.stall_ns;
  });
  Fetch(exits, [](ProbeCounters& sum, const exit_aggregate& more) {
    sum.exits += more.exits;
    sum.exits_cpu_ns += more.cpu_ns;
    sum.exits_largest_rss = std::max(sum.exits_largest_rss, PagesToBytes(more.largest_rss_pages));
  });
  Fetch(run_queue, [](ProbeCounters& sum, const run_queue_aggregate& more) {
    sum.run_queue_wait_ns += more.wait_ns;
    sum.counters[wire::Counter::kRunQueueWaits] += more.waits;
  });
  if (!sums_.empty()) AddTo(samples);
}

void ProbeAggregates::AddTo(std::vector<CgroupCounters>& samples) {
  // A sum whose cgroup is no longer sampled is told for the last time: it leaves with this call.
  std::unordered_map<std::uint32_t, ProbeCounters> kept;
  for (CgroupCounters& sample : samples) {
    const auto sum = sums_.find(sample.ref);
    if (sum == sums_.end()) continue;
    sample.probes = sum->second;
    kept.insert(sums_.extract(sum));
  }
  for (const auto& [ref, sum] : sums_) {
    CgroupCounters& gone = samples.emplace_back();
    gone.ref = ref;
    gone.probes = sum;
  }
  sums_ = std::move(kept);
}

}  // namespace loadline::agent
