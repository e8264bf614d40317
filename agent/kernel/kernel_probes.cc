#include "agent/kernel/kernel_probes.h"

#include <bpf/libbpf.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <optional>
#include <string>

#include "agent/kernel/bpf_rights.h"
#include "agent/kernel/event_ring.h"
#include "agent/kernel/kernel_btf.h"
#include "agent/kernel/probe_aggregates.h"
#include "agent/kernel/probes.h"
#include "agent/kernel/shared_maps.h"
#include "agent/kernel/snapshot_source.h"
#include "bpf/events.h"

namespace loadline::agent {
namespace {

using wire::Rung;
using wire::Signal;

// libbpf explains refusals at length, verifier log and all; rungs() says it in a line.
int LogLibbpf(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG || !spdlog::should_log(spdlog::level::debug)) return 0;
  char line[2048];
  std::vsnprintf(line, sizeof(line), format, arguments);
  spdlog::debug("libbpf: {}", line);
  return 0;
}

std::vector<CgroupHierarchy> ToWalk(const std::vector<CgroupHierarchy>& mounted) {
  std::vector<CgroupHierarchy> wanted;
  for (const CgroupHierarchy& hierarchy : mounted) {
    if (hierarchy.Has("cpu") || hierarchy.Has("cpuacct") || hierarchy.Has("memory"))
      wanted.push_back(hierarchy);
  }
  if (!wanted.empty()) return wanted;
  std::ranges::copy_if(mounted, std::back_inserter(wanted), &CgroupHierarchy::unified);
  return wanted;
}

// The hierarchy a controller is on: that of v2 unless a v1 mount has it.
HierarchyId HierarchyOf(const std::vector<CgroupHierarchy>& mounted, std::string_view controller) {
  for (const CgroupHierarchy& hierarchy : mounted) {
    if (hierarchy.Has(controller)) return hierarchy.id;
  }
  return 0;
}

class Probes final : public KernelProbes {
 public:
  Probes(const KernelProbesOptions& options, CgroupIndex& index) : options_(options), aggregates_(index) {
    libbpf_set_print(LogLibbpf);
    if (auto opened = OpenAll(index); !opened)
      TurnAllOff(ExplainedOfAll(opened.error(), ReadBpfRights()).message);
  }

  const std::vector<wire::SignalRung>& rungs() const override { return rungs_; }
  CounterSource* counters() override { return snapshot_.get(); }
  void MergeAggregates(std::vector<CgroupCounters>& samples) override { aggregates_.Merge(samples); }
  Wake Drain(Mono deadline, int wake_fd, const OnEvent& on_event) override;
  bool Readable() override;
  KernelLosses losses() const override;
  std::uint64_t slices() const override { return snapshot_ ? snapshot_->slices() : 0; }
  Duration own_time() const override { return shared_ ? shared_->OwnTime() : Duration::zero(); }
  Duration TakeLongestWalk() override { return snapshot_ ? snapshot_->TakeLongestWalk() : Duration::zero(); }

 private:
  Result<void> OpenAll(CgroupIndex& index);
  void OpenCounters(const ProbeContext& context, const std::vector<CgroupHierarchy>& walked,
                    CgroupIndex& index);
  void TurnAllOff(const std::string& why);
  [[nodiscard]] Rung CeilingOf(Signal signal) const;
  template <typename OpenProbe>
  int Start(Signal signal, const OpenProbe& open);

  KernelProbesOptions options_;
  std::vector<wire::SignalRung> rungs_;
  std::optional<SharedMaps> shared_;
  std::unique_ptr<EventRing> ring_;
  std::vector<std::shared_ptr<void>> running_;
  std::unique_ptr<SnapshotSource> snapshot_;
  ProbeAggregates aggregates_;
};

Rung Probes::CeilingOf(Signal signal) const {
  if (std::ranges::find(options_.off, signal) != options_.off.end()) return Rung::kOff;
  const auto found = std::ranges::find(options_.ceilings, signal, &KernelProbesOptions::Ceiling::signal);
  return found == options_.ceilings.end() ? Rung::kFexit : found->rung;
}

// Opens one probe unless it is not wanted; returns the fd of its aggregates.
template <typename OpenProbe>
int Probes::Start(Signal signal, const OpenProbe& open) {
  const Rung ceiling = CeilingOf(signal);
  if (ceiling == Rung::kOff) {
    rungs_.push_back({.signal = signal, .rung = Rung::kOff, .why = "turned off"});
    return -1;
  }
  RunningProbe probe = open(ceiling);
  rungs_.push_back(std::move(probe.rung));
  if (probe.object) running_.push_back(std::move(probe.object));
  return probe.aggregates;
}

Result<void> Probes::OpenAll(CgroupIndex& index) {
  auto btf = KernelBtf::Load();
  if (!btf) return Failure(btf.error());
  auto shared = SharedMaps::Create(options_.ring_bytes, options_.hierarchies);
  if (!shared) return Failure(shared.error());
  shared_.emplace(std::move(*shared));
  auto ring = EventRing::Open(shared_->events(), options_.ring_bytes);
  if (!ring) return Failure(ring.error());
  ring_ = std::move(*ring);

  const ProbeContext context{.btf = *btf, .shared = *shared_};
  const std::vector<CgroupHierarchy> walked = ToWalk(options_.hierarchies);
  std::uint64_t hierarchies = 0;
  for (const CgroupHierarchy& hierarchy : options_.hierarchies) hierarchies |= 1ULL << (hierarchy.id & 63);
  const HierarchyId memory = HierarchyOf(options_.hierarchies, "memory");
  const HierarchyId cpu = HierarchyOf(options_.hierarchies, "cpu");

  OpenCounters(context, walked, index);
  Start(Signal::kCgroupLifecycle, [&](Rung best) { return OpenCgroupLifecycle(context, best, hierarchies); });
  if (snapshot_ && rungs_.back().rung != Rung::kOff) snapshot_->TrustChanges();
  Start(Signal::kOomKill, [&](Rung best) { return OpenOomKill(context, best); });
  ring_->set_oom_rung(rungs_.back().rung);
  aggregates_.reclaim.hierarchy = aggregates_.exits.hierarchy = memory;
  aggregates_.throttle.hierarchy = aggregates_.run_queue.hierarchy = cpu;
  aggregates_.reclaim.take = TakingFromMap<reclaim_aggregate>(
      Start(Signal::kMemoryReclaim, [&](Rung best) { return OpenMemoryReclaim(context, best); }));
  aggregates_.throttle.take = TakingFromMap<throttle_aggregate>(
      Start(Signal::kCpuThrottle, [&](Rung best) { return OpenCpuThrottle(context, best); }));
  aggregates_.exits.take = TakingFromMap<exit_aggregate>(
      Start(Signal::kProcessExit, [&](Rung best) { return OpenProcessExit(context, best); }));
  aggregates_.run_queue.take = TakingFromMap<run_queue_aggregate>(
      Start(Signal::kRunQueue, [&](Rung best) { return OpenRunQueue(context, best); }));
  Start(Signal::kKernelLog, [&](Rung best) { return OpenKernelLog(context, best); });
  return {};
}

void Probes::OpenCounters(const ProbeContext& context, const std::vector<CgroupHierarchy>& walked,
                          CgroupIndex& index) {
  const Rung ceiling = CeilingOf(Signal::kCgroupCounters);
  if (ceiling == Rung::kOff) {
    rungs_.push_back({.signal = Signal::kCgroupCounters, .rung = Rung::kOff, .why = "turned off"});
    return;
  }
  LoadedSnapshot loaded = LoadSnapshot(context.btf, context.shared, ceiling);
  if (loaded.program) {
    auto source = SnapshotSource::Open(std::move(loaded.program), walked, index,
                                       {.slice = options_.slice, .max_records = 0});
    if (source) {
      snapshot_ = std::move(*source);
    } else {
      loaded.rung.rung = Rung::kOff;
      loaded.rung.why = std::string(wire::Name(Rung::kIterator)) + ": " + source.error().message;
    }
  }
  rungs_.push_back(std::move(loaded.rung));
}

void Probes::TurnAllOff(const std::string& why) {
  rungs_.clear();
  for (int signal = 0; signal < wire::kSignalCount; ++signal) {
    if (Signal(signal) == Signal::kPressure) continue;
    rungs_.push_back({.signal = Signal(signal), .rung = Rung::kOff, .why = why});
  }
}

KernelProbes::Wake Probes::Drain(Mono deadline, int wake_fd, const OnEvent& on_event) {
  const SystemClock clock;
  bool woken = false;
  do {
    woken = WaitForEither(ring_ ? ring_->fd() : -1, wake_fd, deadline);
    if (ring_) ring_->Consume(on_event);
  } while (!woken && clock.Now() < deadline);
  return woken ? Wake::kWakeFd : Wake::kDeadline;
}

bool Probes::Readable() {
  if (shared_ && !shared_->Readable()) return false;
  if (!snapshot_) return true;
  std::vector<CgroupCounters> samples;
  const bool sampled = snapshot_->Sample(samples, Depth::kAll).has_value();
  // What was born since the directories were walked is in the ring, which nobody has read.
  snapshot_->ForgetUnknown();
  return sampled;
}

KernelLosses Probes::losses() const {
  KernelLosses losses;
  if (shared_) {
    losses.ring_full = shared_->Lost(LOSS_RING_FULL);
    losses.map_full = shared_->Lost(LOSS_MAP_FULL);
    losses.log_lines = shared_->Lost(LOSS_LOG_LINES);
  }
  if (ring_) losses.bad_event = ring_->bad_events();
  losses.unknown_cgroup = aggregates_.unknown() + (snapshot_ ? snapshot_->unknown() : 0);
  return losses;
}

}  // namespace

std::unique_ptr<KernelProbes> KernelProbes::Open(const KernelProbesOptions& options, CgroupIndex& index) {
  return std::make_unique<Probes>(options, index);
}

}  // namespace loadline::agent
