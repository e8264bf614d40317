#include "agent/kernel/shared_maps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <numeric>
#include <optional>
#include <vector>

#include "bpf/events.h"

namespace loadline::agent {
namespace {

seen_part PartOf(const std::vector<CgroupHierarchy>& hierarchies) {
  seen_part part{};
  for (const CgroupHierarchy& hierarchy : hierarchies) {
    if (hierarchy.id >= HIERARCHIES_MAX || hierarchy.top == 0) continue;
    part.top[hierarchy.id] = hierarchy.top;
    part.is_part = 1;
  }
  return part;
}

// Mappings are whole pages.
std::size_t LossBytes() {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return (LOSSES * sizeof(std::uint64_t) + page - 1) / page * page;
}

// Nothing when it cannot be read.
std::optional<std::uint64_t> SumOverCpus(int map, std::uint32_t key) {
  std::vector<std::uint64_t> per_cpu(static_cast<std::size_t>(libbpf_num_possible_cpus()));
  if (bpf_map_lookup_elem(map, &key, per_cpu.data()) != 0) return std::nullopt;
  return std::accumulate(per_cpu.begin(), per_cpu.end(), std::uint64_t{0});
}

}  // namespace

Result<SharedMaps> SharedMaps::Create(std::size_t ring_bytes,
                                      const std::vector<CgroupHierarchy>& hierarchies) {
  Fd events(
      bpf_map_create(BPF_MAP_TYPE_RINGBUF, "events", 0, 0, static_cast<std::uint32_t>(ring_bytes), nullptr));
  if (!events.valid()) return SystemFailure("making the ring of events", errno);
  LIBBPF_OPTS(bpf_map_create_opts, mapped, .map_flags = BPF_F_MMAPABLE);
  Fd losses(bpf_map_create(BPF_MAP_TYPE_ARRAY, "losses", sizeof(std::uint32_t), sizeof(std::uint64_t), LOSSES,
                           &mapped));
  if (!losses.valid()) return SystemFailure("making the counters of losses", errno);
  void* const counts = ::mmap(nullptr, LossBytes(), PROT_READ, MAP_SHARED, losses.get(), 0);
  if (counts == MAP_FAILED) return SystemFailure("mapping the counters of losses", errno);
  std::shared_ptr<std::uint64_t> lost(static_cast<std::uint64_t*>(counts),
                                      [](std::uint64_t* counters) { ::munmap(counters, LossBytes()); });
  Fd seen(
      bpf_map_create(BPF_MAP_TYPE_ARRAY, "seen_part", sizeof(std::uint32_t), sizeof(seen_part), 1, nullptr));
  const std::uint32_t only = 0;
  const seen_part part = PartOf(hierarchies);
  if (!seen.valid() || bpf_map_update_elem(seen.get(), &only, &part, BPF_ANY) != 0)
    return SystemFailure("making the map of what is seen", errno);
  Fd changes(bpf_map_create(BPF_MAP_TYPE_ARRAY, "changes", sizeof(std::uint32_t), sizeof(std::uint64_t),
                            HIERARCHIES_MAX, nullptr));
  if (!changes.valid()) return SystemFailure("making the counters of births and deaths", errno);
  Fd own_time(bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "own_time", sizeof(std::uint32_t),
                             sizeof(std::uint64_t), 1, nullptr));
  if (!own_time.valid()) return SystemFailure("making the sum of the probes' time", errno);
  return SharedMaps(std::move(events), std::move(losses), std::move(lost), std::move(seen),
                    std::move(changes), std::move(own_time));
}

std::uint64_t SharedMaps::Lost(std::uint32_t kind) const {
  return std::atomic_ref(lost_.get()[kind]).load(std::memory_order_relaxed);
}

Duration SharedMaps::OwnTime() const {
  return Duration(static_cast<Duration::rep>(SumOverCpus(own_time_.get(), 0).value_or(0)));
}

bool SharedMaps::Readable() const {
  return SumOverCpus(own_time_.get(), 0).has_value();
}

}  // namespace loadline::agent
