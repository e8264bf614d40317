// What agent and collector say to one another, as plain values.
//
// These structs are the vocabulary of the whole project: the agent fills them, encode.h turns them into
// frames, and decode.h gives them back. The layout of the bytes is the business of the .fbs files; the
// protocol, who says what and when, is docs/protocol.md. All times are wall-clock nanoseconds of the node
// since 1970 unless a name says otherwise; the collector never uses them to judge freshness.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "schemas/base/secret.h"
#include "schemas/base/units.h"
#include "schemas/wire/counters.h"
#include "schemas/wire/losses.h"

namespace loadline::wire {

// A collector understands agents one minor version older and newer. A major version is another language.
inline constexpr std::uint16_t kProtocolMajor = 1;
inline constexpr std::uint16_t kProtocolMinor = 0;

// The largest frame either side accepts, in bytes.
inline constexpr std::size_t kMaxFrameBytes = 1 << 20;

// ---- signals and how they are read ------------------------------------------------------------------------

enum class Signal : std::uint8_t {
  kCgroupCounters,   // CPU, throttling and memory counters of every cgroup
  kCgroupLifecycle,  // birth and death of cgroups, with their path
  kOomKill,          // every victim of the OOM killer
  kMemoryReclaim,    // stalls of tasks that reclaim at their cgroup's limit
  kCpuThrottle,      // the shape of throttling: how long each stop, how many
  kProcessExit,      // CPU and peak memory of processes that ended
  kRunQueue,         // waiting for a CPU while not throttled
  kPressure,         // PSI totals
  kKernelLog,        // node faults that the kernel writes of
};
inline constexpr int kSignalCount = 9;

// From best to none.
enum class Rung : std::uint8_t { kFexit, kTpBtf, kTracepoint, kIterator, kFiles, kOff };

struct SignalRung {
  Signal signal{};
  Rung rung = Rung::kOff;
  std::string why;  // Why no better rung is in use; empty on the best one.
  bool operator==(const SignalRung&) const = default;
};

const char* Name(Signal signal);  // "cgroup_counters", ...
const char* Name(Rung rung);      // "fexit", ...

// ---- identity ---------------------------------------------------------------------------------------------

enum class CgroupKind : std::uint8_t {
  kRoot,          // the whole machine
  kSlice,         // an inner node: kubepods, a QoS class, system.slice
  kPod,           // a Kubernetes pod
  kPodContainer,  // a container of a Kubernetes pod
  kDocker,        // a container of a container runtime outside Kubernetes
  kSystemdUnit,   // a service or scope of systemd
  kPlain,         // any other cgroup: named by its path
};

enum class QosClass : std::uint8_t { kNone, kGuaranteed, kBurstable, kBestEffort };

const char* Name(CgroupKind kind);  // "pod_container", ...
const char* Name(QosClass qos);     // "burstable", ...

// Who a cgroup is. The path is the one below the cgroup root, the same in every hierarchy. In an event it may be
// that of a cgroup which the agent cannot name: number 0, and no path.
struct CgroupIdentity {
  // The agent's number for this cgroup: unique within an epoch, never used again.
  std::uint32_t ref = 0;
  CgroupKind kind = CgroupKind::kPlain;
  QosClass qos = QosClass::kNone;
  std::string path;          // "/kubepods/burstable/pod<uid>/<container id>"
  std::string pod_uid;       // with dashes; empty outside Kubernetes
  std::string container_id;  // 64 hex digits; empty when the cgroup is not a container
  std::string unit;          // "nginx.service"; empty when it is not systemd's
  // Below the container: "/init.scope" of a nested cgroup that belongs to the container above it. Empty for
  // itself.
  std::string sub_path;
  bool operator==(const CgroupIdentity&) const = default;

  [[nodiscard]] bool IsNamed() const { return !path.empty(); }
};

// ---- one container, one window ----------------------------------------------------------------------------

// Use of CPU during the window.
struct CpuWindow {
  std::uint32_t usage_us = 0;
  // The one-second samples of the window, counted by bucket of the recommender's CPU histogram (0-175),
  // ascending.
  struct Bin {
    std::uint8_t bucket = 0;
    std::uint8_t count = 0;
    bool operator==(const Bin&) const = default;
  };
  std::vector<Bin> one_second;
  std::uint32_t run_queue_wait_us = 0;  // summed over tasks; 0 when the signal is off
  bool operator==(const CpuWindow&) const = default;
};

// CFS bandwidth control during the window. Periods and times are the kernel's own counters; the shape is
// ours.
struct ThrottleWindow {
  std::uint32_t periods = 0;
  std::uint32_t throttled_periods = 0;
  std::uint64_t throttled_us = 0;  // summed over CPUs, so it may exceed the window
  std::uint32_t episodes = 0;      // CPU-level stops; 0 when the signal is off
  std::uint32_t longest_us = 0;    // the longest stop that ended in this window
  bool operator==(const ThrottleWindow&) const = default;
};

// Memory at the end of the window, bytes. On the wire it is whole 4 KiB pages, rounded up.
struct MemoryWindow {
  Bytes current = 0;
  Bytes peak = 0;  // the highest seen in this window
  Bytes anon = 0;
  Bytes file = 0;
  Bytes kernel = 0;
  Bytes shmem = 0;
  Bytes inactive_file = 0;  // working set = current - inactive_file, as the kubelet computes it
  Bytes swap = 0;           // moved out of memory; beside `current`, not in it
  bool operator==(const MemoryWindow&) const = default;
};

// What happened at the memory limits during the window; counts of memory.events and workingset_refault.
struct MemoryEventsWindow {
  std::uint32_t low = 0;
  std::uint32_t high = 0;
  std::uint32_t max = 0;
  std::uint32_t oom = 0;
  std::uint32_t oom_kill = 0;
  std::uint32_t oom_group_kill = 0;
  std::uint32_t refaults = 0;
  std::uint32_t reclaim_stalls = 0;    // tasks that had to reclaim at the limit
  std::uint32_t reclaim_stall_us = 0;  // how long they did, summed
  bool operator==(const MemoryEventsWindow&) const = default;
};

// Pressure stall time during the window, microseconds.
struct PressureWindow {
  std::uint32_t cpu_some_us = 0;
  std::uint32_t cpu_full_us = 0;
  std::uint32_t memory_some_us = 0;
  std::uint32_t memory_full_us = 0;
  std::uint32_t io_some_us = 0;
  std::uint32_t io_full_us = 0;
  bool operator==(const PressureWindow&) const = default;
};

// What block devices did for the cgroup during the window; io.stat, summed over devices.
struct IoWindow {
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;
  std::uint32_t reads = 0;
  std::uint32_t writes = 0;
  bool operator==(const IoWindow&) const = default;
};

// Limits and requests as the cgroup has them. 0 means "none".
struct CgroupLimits {
  MilliCores cpu_limit = 0;    // quota / period
  MilliCores cpu_request = 0;  // from cpu.weight or cpu.shares by the kubelet's formula
  Bytes memory_limit = 0;
  Bytes memory_high = 0;
  Bytes memory_request = 0;  // memory.min or memory.low
  bool operator==(const CgroupLimits&) const = default;
};

// Memory in huge pages (hugetlb), of all sizes together. The kernel keeps it apart: it is in no field of MemoryWindow.
struct HugePagesWindow {
  Bytes held = 0;
  Bytes limit = 0;  // 0: none, or it may not have any
  bool operator==(const HugePagesWindow&) const = default;
};

// What bounds its use of CPU beside its limit.
struct CpuBounds {
  std::uint32_t cpus = 0;  // that its cpuset lets it run on (cpuset.cpus.effective); 0: not known
  // cpu.max.burst: what it may use beyond its quota in one period, of quota that it left unused before. 0: nothing.
  std::uint32_t burst_us = 0;
  bool operator==(const CpuBounds&) const = default;
};

// Processes that ended during the window: what lived too briefly to be sampled.
struct ExitWindow {
  std::uint32_t exits = 0;
  std::uint64_t cpu_us = 0;
  Bytes largest_rss = 0;
  bool operator==(const ExitWindow&) const = default;
};

// One cgroup in one window. A part that is absent did not change (memory, limits, huge pages, bounds), or is not known to
// this agent; all others were zero.
struct ContainerWindow {
  std::uint32_t ref = 0;
  std::optional<CpuWindow> cpu;
  std::optional<ThrottleWindow> throttle;
  std::optional<MemoryWindow> memory;
  std::optional<MemoryEventsWindow> memory_events;
  std::optional<PressureWindow> pressure;
  std::optional<CgroupLimits> limits;
  std::optional<ExitWindow> exits;
  std::optional<IoWindow> io;
  std::optional<HugePagesWindow> huge_pages;
  std::optional<CpuBounds> cpu_bounds;
  SomeCounters counters;        // what those grew by that are in no other part
  std::uint32_t processes = 0;  // sent with `memory`
  bool operator==(const ContainerWindow&) const = default;
};

// ---- the node ---------------------------------------------------------------------------------------------

struct NodeCapacity {
  MilliCores cpu = 0;
  Bytes memory = 0;
  bool operator==(const NodeCapacity&) const = default;
};

struct NodeWindow {
  Bytes memory_available = 0;  // MemAvailable of /proc/meminfo
  PressureWindow pressure;
  // Disks that carry the root and the state folders: path, bytes free and in all.
  struct Disk {
    std::string path;
    Bytes free = 0;
    Bytes total = 0;
    bool read_only = false;
    bool operator==(const Disk&) const = default;
  };
  std::vector<Disk> disks;
  std::uint32_t cgroups = 0;        // alive; 0: an agent that does not say
  std::uint32_t dying_cgroups = 0;  // removed, and held by memory that is charged to them
  bool operator==(const NodeWindow&) const = default;
};

// What the node's clocks say at one moment. Nothing moves `mono` but time, `wall` may be wrong and be set.
struct ClockReading {
  std::int64_t mono_ns = 0;  // since the node's boot; 0: an agent that does not say
  std::int64_t wall_ns = 0;  // since 1970
  bool operator==(const ClockReading&) const = default;

  [[nodiscard]] bool IsTold() const { return mono_ns > 0; }
};

// ---- records: numbered, spooled, acknowledged -------------------------------------------------------------

// One window of one node. A window too large for one frame is cut into parts (SplitToFit in encode.h): all
// repeat the window's times, samples and node; identities come first and `gone` last; losses and the agent's
// cost are only in the first, so that sums stay sums.
struct Report {
  std::int64_t window_start_ns = 0;
  std::int64_t window_end_ns = 0;
  std::uint32_t samples = 0;               // one-second samples in the window
  bool more = false;                       // another part of the same window follows
  std::vector<CgroupIdentity> identities;  // cgroups not yet known to have reached the collector
  std::vector<std::uint32_t> gone;  // cgroups that ended in this window, after their last ContainerWindow
  std::vector<ContainerWindow> containers;  // ascending by ref
  NodeWindow node;
  LossCounts losses;
  std::uint64_t agent_cpu_us = 0;  // the agent's own cost in the window
  Bytes agent_rss = 0;
  std::uint8_t backed_off = 0;        // steps that the agent has gone back to stay within its CPU budget
  std::uint32_t longest_walk_us = 0;  // the longest that it held the kernel's lock of all cgroups
  bool operator==(const Report&) const = default;
};

// One victim of the OOM killer. Complete in itself: it may arrive before any report that names its cgroups.
// With memory.oom.group one decision of the kernel has as many victims as the cgroup has processes.
struct OomKill {
  std::int64_t at_ns = 0;
  CgroupIdentity victim;  // the cgroup the victim lived in
  // Whose limit was hit; absent when the whole machine was out of memory.
  std::optional<CgroupIdentity> limit_owner;
  Bytes owner_usage = 0;  // of the limit owner at the kill; 0 when unknown
  Bytes owner_limit = 0;
  Bytes victim_rss = 0;   // of the process
  std::uint32_t pid = 0;  // thread group
  std::string command;    // "comm" of the victim
  std::int32_t oom_score_adj = 0;
  Rung seen_through = Rung::kOff;
  // The same for all victims of one decision, and for no other of this boot; 0 when unknown.
  std::uint64_t decision = 0;
  bool group = false;  // all processes of a cgroup fell by it, as memory.oom.group asks
  bool operator==(const OomKill&) const = default;

  // Otherwise it was counted, by the kernel or in a pod's status: which process it was nobody saw.
  [[nodiscard]] bool NamesProcess() const { return pid != 0; }
  // No agent saw it, and the pod's status says so.
  [[nodiscard]] bool IsFromPodStatus() const { return pid == 0 && seen_through == Rung::kOff; }
};

// Tasks of a cgroup have begun to stall in reclaim at their limit; or none has, and its memory grows toward the limit so
// fast that it is seconds away (memory_growth.h). Sent once at the edge, at most once in 10 s.
struct MemoryStall {
  std::int64_t at_ns = 0;
  CgroupIdentity cgroup;
  std::uint32_t stall_us =
      0;            // of the stall that raised it; 0: nobody stalled, memory grows toward the limit
  Bytes usage = 0;  // of a growth, what cannot be reclaimed
  Bytes limit = 0;
  bool operator==(const MemoryStall&) const = default;
};

// What the node's kernel log, or a check on it, says of the node's health.
struct HealthEvent {
  std::int64_t at_ns = 0;
  std::string source;  // who found it: "kernel-log"
  // It holds until an event says that it has ended, or the node boots again. Empty: something has happened.
  std::string condition;
  std::string reason;       // a rule's word: "TaskHung"
  std::string message;      // the evidence, as the kernel wrote it
  std::uint32_t times = 1;  // since it was last said of this reason
  bool ended = false;       // the condition holds no longer
  bool operator==(const HealthEvent&) const = default;
};

using Event = std::variant<OomKill, MemoryStall, HealthEvent>;

// A record with its place in the agent's stream.
struct Record {
  std::uint64_t epoch = 0;     // the agent start that made it; refs of cgroups are of the same epoch
  std::uint64_t sequence = 0;  // 1, 2, 3 ... within an epoch
  std::variant<Report, Event> body;
  ClockReading made;  // when it was; all times of the body are by this `wall`
  bool operator==(const Record&) const = default;
};

// ---- control ----------------------------------------------------------------------------------------------

// Agent -> collector, first on every connection.
struct Hello {
  std::uint16_t major = kProtocolMajor;
  std::uint16_t minor = kProtocolMinor;
  std::string node;
  std::string boot_id;
  std::uint64_t epoch = 0;  // one agent start; grows with every start on a node
  // The first record of this epoch that no collector has acknowledged. Of those from here on that never
  // arrive the agent has dropped all.
  std::uint64_t first_sequence = 1;
  std::string agent_version;
  std::string kernel_version;
  std::vector<SignalRung> signals;
  NodeCapacity capacity;
  std::uint32_t window_ms = 10'000;
  Secret token;
  ClockReading clocks;  // now
  bool probes = false;  // it answers ProbeNeighbours
  bool operator==(const Hello&) const = default;
};

// Collector -> agent.
struct Welcome {
  std::uint64_t last_sequence = 0;  // the last record of this epoch that is committed; 0 when none is
  std::uint32_t window_ms = 0;      // asked of the agent; 0 leaves it as it is
  bool operator==(const Welcome&) const = default;
};

enum class RejectReason : std::uint8_t {
  kBadToken,
  kWrongVersion,
  kNodeNameTaken,  // another live agent speaks for this node
  kBadFrame,
  kNotGreeted,  // a record before a Hello: say Hello again
};
const char* Name(RejectReason reason);

struct Reject {
  RejectReason reason{};
  std::string message;
  bool operator==(const Reject&) const = default;
};

struct Ack {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;  // this record and all before it are committed
  bool operator==(const Ack&) const = default;
};

// Agent -> collector, every second, not spooled.
struct Heartbeat {
  std::uint64_t epoch = 0;
  std::uint32_t window_age_ms = 0;  // age of the last closed window: tells a stuck sampler from a live socket
  std::uint64_t spooled_records = 0;
  ClockReading clocks;    // now
  bool stopping = false;  // the last one: the agent was asked to end
  bool operator==(const Heartbeat&) const = default;
};

// Where another node's kubelet listens.
struct KubeletPort {
  std::string node;
  std::string address;  // of IPv4 or IPv6, in numbers
  std::uint16_t port = 0;
  bool operator==(const KubeletPort&) const = default;
};

inline constexpr std::size_t kMostProbed = 16;  // kubelets, with one question

// Collector -> agent: whether anything answers there, seen from the agent's node. Connections, and nothing is said on them.
struct ProbeNeighbours {
  std::vector<KubeletPort> kubelets;  // at most kMostProbed
  bool operator==(const ProbeNeighbours&) const = default;
};

enum class ProbeOutcome : std::uint8_t {
  kNoAnswer,
  kRefused,  // its machine answers, and nobody listens
  kAccepted,
};

// Agent -> collector: what was found at one of them.
struct NeighbourProbed {
  std::string node;
  ProbeOutcome outcome{};
  bool operator==(const NeighbourProbed&) const = default;
};

using Message =
    std::variant<Hello, Welcome, Reject, Ack, Heartbeat, ProbeNeighbours, NeighbourProbed, Record>;

}  // namespace loadline::wire
