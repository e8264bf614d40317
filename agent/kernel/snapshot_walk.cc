#include "agent/kernel/snapshot_walk.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

namespace loadline::agent {

Result<SnapshotWalk> SnapshotWalk::Open(SnapshotProgram& program, const CgroupHierarchy& hierarchy,
                                        Limits limits) {
  const Fd root(open(hierarchy.mount.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root.valid()) return SystemFailure("opening " + hierarchy.mount, errno);
  limits.max_records =
      std::min<std::uint32_t>(limits.max_records == 0 ? SLICE_RECORDS : limits.max_records, SLICE_RECORDS);
  SnapshotWalk walk(program, hierarchy.id, limits);
  for (const Depth depth : {Depth::kAll, Depth::kMoving}) {
    auto link = program.Attach(root.get(), depth);
    if (!link) return Failure(link.error().In(hierarchy.mount));
    (depth == Depth::kAll ? walk.all_ : walk.moving_) = std::move(*link);
  }
  return walk;
}

Result<void> SnapshotWalk::RunSlice(Depth depth) {
  slice_control& control = program_->control();
  control.unified = hierarchy_ == 0 ? 1 : 0;
  control.hierarchy = hierarchy_;
  control.budget_ns = static_cast<std::uint64_t>(limits_.slice.count());
  control.max_records = limits_.max_records;
  control.started_ns = control.held_ns = 0;
  control.records = control.stopped = 0;

  if (auto ran = (depth == Depth::kAll ? all_ : moving_)->Run(); !ran) return ran;
  ++slices_;
  longest_slice_ = std::max(longest_slice_, Duration(control.held_ns));
  return {};
}

Result<void> SnapshotWalk::RunWalkSlice(std::uint64_t resume_after, std::uint32_t place) {
  slice_control& control = program_->control();
  control.resume_after = resume_after;
  control.found_resume = resume_after == 0 ? 1 : 0;
  control.place = place;
  return RunSlice(Depth::kAll);
}

Result<void> SnapshotWalk::Pass(std::uint32_t first_place, const OnRecords& on_records) {
  const slice_control& control = program_->control();
  keeps_ = false;
  first_place_ = end_place_ = first_place;
  std::optional<std::uint64_t> changes;
  bool changed = false;
  std::uint64_t resume_after = 0;
  // Should the last cgroup of a slice be gone when the next one starts, one shortly before it will do; what
  // lies between is then read twice, which does no harm.
  std::vector<std::uint64_t> earlier;
  do {
    auto ran = RunWalkSlice(resume_after, end_place_);
    while (ran && control.found_resume == 0 && !earlier.empty()) {
      resume_after = earlier.back();
      earlier.pop_back();
      ran = RunWalkSlice(resume_after, end_place_);
    }
    if (!ran) return ran;
    if (control.found_resume == 0) {
      return Failure(ErrorKind::kUnavailable, "the cgroups changed too fast to be walked");
    }
    const std::span records(program_->records(), control.records);
    on_records(records);
    resume_after = control.last;
    end_place_ += control.records;
    changed = changed || control.changes != changes.value_or(control.changes);
    changes = control.changes;
    earlier.clear();
    for (std::size_t back = std::min<std::size_t>(records.size(), 8); back > 1; --back) {
      earlier.push_back(records[records.size() - back].serial);
    }
  } while (control.stopped != 0);
  changes_ = control.changes;
  keeps_ = !changed && end_place_ <= PLACES_MAX;
  return {};
}

Result<bool> SnapshotWalk::Moved(const OnMoved& on_moved) {
  if (!keeps_) return false;
  slice_control& control = program_->control();
  control.place = first_place_;
  control.end_place = end_place_;
  do {
    control.changes = changes_;
    if (auto ran = RunSlice(Depth::kMoving); !ran) return Failure(ran.error());
    keeps_ = control.changes == changes_;
    if (!keeps_) return false;
    for (const moved_record& moved : std::span(program_->moved(), control.records))
      on_moved(moved.place - first_place_, moved);
  } while (control.stopped != 0);
  return true;
}

}  // namespace loadline::agent
