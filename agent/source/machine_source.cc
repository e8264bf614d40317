#include "agent/source/machine_source.h"

#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "agent/host/cgroup_walk.h"
#include "agent/host/machine.h"
#include "agent/identity/cgroup_path.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using wire::Rung;
using wire::Signal;

// A new pod is known this late when no probe tells of it. A walk costs about 10 us a cgroup and hierarchy.
constexpr Duration kWalkEvery = 5s;
// After losses, not more often than this: a storm that overflows the ring is not helped by walks.
constexpr Duration kRepairEvery = 10s;

// Whatever the probes tell: v1 lets cgroups be renamed, of which they do not.
constexpr Duration kWalkAnyway = 10min;

// Emptying the probes' maps means looking into tens of thousands of buckets: once a window is enough, and in
// a long window often enough that the maps do not fill up and the dead still have their names.
constexpr Duration kMergeEvery = 10s;

// Open files that are left to everything else than counters and pressure.
constexpr rlim_t kOtherFiles = 256;

// As many files as the system lets us have, up to what the options want.
FileCounterOptions WithinFileLimit(FileCounterOptions files) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return files;
  const rlim_t wanted =
      files.max_open_files + 3 * PressureFiles::kMaxOpen + IoStatFiles::kMaxOpen + kOtherFiles;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
  }
  const rlim_t others = wanted - files.max_open_files;
  const rlim_t left = limit.rlim_cur > others ? limit.rlim_cur - others : 0;
  files.max_open_files = std::min<std::size_t>(files.max_open_files, left);
  return files;
}

bool IsOff(const MachineSourceOptions& options, Signal signal) {
  return std::ranges::count(options.off, signal) > 0;
}

// The log's file is not wanted where a probe is asked for.
KernelLogOptions LogOptions(const MachineSourceOptions& options) {
  KernelLogOptions log = options.log;
  for (const auto& ceiling : options.ceilings) {
    if (ceiling.signal == Signal::kKernelLog && ceiling.rung < Rung::kFiles) log.file.clear();
  }
  return log;
}

KernelProbesOptions KernelOptions(const MachineSourceOptions& options, const CgroupMounts& mounts,
                                  const KernelLog* log) {
  KernelProbesOptions kernel;
  kernel.hierarchies = mounts.hierarchies;
  kernel.off = options.off;
  kernel.ceilings = options.ceilings;
  // A ceiling of files means that no probe is wanted.
  for (const auto& ceiling : options.ceilings) {
    if (ceiling.rung >= Rung::kFiles) kernel.off.push_back(ceiling.signal);
  }
  if (log == nullptr || log->unreadable().empty()) kernel.off.push_back(Signal::kKernelLog);
  return kernel;
}

}  // namespace

MachineSource::MachineSource(MachineSourceOptions options, CgroupMounts mounts,
                             std::unique_ptr<KernelLog> log, std::vector<PlannedCheck> checks)
    : options_(std::move(options)),
      mounts_(std::move(mounts)),
      table_(options_.table),
      log_(std::move(log)),
      checks_(std::move(checks)),
      kernel_(KernelProbes::Open(KernelOptions(options_, mounts_, log_.get()), table_)),
      pressure_(mounts_),
      io_(mounts_),
      allotments_(mounts_, options_.host),
      machine_pressure_(options_.host),
      disks_(options_.disks),
      rungs_(kernel_->rungs()) {
  SettleRungs();
}

Result<std::unique_ptr<MachineSource>> MachineSource::Open(MachineSourceOptions options, Mono now) {
  auto mounts = FindCgroupMounts(options.host);
  if (!mounts) return Failure(mounts.error());
  std::unique_ptr<KernelLog> log;
  if (!IsOff(options, Signal::kKernelLog)) {
    auto opened = KernelLog::Open(LogOptions(options), options.host, now);
    if (!opened) return Failure(opened.error());
    log = *std::move(opened);
  }
  auto checks = PlanChecks(options.checks, options.host, options.disks);
  if (!checks) return Failure(checks.error());
  std::unique_ptr<MachineSource> source(
      new MachineSource(std::move(options), *std::move(mounts), std::move(log), *std::move(checks)));
  // What dies before the first sample is dated by this.
  source->table_.Advance(now);
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

// Files are in use: a probe that is off because of --rung is not turned off.
void MachineSource::UseFiles(wire::SignalRung& rung) const {
  rung.rung = Rung::kFiles;
  const auto asked = std::ranges::find(options_.ceilings, rung.signal, &KernelProbesOptions::Ceiling::signal);
  if (asked != options_.ceilings.end() && asked->rung >= Rung::kFiles) rung.why = "as --rung says";
}

// Where a probe is off, files may still do.
void MachineSource::SettleRungs() {
  wire::SignalRung& counters = RungOf(Signal::kCgroupCounters);
  // Off is off, also for files.
  if (kernel_->counters() == nullptr && !IsOff(options_, Signal::kCgroupCounters)) {
    UseFiles(counters);
    files_ = std::make_unique<FileCounterSource>(mounts_, WithinFileLimit(options_.files));
  }
  const CgroupHierarchy* memory = mounts_.With("memory");
  wire::SignalRung& kills = RungOf(Signal::kOomKill);
  if (kills.rung == Rung::kOff && Counters() != nullptr && memory != nullptr &&
      !IsOff(options_, Signal::kOomKill)) {
    UseFiles(kills);
    counted_kills_.emplace(memory->unified());
  }
  wire::SignalRung& lifecycle = RungOf(Signal::kCgroupLifecycle);
  told_of_births_ = lifecycle.rung != Rung::kOff;
  if (!told_of_births_) UseFiles(lifecycle);

  wire::SignalRung& pressure = RungOf(Signal::kPressure);
  const bool wanted = !IsOff(options_, Signal::kPressure);
  pressure.rung = wanted && pressure_.available() ? Rung::kFiles : Rung::kOff;
  if (!wanted)
    pressure.why = "turned off";
  else
    pressure.why = pressure_.available() ? "the kernel brings totals up to date only for readers of its files"
                                         : pressure_.why();
  SettleKernelLog();
  std::ranges::sort(rungs_, {}, &wire::SignalRung::signal);
}

// The file is the best: it has what was written before, and numbers all.
void MachineSource::SettleKernelLog() {
  wire::SignalRung& rung = RungOf(Signal::kKernelLog);
  if (log_ == nullptr) {
    rung.why = "turned off";
  } else if (log_->unreadable().empty()) {
    rung.rung = Rung::kFiles;
    rung.why.clear();
  } else {
    rung.why = log_->unreadable() + (rung.why.empty() ? "" : "; " + rung.why);
  }
}

std::vector<wire::HealthEvent> MachineSource::Health(Mono now, Wall wall) {
  std::vector<wire::HealthEvent> events = log_ ? log_->Read(now, wall) : std::vector<wire::HealthEvent>{};
  if (checker_) std::ranges::move(checker_->Take(now, wall), std::back_inserter(events));
  return events;
}

void MachineSource::StartChecks(const Clock& clock) {
  checker_ = std::make_unique<Checker>(std::exchange(checks_, {}), clock);
}

bool MachineSource::WaitUntil(Mono deadline, int stop_fd, const OnEvent& on_event) {
  for (const OomVictim& kill : std::exchange(kills_seen_, {})) on_event(kill);
  const auto wake = kernel_->Drain(deadline, stop_fd, [&](const KernelEvent& event) {
    if (const auto* born = std::get_if<CgroupBorn>(&event)) {
      if (born->path.empty())
        born_without_path_ = true;
      else
        table_.Born(born->cgroup.hierarchy, born->cgroup.id, born->path);
    } else if (const auto* died = std::get_if<CgroupDied>(&event)) {
      NoteDeath(*died);
    } else if (const auto* line = std::get_if<LogLine>(&event)) {
      if (log_) log_->Line(line->text, Mono(std::chrono::nanoseconds(line->boot_ns)));
    } else {
      on_event(event);
    }
  });
  return wake == KernelProbes::Wake::kDeadline;
}

bool MachineSource::WalkIsDue(Mono now) const {
  const Duration age = now - last_walk_;
  if (!told_of_births_) return age >= kWalkEvery;
  return age >= kWalkAnyway || (age >= kRepairEvery && MissesBirths());
}

bool MachineSource::MissesBirths() const {
  return born_without_path_ || kernel_->losses().ring_full != lost_at_walk_ ||
         table_.HasRoomFor(table_.refused() - refused_at_walk_);
}

// What a walk finds was mostly born since the last one. Where births were refused, or cgroups may have been
// renamed, it may have lived for hours, and what it has used is not of this window.
void MachineSource::WalkAgain(Mono now) {
  FollowChanges();
  const std::size_t seen_born = born_.size();
  const bool may_be_old = table_.refused() != refused_at_walk_ || now - last_walk_ >= kWalkAnyway;
  (void)Walk(now);  // What cannot be walked now may be the next time.
  FollowChanges();
  if (may_be_old) born_.resize(seen_born);
}

Result<void> MachineSource::Walk(Mono now) {
  last_walk_ = now;
  lost_at_walk_ = kernel_->losses().ring_full;
  refused_at_walk_ = table_.refused();
  born_without_path_ = false;
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
  for (const std::uint32_t ref : changes.dead) {
    pressure_.Forget(ref);
    io_.Forget(ref);
  }
  born_.insert(born_.end(), changes.born.begin(), changes.born.end());
}

Result<std::span<const CgroupCounters>> MachineSource::Sample(Mono now, Depth depth) {
  table_.Advance(now);
  allotments_.BeginRound();
  pressure_round_ = false;
  if (WalkIsDue(now)) WalkAgain(now);
  FollowChanges();
  CounterSource* const source = Counters();
  // Probes are merged into the counters of all. Events of memory are among what moves only where files are read.
  const bool merge = depth == Depth::kAll || now - last_merge_ >= kMergeEvery;
  if (merge || (counted_kills_ && files_ == nullptr)) depth = Depth::kAll;
  if (source == nullptr) {
    samples_.clear();
  } else if (auto sampled = source->Sample(samples_, depth); !sampled) {
    return Failure(sampled.error());
  }
  CountKills(now);
  AddTheDead();
  if (merge) {
    kernel_->MergeAggregates(samples_);
    last_merge_ = now;
  }
  return samples_;
}

void MachineSource::NoteDeath(const CgroupDied& died) {
  const auto ref = table_.Find(died.cgroup.hierarchy, died.cgroup.id);
  if (ref) {
    CgroupCounters& dead = dead_.emplace_back();
    dead.ref = *ref;
    dead.used = died.used;
  }
  table_.Died(died.cgroup.hierarchy, died.cgroup.id);
}

void MachineSource::AddTheDead() {
  for (CgroupCounters& dead : std::exchange(dead_, {})) samples_.push_back(std::move(dead));
}

void MachineSource::CountKills(Mono now) {
  if (!counted_kills_) return;
  const std::vector<OomVictim> seen = counted_kills_->Look(samples_, born_, table_, now);
  kills_seen_.insert(kills_seen_.end(), seen.begin(), seen.end());
}

std::optional<PressureCounters> MachineSource::Pressure(std::uint32_t ref) {
  if (RungOf(Signal::kPressure).rung == Rung::kOff || !table_.IsAlive(ref)) return std::nullopt;
  if (!std::exchange(pressure_round_, true)) pressure_.BeginRound(machine_pressure_.Read());
  const std::string_view path = table_.Path(ref);
  return pressure_.Read(ref, path, table_.FindPath(PathAbove(path)).value_or(0));
}

std::optional<IoCounters> MachineSource::Io(std::uint32_t ref) {
  return table_.IsAlive(ref) ? io_.Read(ref, table_.Path(ref)) : std::nullopt;
}

std::optional<Allotment> MachineSource::Allotted(std::uint32_t ref) {
  if (!table_.IsAlive(ref)) return std::nullopt;
  return allotments_.Read(table_.Path(ref));
}

std::optional<Bytes> MachineSource::MemoryAvailable() {
  return ReadMemoryAvailable(options_.host);
}

wire::LossCounts MachineSource::losses() const {
  const KernelLosses kernel = kernel_->losses();
  wire::LossCounts losses;
  losses.ring_full = kernel.ring_full;
  losses.map_full = kernel.map_full;
  losses.bad_event = kernel.bad_event;
  losses.log_records = kernel.log_lines + (log_ ? log_->lost() : 0);
  losses.unknown_cgroup = kernel.unknown_cgroup + table_.refused();
  if (const CounterSource* const source = Counters()) losses.failed_readings = source->failed();
  return losses;
}

}  // namespace loadline::agent
