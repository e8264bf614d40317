// Passes of the cgroup iterator over one hierarchy: a walk over everything, which keeps where it found the numbers of
// each cgroup, and passes over what moves, which look there.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <utility>

#include "agent/kernel/kernel_btf.h"
#include "agent/kernel/shared_maps.h"
#include "agent/signal/cgroup_counters.h"
#include "agent/signal/cgroup_hierarchy.h"
#include "bpf/events.h"
#include "schemas/base/clock.h"
#include "schemas/base/fd.h"
#include "schemas/base/result.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

// The program attached to one cgroup, to read to one depth.
class SnapshotLink {
 public:
  virtual ~SnapshotLink() = default;

  // Runs one slice, as the program's control says, and does not return before it has ended.
  virtual Result<void> Run() = 0;
};

// The loaded iterator programs with their mapped arrays. Tests give one that has no kernel behind it.
class SnapshotProgram {
 public:
  virtual ~SnapshotProgram() = default;

  // To everything below this directory.
  [[nodiscard]] virtual Result<std::unique_ptr<SnapshotLink>> Attach(int cgroup_fd, Depth depth) = 0;

  // Order to, and answer from, the next slice; and what it has read.
  [[nodiscard]] virtual slice_control& control() = 0;
  [[nodiscard]] virtual const cgroup_record* records() const = 0;
  [[nodiscard]] virtual const moved_record* moved() const = 0;
};

struct LoadedSnapshot {
  std::unique_ptr<SnapshotProgram> program;  // null when no form runs
  wire::SignalRung rung;
};
LoadedSnapshot LoadSnapshot(const KernelBtf& btf, const SharedMaps& shared, wire::Rung ceiling);

class SnapshotWalk {
 public:
  struct Limits {
    Duration slice{};               // how long one slice may hold cgroup_mutex
    std::uint32_t max_records = 0;  // in one slice; 0: as many as the array holds
  };
  // Called after each slice with what it read, in walking order: parents before their children.
  using OnRecords = std::function<void(std::span<const cgroup_record>)>;
  // Called after each slice, with each cgroup that moved: its position in the walk, and what it has now.
  using OnMoved = std::function<void(std::uint32_t position, const moved_record&)>;

  static Result<SnapshotWalk> Open(SnapshotProgram& program, const CgroupHierarchy& hierarchy, Limits limits);

  // Visits every cgroup. An error means that this pass is incomplete. `first_place`: how many cgroups the walks of
  // other hierarchies have visited before, in the same pass over everything.
  Result<void> Pass(std::uint32_t first_place, const OnRecords& on_records);

  // What has moved since the last pass or the last call. False when cgroups came or went since the last pass, or when
  // there are too many to keep where they are: then only a pass tells. Births and deaths have to be counted by the
  // lifecycle probe.
  Result<bool> Moved(const OnMoved& on_moved);

  [[nodiscard]] HierarchyId hierarchy() const { return hierarchy_; }
  // The longest time a slice held the mutex since the last call, as the program saw it.
  Duration TakeLongestSlice() { return std::exchange(longest_slice_, {}); }
  [[nodiscard]] std::uint64_t slices() const { return slices_; }

 private:
  SnapshotWalk(SnapshotProgram& program, HierarchyId hierarchy, Limits limits)
      : program_(&program), hierarchy_(hierarchy), limits_(limits) {}
  Result<void> RunSlice(Depth depth);
  Result<void> RunWalkSlice(std::uint64_t resume_after, std::uint32_t place);

  SnapshotProgram* program_;
  HierarchyId hierarchy_;
  Limits limits_;
  std::unique_ptr<SnapshotLink> all_, moving_;
  // Of the last pass: the places that it kept, and the births and deaths before it.
  bool keeps_ = false;
  std::uint32_t first_place_ = 0, end_place_ = 0;
  std::uint64_t changes_ = 0;
  Duration longest_slice_{};
  std::uint64_t slices_ = 0;
};

}  // namespace loadline::agent
