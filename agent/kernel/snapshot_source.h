// The counters of all cgroups by way of the iterator: the cheapest rung, and the one whose values are exact.
//
// CPU and memory counters are read where the kernel keeps them. Two things are as old as the kernel's last
// fold of its per-CPU parts: the statistics anon .. refaults (about 2 s), and the CPU time of v2 cgroups,
// which is why a pass begins by reading the cpu.stat of the cgroups at the top, each of which folds
// everything below.
//
// A pass over what moves costs a fraction of one over everything, and needs to be sure that the same cgroups are there:
// it becomes one over everything when some came or went since the last, and always where nobody counts that.
#pragma once

#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "agent/kernel/cpu_time_refresh.h"
#include "agent/kernel/kernel_probes.h"
#include "agent/kernel/snapshot_walk.h"
#include "agent/signal/cgroup_counters.h"
#include "agent/signal/cgroup_index.h"

namespace loadline::agent {

class SnapshotSource final : public CounterSource {
 public:
  // `hierarchies` are those to walk. Fails when not one of them can be.
  static Result<std::unique_ptr<SnapshotSource>> Open(std::unique_ptr<SnapshotProgram> program,
                                                      const std::vector<CgroupHierarchy>& hierarchies,
                                                      const CgroupIndex& index, SnapshotWalk::Limits limits);

  Result<void> Sample(std::vector<CgroupCounters>& out, Depth depth) override;
  [[nodiscard]] std::uint64_t failed() const override { return failed_; }

  // Births and deaths of cgroups are counted from now on, by the lifecycle probe.
  void TrustChanges() {
    trusts_changes_ = true;
    lent_to_ = nullptr;
    samples_.clear();
  }

  // Cgroups that the index did not know in two passes running, each once: in the first, the news of a birth may still
  // be on its way.
  [[nodiscard]] std::uint64_t unknown() const { return unknown_; }
  // The next pass is a first one: nobody has read the news of births since the last.
  void ForgetUnknown() { unknown_now_.clear(); }
  [[nodiscard]] std::uint64_t slices() const;
  Duration TakeLongestWalk();

 private:
  // The walk visits the same cgroups in the same order pass after pass, so the place in the walk nearly
  // always gives the cgroup, and its place among the samples, without a search.
  struct Place {
    std::uint64_t id = 0;
    std::uint32_t ref = 0;
    std::uint32_t sample = 0;  // index in samples_, true until samples_ says otherwise
  };
  struct Walk {
    SnapshotWalk walk;
    bool has_cpu_time, has_memory;
    // Whether it tells what no other walk does and what moves: a hierarchy of the cpu controller alone does
    // not, nor does v2 where all its cgroups have their like under v1.
    bool moves;
    std::vector<Place> places = {};
  };

  SnapshotSource(std::unique_ptr<SnapshotProgram> program, const CgroupIndex& index)
      : program_(std::move(program)), index_(index) {}
  Result<void> SampleAll();
  // All are lent and taken back, not copied: on a full node they are hundreds of KiB.
  void Lend(std::vector<CgroupCounters>& out);
  void TakeBack(std::vector<CgroupCounters>& out);
  // False when cgroups came or went since the last pass: then all has to be read. Leaves in moved_ which did.
  Result<bool> SampleMoving();
  void NoteMoved(std::uint32_t sample);
  // The root is always among what moved.
  void MoveRoot(std::uint32_t sample, HierarchyId hierarchy, std::optional<std::uint64_t> machine_cpu_ns);
  // Null when the index does not know the cgroup.
  CgroupCounters* SampleOf(Walk& walk, std::size_t position, std::uint64_t id);
  CgroupCounters& FindSample(Place& place, bool first_walk);
  void FindWhetherUnifiedMoves();
  void NoteUnknown(HierarchyId hierarchy, std::uint64_t id);

  std::unique_ptr<SnapshotProgram> program_;
  const CgroupIndex& index_;
  std::vector<Walk> walks_;
  bool trusts_changes_ = false;
  std::optional<CpuTimeRefresh> refresh_;  // when v2 gives the CPU time
  std::vector<CgroupCounters> samples_;  // of all cgroups, after the last pass; while they are lent, anything
  const std::vector<CgroupCounters>* lent_to_ = nullptr;
  std::size_t lent_ = 0;
  std::vector<std::uint32_t> moved_;  // indices in samples_: what the last pass over what moves changed
  std::vector<bool> has_moved_;       // the same, by index
  std::unordered_map<std::uint32_t, std::uint32_t>
      by_ref_;                   // ref -> index in samples_, filled only when needed
  std::uint32_t in_by_ref_ = 0;  // how many of samples_ are in by_ref_
  // Of the last pass and this one; true: it is counted.
  std::unordered_map<std::uint64_t, bool> unknown_before_, unknown_now_;
  std::uint64_t unknown_ = 0;
  std::uint64_t failed_ = 0;
};

}  // namespace loadline::agent
