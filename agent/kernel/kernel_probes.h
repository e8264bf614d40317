// The probes of this node, running: what the kernel tells, in the agent's words.
//
//   auto probes = KernelProbes::Open({.hierarchies = hierarchies}, index);
//   ... walk the cgroup directories once, after this, so that no birth is missed ...
//   probes->Drain(next_sample, wake_fd, [&](const KernelEvent& event) { ... });
//   probes->counters()->Sample(samples, Depth::kAll);
//   probes->MergeAggregates(samples);
//
// Each signal runs on the best rung this kernel allows, found by looking at its BTF and by trying; what
// cannot run is off and says why in rungs(). Opening never fails: with no capability at all every rung is
// off. Needs CAP_BPF and CAP_PERFMON. Not thread-safe: the agent's loop owns it.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "agent/signal/cgroup_counters.h"
#include "agent/signal/cgroup_hierarchy.h"
#include "agent/signal/cgroup_index.h"
#include "agent/signal/kernel_event.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

struct KernelProbesOptions {
  // Every mounted hierarchy. Those with cpu, cpuacct or memory are walked (without
  // any, v2 is); births and deaths are told of all.
  std::vector<CgroupHierarchy> hierarchies;

  // Signals that are left off though the kernel could give them.
  // Run-queue wait costs about 0.1 us on every context switch, which is why one has to ask for it.
  std::vector<wire::Signal> off = {wire::Signal::kRunQueue};

  // A better rung than this is not tried for the signal: how tests run the worse ones.
  struct Ceiling {
    wire::Signal signal{};
    wire::Rung rung{};
  };
  std::vector<Ceiling> ceilings;

  // The ring all events go through; a power of two. A birth takes about 150 bytes, an OOM kill 128. A larger
  // one survives longer storms between two drains, and is kernel memory charged to the agent.
  std::size_t ring_bytes = 1 << 20;

  // How long one slice of a walk may hold the kernel's cgroup_mutex: mkdir and rmdir of others wait as long.
  Duration slice = std::chrono::microseconds(800);
};

// What was lost or could not be used, counted since Open.
struct KernelLosses {
  // Events that found no room in the ring. Births may be among them: walk the directories again when it
  // grows.
  std::uint64_t ring_full = 0;
  std::uint64_t map_full = 0;        // aggregates that found no room in their map
  std::uint64_t log_lines = 0;       // of the kernel's log, beyond what is taken in a second
  std::uint64_t bad_event = 0;       // ring records of a wrong size or kind
  std::uint64_t unknown_cgroup = 0;  // counters and aggregates of cgroups the index does not know
};

class KernelProbes {
 public:
  // Why Drain returned.
  enum class Wake { kDeadline, kWakeFd };
  using OnEvent = std::function<void(const KernelEvent&)>;

  // `index` must outlive the probes.
  static std::unique_ptr<KernelProbes> Open(const KernelProbesOptions& options, CgroupIndex& index);
  virtual ~KernelProbes() = default;

  // One entry for each signal but kPressure, which is read from files alone; in the order of wire::Signal.
  // Counters that are off here may still be had from files.
  [[nodiscard]] virtual const std::vector<wire::SignalRung>& rungs() const = 0;

  // Delivers events in the order in which they happened until the deadline, or until wake_fd (-1: none) is
  // readable, which is left for the caller to read. Events that are there are delivered even when the
  // deadline has passed. OOM kills and stalls are delivered at once; births and deaths at the latest at the
  // deadline.
  virtual Wake Drain(Mono deadline, int wake_fd, const OnEvent& on_event) = 0;

  // The iterator, or null when this kernel has none (before 6.1).
  [[nodiscard]] virtual CounterSource* counters() = 0;

  // Adds what the probes gathered since the last call to the samples of the cgroups, as ProbeCounters. A
  // cgroup that is not among the samples, because it is gone already, gets one that has nothing else.
  virtual void MergeAggregates(std::vector<CgroupCounters>& samples) = 0;

  // Whether maps and iterator can be read with the capabilities that are in effect now; true when no probe
  // runs.
  [[nodiscard]] virtual bool Readable() = 0;

  [[nodiscard]] virtual KernelLosses losses() const = 0;
  // Of walks over the cgroups since Open: pieces, between which others can have the kernel's lock of all cgroups.
  [[nodiscard]] virtual std::uint64_t slices() const = 0;
  // The longest of them since the last call.
  virtual Duration TakeLongestWalk() = 0;

  // For so long the probes have run in other tasks since Open: what no clock of this process sees.
  [[nodiscard]] virtual Duration own_time() const = 0;
};

}  // namespace loadline::agent
