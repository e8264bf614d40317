#include "agent/kernel/snapshot_source.h"

#include <algorithm>
#include <ranges>
#include <utility>

#include "agent/kernel/counters_of_record.h"
#include "bpf/events.h"

namespace loadline::agent {

Result<std::unique_ptr<SnapshotSource>> SnapshotSource::Open(std::unique_ptr<SnapshotProgram> program,
                                                             const std::vector<CgroupHierarchy>& hierarchies,
                                                             const CgroupIndex& index,
                                                             SnapshotWalk::Limits limits) {
  std::unique_ptr<SnapshotSource> source(new SnapshotSource(std::move(program), index));
  Error last{.kind = ErrorKind::kNotFound, .message = "no cgroup hierarchy to walk"};
  for (const CgroupHierarchy& hierarchy : hierarchies) {
    auto walk = SnapshotWalk::Open(*source->program_, hierarchy, limits);
    if (!walk) {
      last = walk.error();
      continue;
    }
    const bool has_cpu_time = hierarchy.unified() || hierarchy.Has("cpuacct");
    source->walks_.push_back({.walk = std::move(*walk),
                              .has_cpu_time = has_cpu_time,
                              .has_memory = hierarchy.Has("memory"),
                              .moves = has_cpu_time || hierarchy.Has("memory")});
    if (hierarchy.unified()) source->refresh_.emplace(hierarchy.mount);
  }
  if (source->walks_.empty()) return Failure(last);
  // v2 first: what a v1 controller tells about the same cgroup is the better figure.
  std::ranges::sort(source->walks_, {}, [](const Walk& walk) { return walk.walk.hierarchy(); });
  return source;
}

Result<void> SnapshotSource::Sample(std::vector<CgroupCounters>& out, Depth depth) {
  TakeBack(out);
  if (depth == Depth::kMoving && !samples_.empty()) {
    const auto complete = SampleMoving();
    if (!complete) return Failure(complete.error().In("sampling cgroups"));
    if (*complete) {
      out.clear();
      for (const std::uint32_t sample : moved_) out.push_back(samples_[sample]);
      return {};
    }
  }
  if (auto all = SampleAll(); !all) return Failure(all.error().In("sampling cgroups"));
  Lend(out);
  return {};
}

void SnapshotSource::Lend(std::vector<CgroupCounters>& out) {
  lent_ = samples_.size();
  lent_to_ = &out;
  samples_.swap(out);
}

void SnapshotSource::TakeBack(std::vector<CgroupCounters>& out) {
  if (lent_to_ == nullptr) return;
  const bool is_back = std::exchange(lent_to_, nullptr) == &out && out.size() >= lent_;
  // Then all is read once more.
  if (!is_back) return samples_.clear();
  samples_.swap(out);
  samples_.resize(lent_);
  for (CgroupCounters& sample : samples_) sample.probes.reset();
}

void SnapshotSource::NoteMoved(std::uint32_t sample) {
  if (has_moved_[sample]) return;
  has_moved_[sample] = true;
  moved_.push_back(sample);
}

Result<bool> SnapshotSource::SampleMoving() {
  if (!trusts_changes_) return false;
  moved_.clear();
  has_moved_.assign(samples_.size(), false);
  // v2 comes first where there is one.
  const bool refresh = refresh_ && walks_.front().moves;
  const auto machine_cpu_ns = refresh ? refresh_->Refresh() : std::nullopt;
  for (Walk& walk : walks_) {
    if (!walk.moves) continue;
    const HierarchyId hierarchy = walk.walk.hierarchy();
    const auto same = walk.walk.Moved([&](std::uint32_t position, const moved_record& record) {
      const Place& place = walk.places[position];
      if (place.ref == 0) return;
      // The root's memory is made of its statistics, which are not read now; its CPU time on v2 is the machine's.
      if (position == 0 && (hierarchy == 0 || (record.parts & PART_MEMORY_USE) != 0)) return;
      NoteMoved(place.sample);
      Apply(record, samples_[place.sample]);
    });
    if (!same) {
      ++failed_;
      return Failure(same.error());
    }
    if (!*same) return false;
    if (!walk.places.empty() && walk.places.front().ref != 0)
      MoveRoot(walk.places.front().sample, hierarchy, machine_cpu_ns);
  }
  return true;
}

void SnapshotSource::MoveRoot(std::uint32_t sample, HierarchyId hierarchy,
                              std::optional<std::uint64_t> machine_cpu_ns) {
  NoteMoved(sample);
  if (hierarchy == 0 && samples_[sample].cpu) samples_[sample].cpu->usage_ns = machine_cpu_ns.value_or(0);
}

Result<void> SnapshotSource::SampleAll() {
  samples_.clear();
  by_ref_.clear();
  in_by_ref_ = 0;
  unknown_before_.swap(unknown_now_);
  unknown_now_.clear();
  const auto machine_cpu_ns = refresh_ ? refresh_->Refresh() : std::nullopt;
  std::uint32_t places = 0;
  for (Walk& walk : walks_) {
    std::size_t position = 0;
    const HierarchyId hierarchy = walk.walk.hierarchy();
    const auto passed = walk.walk.Pass(places, [&](std::span<const cgroup_record> records) {
      for (const cgroup_record& record : records) {
        CgroupCounters* counters = SampleOf(walk, position, record.id);
        const bool root = position++ == 0;
        if (counters == nullptr) continue;
        Apply(record, hierarchy, *counters);
        // The kernel charges nothing to the root: its counters are those of its children alone.
        if (root && counters->memory)
          counters->memory->current = counters->memory->anon + counters->memory->file;
        if (root && hierarchy == 0 && counters->cpu) counters->cpu->usage_ns = machine_cpu_ns.value_or(0);
      }
    });
    walk.places.resize(std::min(walk.places.size(), position));
    places += static_cast<std::uint32_t>(position);
    if (!passed) {
      ++failed_;
      samples_.clear();  // Half a pass is nothing to go on from.
      return Failure(passed.error());
    }
  }
  FindWhetherUnifiedMoves();
  return {};
}

void SnapshotSource::FindWhetherUnifiedMoves() {
  Walk& unified = walks_.front();
  if (unified.walk.hierarchy() != 0 || unified.has_memory) return;
  std::vector<bool> told_by_v1(samples_.size());
  for (const Walk& walk : walks_ | std::views::drop(1)) {
    if (!walk.has_cpu_time) continue;
    for (const Place& place : walk.places) {
      if (place.ref != 0) told_by_v1[place.sample] = true;
    }
  }
  unified.moves = std::ranges::any_of(
      unified.places, [&](const Place& place) { return place.ref != 0 && !told_by_v1[place.sample]; });
}

CgroupCounters* SnapshotSource::SampleOf(Walk& walk, std::size_t position, std::uint64_t id) {
  if (position >= walk.places.size()) walk.places.resize(position + 1);
  Place& place = walk.places[position];
  if (place.id != id || place.ref == 0) {
    const auto ref = index_.Find(walk.walk.hierarchy(), id);
    if (!ref) {
      place = {.id = id, .ref = 0, .sample = 0};
      NoteUnknown(walk.walk.hierarchy(), id);
      return nullptr;
    }
    place = {.id = id, .ref = *ref, .sample = 0};
  }
  return &FindSample(place, &walk == &walks_.front());
}

CgroupCounters& SnapshotSource::FindSample(Place& place, bool first_walk) {
  if (place.sample < samples_.size() && samples_[place.sample].ref == place.ref)
    return samples_[place.sample];
  // Where the last pass appended in the first walk, this one does too: nothing can be there already.
  if (!first_walk || place.sample != samples_.size()) {
    for (; in_by_ref_ < samples_.size(); ++in_by_ref_) by_ref_.emplace(samples_[in_by_ref_].ref, in_by_ref_);
    if (const auto found = by_ref_.find(place.ref); found != by_ref_.end()) {
      place.sample = found->second;
      return samples_[place.sample];
    }
  }
  place.sample = static_cast<std::uint32_t>(samples_.size());
  samples_.emplace_back().ref = place.ref;
  return samples_.back();
}

void SnapshotSource::NoteUnknown(HierarchyId hierarchy, std::uint64_t id) {
  const std::uint64_t key = id ^ (std::uint64_t{hierarchy} << 56);
  const auto before = unknown_before_.find(key);
  const bool again = before != unknown_before_.end();
  if (again && !before->second) ++unknown_;
  unknown_now_.emplace(key, again);
}

std::uint64_t SnapshotSource::slices() const {
  std::uint64_t slices = 0;
  for (const Walk& walk : walks_) slices += walk.walk.slices();
  return slices;
}

Duration SnapshotSource::TakeLongestWalk() {
  Duration longest{};
  for (Walk& walk : walks_) longest = std::max(longest, walk.walk.TakeLongestSlice());
  return longest;
}

}  // namespace loadline::agent
