#include "agent/kernel/shared_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include <cerrno>
#include <numeric>
#include <vector>

#include "bpf/events.h"

namespace loadline::agent {

Result<SharedMaps> SharedMaps::Create(std::size_t ring_bytes) {
  Fd events(
      bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, static_cast<std::uint32_t>(ring_bytes), nullptr));
  if (!events.valid()) return SystemFailure("making the ring of events", errno);
  Fd losses(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "losses", sizeof(std::uint32_t), sizeof(std::uint64_t),
                           LOSSES, nullptr));
  if (!losses.valid()) return SystemFailure("making the counters of losses", errno);
  return SharedMaps(std::move(events), std::move(losses));
}

std::uint64_t SharedMaps::Lost(std::uint32_t kind) const {
  std::vector<std::uint64_t> per_cpu(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  if (bpf_map_lookup_elem(losses_.get(), &kind, per_cpu.data()) != 0) return 0;
  return std::accumulate(per_cpu.begin(), per_cpu.end(), std::uint64_t{0});
}

bool SharedMaps::Readable() const {
  const std::uint32_t first = 0;
  std::vector<std::uint64_t> per_cpu(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  return bpf_map_lookup_elem(losses_.get(), &first, per_cpu.data()) == 0;
}

}  // namespace loadline::agent
