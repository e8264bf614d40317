// One pass of the cgroup iterator over one hierarchy.
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

// The loaded iterator program with its mapped array. Tests give one that has no kernel behind it.
class SnapshotProgram {
 public:
  virtual ~SnapshotProgram() = default;

  // Walks everything below this directory.
  [[nodiscard]] virtual Result<std::unique_ptr<SnapshotLink>> Attach(int cgroup_fd, Depth depth) = 0;

  // Order to, and answer from, the next slice; and what it has read.
  [[nodiscard]] virtual slice_control& control() = 0;
  [[nodiscard]] virtual const cgroup_record* records() const = 0;
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

  static Result<SnapshotWalk> Open(SnapshotProgram& program, const CgroupHierarchy& hierarchy, Limits limits);

  // An error means that this pass is incomplete.
  Result<void> Pass(Depth depth, const OnRecords& on_records);

  [[nodiscard]] HierarchyId hierarchy() const { return hierarchy_; }
  // The longest time a slice held the mutex since the last call, as the program saw it.
  Duration TakeLongestSlice() { return std::exchange(longest_slice_, {}); }
  [[nodiscard]] std::uint64_t slices() const { return slices_; }

 private:
  SnapshotWalk(SnapshotProgram& program, HierarchyId hierarchy, Limits limits)
      : program_(&program), hierarchy_(hierarchy), limits_(limits) {}
  Result<void> RunSlice(Depth depth, std::uint64_t resume_after);

  SnapshotProgram* program_;
  HierarchyId hierarchy_;
  Limits limits_;
  std::unique_ptr<SnapshotLink> all_, moving_;
  Duration longest_slice_{};
  std::uint64_t slices_ = 0;
};

}  // namespace loadline::agent
