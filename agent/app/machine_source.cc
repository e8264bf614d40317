#include "agent/app/machine_source.h"

#include <sys/resource.h>

#include <algorithm>
#include <utility>

#include "agent/host/cgroup_walk.h"
#include "agent/host/machine.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using wire::Rung;
using wire::Signal;

// A new pod is known this late when no probe tells of it. A walk costs about 10 us a cgroup and hierarchy.
constexpr Duration kWalkEvery = 5s;
// After losses, not more often than this: a storm that overflows the ring is not helped by walks.
constexpr Duration kRepairEvery = 10s;

// Emptying the probes' maps means looking into tens of thousands of buckets: once a window is enough, and in
// a long window often enough that the maps do not fill up and the dead still have their names.
constexpr Duration kMergeEvery = 10s;

// Open files that are left to everything else than counters and pressure.
constexpr rlim_t kOtherFiles = 256;

// As many files as the system lets us have, up to what the options want.
FileCounterOptions WithinFileLimit(FileCounterOptions files) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return files;
  const rlim_t wanted = files.max_open_files + 3 * PressureFiles::kMaxOpen + kOtherFiles;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
  }
  const rlim_t others = wanted - files.max_open_files;
  const rlim_t left = limit.rlim_cur > others ? limit.rlim_cur - others : 0;
  files.max_open_files = std::min<std::size_t>(files.max_open_files, left);
  return files;
}

KernelProbesOptions KernelOptions(const MachineSourceOptions& options, const CgroupMounts& mounts) {
  KernelProbesOptions kernel;
  kernel.hierarchies = mounts.hierarchies;
  kernel.off = options.off;
  kernel.ceilings = options.ceilings;
  // A ceiling of files means that no probe is wanted.
  for (const auto& ceiling : options.ceilings) {
    if (ceiling.rung >= Rung::kFiles) kernel.off.push_back(ceiling.signal);
  }
  return kernel;
}

}  // namespace

MachineSource::MachineSource(MachineSourceOptions options, CgroupMounts mounts)
    : options_(std::move(options)),
      mounts_(std::move(mounts)),
      table_(options_.table),
      kernel_(KernelProbes::Open(KernelOptions(options_, mounts_), table_)),
      pressure_(mounts_),
      machine_pressure_(options_.host),
      rungs_(kernel_->rungs()) {
  SettleRungs();
}

Result<std::unique_ptr<MachineSource>> MachineSource::Open(MachineSourceOptions options, Mono now) {
  auto mounts = FindCgroupMounts(options.host);
  if (!mounts) return Failure(mounts.error());
  std::unique_ptr<MachineSource> source(new MachineSource(std::move(options), *std::move(mounts)));
  // After the probes are attached, so that nothing is born unseen between.
  if (auto walked = source->Walk(now); !walked) return Failure(walked.error());
  source->FollowChanges();
  source->born_.clear();
  return source;
}

wire::SignalRung& MachineSource::RungOf(Signal signal) {
  const auto found = std::ranges::find(rungs_, signal, &wire::SignalRung::signal);
  if (found != rungs_.end()) return *found;
  return rungs_.emplace_back(wire::SignalRung{.signal = signal});
}

CounterSource* MachineSource::Counters() const {
  return files_ != nullptr ? files_.get() : kernel_->counters();
}

// Where a probe is off, files may still do.
void MachineSource::SettleRungs() {
  wire::SignalRung& counters = RungOf(Signal::kCgroupCounters);
  // Off is off, also for files.
  if (kernel_->counters() == nullptr && std::ranges::count(options_.off, Signal::kCgroupCounters) == 0) {
    counters.rung = Rung::kFiles;
    files_ = std::make_unique<FileCounterSource>(mounts_, WithinFileLimit(options_.files));
  }
  wire::SignalRung& lifecycle = RungOf(Signal::kCgroupLifecycle);
  told_of_births_ = lifecycle.rung != Rung::kOff;
  if (!told_of_births_) lifecycle.rung = Rung::kFiles;

  wire::SignalRung& pressure = RungOf(Signal::kPressure);
  const bool wanted = std::ranges::count(options_.off, Signal::kPressure) == 0;
  pressure.rung = wanted && pressure_.available() ? Rung::kFiles : Rung::kOff;
  if (!wanted)
    pressure.why = "turned off";
  else
    pressure.why = pressure_.available() ? "the kernel brings totals up to date only for readers of its files"
                                         : pressure_.why();
  std::ranges::sort(rungs_, {}, &wire::SignalRung::signal);
}

bool MachineSource::WaitUntil(Mono deadline, int stop_fd, const OnEvent& on_event) {
  const auto wake = kernel_->Drain(deadline, stop_fd, [&](const KernelEvent& event) {
    if (const auto* born = std::get_if<CgroupBorn>(&event)) {
      table_.Born(born->cgroup.hierarchy, born->cgroup.id, born->path);
    } else if (const auto* died = std::get_if<CgroupDied>(&event)) {
      table_.Died(died->cgroup.hierarchy, died->cgroup.id);
    } else {
      on_event(event);
    }
  });
  return wake == KernelProbes::Wake::kDeadline;
}

bool MachineSource::WalkIsDue(Mono now) const {
  if (!told_of_births_) return now - last_walk_ >= kWalkEvery;
  return kernel_->losses().ring_full != lost_at_walk_ && now - last_walk_ >= kRepairEvery;
}

Result<void> MachineSource::Walk(Mono now) {
  last_walk_ = now;
  lost_at_walk_ = kernel_->losses().ring_full;
  std::optional<Error> failed;
  for (const CgroupHierarchy& hierarchy : mounts_.hierarchies) {
    const auto folders = WalkCgroups(hierarchy);
    if (!folders) {
      failed = folders.error();
      continue;
    }
    table_.BeginWalk(hierarchy.id);
    for (const CgroupFolder& folder : *folders) table_.Born(hierarchy.id, folder.id, folder.path);
    table_.EndWalk();
  }
  if (failed && table_.size() == 0) return Failure(*failed);
  return {};
}

void MachineSource::FollowChanges() {
  const CgroupTable::Changes changes = table_.TakeChanges();
  if (files_ != nullptr) {
    for (const std::uint32_t ref : changes.born) files_->Follow(ref, table_.Path(ref));
    for (const std::uint32_t ref : changes.dead) files_->Forget(ref);
  }
  for (const std::uint32_t ref : changes.dead) pressure_.Forget(ref);
  born_.insert(born_.end(), changes.born.begin(), changes.born.end());
}

Result<std::span<const CgroupCounters>> MachineSource::Sample(Mono now, Depth depth) {
  table_.Advance(now);
  if (WalkIsDue(now)) (void)Walk(now);  // What cannot be walked now may be the next time.
  FollowChanges();
  CounterSource* const source = Counters();
  if (source == nullptr) {
    samples_.clear();
  } else if (auto sampled = source->Sample(samples_, depth); !sampled) {
    return Failure(sampled.error());
  }
  if (depth == Depth::kAll || now - last_merge_ >= kMergeEvery) {
    kernel_->MergeAggregates(samples_);
    last_merge_ = now;
  }
  return samples_;
}

std::optional<PressureCounters> MachineSource::Pressure(std::uint32_t ref) {
  if (RungOf(Signal::kPressure).rung == Rung::kOff || !table_.IsAlive(ref)) return std::nullopt;
  return pressure_.Read(ref, table_.Path(ref));
}

std::optional<Bytes> MachineSource::MemoryAvailable() {
  return ReadMemoryAvailable(options_.host);
}

std::vector<wire::NodeWindow::Disk> MachineSource::Disks() {
  return ReadDisks(options_.disks);
}

wire::LossCounts MachineSource::losses() const {
  const KernelLosses kernel = kernel_->losses();
  wire::LossCounts losses;
  losses.ring_full = kernel.ring_full;
  losses.map_full = kernel.map_full;
  losses.bad_event = kernel.bad_event;
  losses.unknown_cgroup = kernel.unknown_cgroup + table_.refused();
  if (const CounterSource* const source = Counters()) losses.failed_readings = source->failed();
  return losses;
}

}  // namespace loadline::agent
