// What the model holds: nodes, workloads, their containers, and the replicas of these on the nodes.
//
// Compact, because there may be a hundred thousand containers. Data alone: what finds one from another (names,
// ids, lists, places, numbers, charges) is Registry's (registry.h), what was measured that of Windows, what is
// remembered that of Past. All times of windows are clamped to the collector's clock.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/advice/advice.h"
#include "collector/model/capacity.h"
#include "collector/model/cgroups_above.h"
#include "collector/model/container_spec.h"
#include "collector/model/findings.h"
#include "collector/model/group_kills.h"
#include "collector/model/slots.h"
#include "collector/model/trail.h"
#include "collector/snapshot/snapshot.h"
#include "collector/usage/container_usage.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::collector {

using NodeId = std::uint32_t;
using WorkloadId = std::uint32_t;
using ContainerId = std::uint32_t;
using ReplicaId = std::uint32_t;

// What the last window of a replica said; its length is zero when there was none lately.
struct LiveWindow {
  Wall end{};
  Duration length{};
  std::uint32_t cpu_us = 0;
  std::uint32_t run_queue_wait_us = 0;
  wire::ThrottleWindow throttle;
  wire::PressureWindow pressure;
};

// The windows of about the last minute, for rules that look at more than one.
class RecentWindows {
 public:
  struct Window {
    std::uint32_t end_s = 0;
    std::uint16_t length_ms = 0;
    std::uint16_t periods = 0;
    std::uint16_t throttled_periods = 0;
    std::uint16_t memory_stall_ms = 0;
    std::uint32_t used_ms = 0;     // CPU, below the limit that stops it: Replica::used_of_limit_us
    std::uint32_t stopped_ms = 0;  // by that limit, summed over CPUs
  };
  static constexpr std::size_t kWindows = 6;

  void Add(const Window& window) { windows_[next_++ % kWindows] = window; }
  [[nodiscard]] const std::array<Window, kWindows>& windows() const { return windows_; }
  [[nodiscard]] std::vector<Window> OldestFirst() const {
    std::vector<Window> windows;
    for (std::uint32_t i = next_ - std::min<std::uint32_t>(next_, kWindows); i != next_; ++i)
      windows.push_back(windows_[i % kWindows]);
    return windows;
  }

 private:
  std::array<Window, kWindows> windows_{};
  std::uint32_t next_ = 0;
};

// One container instance: a cgroup on a node.
struct Replica {
  NodeId node = 0;
  std::uint32_t ref = 0;  // the agent's number of it; 0: none in this epoch, or that of an earlier one
  ContainerId container = 0;
  std::size_t place = 0;  // in its container's list
  std::string path;
  std::string pod;  // "" outside Kubernetes
  Wall first_seen{};
  LiveWindow live;
  wire::MemoryWindow memory;
  std::uint32_t processes = 0;
  wire::CgroupLimits limits;  // as the kernel has them
  wire::CpuBounds cpu_bounds;
  std::optional<wire::HugePagesWindow> huge_pages;  // nothing: its agent has not said
  std::optional<ContainerSpec> spec;                // nothing: no pod's, or not known yet
  wire::QosClass qos = wire::QosClass::kNone;       // by its path
  // The smallest of its own limits and those of the cgroups above, and which of them last stopped it. Not saved,
  // the next windows bring them again.
  LimitAt cpu_limit;
  LimitAt memory_limit;
  LimitAt throttled_by;
  std::uint32_t used_of_limit_us = 0;  // CPU in the last window: its own, or of all who share that limit
  RecentWindows recent;
  Trail working_set;  // bytes
  ContainerUsage usage;

  // As far as is known: its node was heard within the last minute.
  [[nodiscard]] bool running() const { return live.length != Duration(0); }
  [[nodiscard]] Amounts request() const {
    return spec ? spec->request : Amounts{.cpu = limits.cpu_request, .memory = limits.memory_request};
  }
  [[nodiscard]] wire::QosClass Qos() const {
    return spec && spec->qos != wire::QosClass::kNone ? spec->qos : qos;
  }
};

// Pods of which it is known that they have a container, the latest ones; not saved, pods are listed again.
class RecentPods {
 public:
  void Add(std::string_view pod) {
    if (!pod.empty() && !Has(pod)) pods_[next_++ % pods_.size()] = Hash(pod);
  }
  [[nodiscard]] bool Has(std::string_view pod) const {
    return std::ranges::find(pods_, Hash(pod)) != pods_.end();
  }

 private:
  static std::size_t Hash(std::string_view pod) { return std::hash<std::string_view>{}(pod); }

  std::array<std::size_t, 8> pods_{};
  std::size_t next_ = 0;
};

// One container of a workload: all its replicas, and what is left of those that are gone.
struct Container {
  WorkloadId workload = 0;
  std::size_t place = 0;  // in its workload's list
  // The node that told of it first, whose bound it counts against; its id may be another's after a restart.
  NodeId maker = kNobody;
  static constexpr NodeId kNobody = 0xffff'ffff;
  std::string name;
  Wall first_seen{};
  Wall last_seen{};
  std::vector<ReplicaId> replicas;
  std::unique_ptr<ContainerUsage> past;  // null: no replica is gone yet
  // Of a workload that is sized by class of node instead, where the class is known.
  struct ClassPast {
    std::string node_class;
    ContainerUsage usage;
  };
  std::vector<ClassPast> class_pasts;
  // What another recommender had learnt, until our own is long enough; null: nothing was taken over.
  std::unique_ptr<ContainerUsage> taken_over;

  // What the API server told last of any of its pods: it holds while none of them runs, as between two crashes.
  std::optional<ContainerSpec> last_spec;
  RecentPods pods;

  // Since the collector knows it.
  std::uint64_t cpu_us = 0;
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  std::uint64_t throttled_us = 0;
  std::uint64_t oom_kills = 0;    // decisions of the OOM killer
  std::uint64_t oom_victims = 0;  // processes that fell by them
  wire::Counters counters;
  std::vector<Wall> recent_kills;  // oldest first, at most kRecentKills
  static constexpr std::size_t kRecentKills = 8;

  // Highest of one replica in the current hour and the one before; and of a process that ended, not saved.
  Bytes peak = 0;
  Bytes peak_before = 0;
  Bytes exited = 0;
  Bytes exited_before = 0;
  std::int64_t peak_hour = 0;

  // The history's point that is still open: a slot of ten seconds.
  std::int64_t open_slot = 0;
  UsageHistory history;
  std::shared_ptr<const Advice> advice;  // null: none yet
  // The same in words, see view.h; null until it is shown.
  mutable std::shared_ptr<const RecommendationView> recommendation;
};

struct Workload {
  // A pod on every node: what one needs depends on the node.
  [[nodiscard]] bool SizedByNodeClass() const { return kind == "DaemonSet"; }

  std::string id;
  std::string namespace_name;
  std::string kind;
  std::string name;
  std::vector<ContainerId> containers;
  // The view of the last snapshot; null when something has changed since.
  mutable std::shared_ptr<const WorkloadView> view;
};

struct Node {
  // Machines of one size are one class: "4 CPUs, 16 GiB". Empty: not known.
  [[nodiscard]] std::string Class() const;
  // Whether its agent can see this. Of one that has not greeted yet the best is assumed.
  [[nodiscard]] bool Sees(wire::Signal signal) const {
    const auto found = std::ranges::find(signals, signal, &wire::SignalRung::signal);
    return found == signals.end() || found->rung != wire::Rung::kOff;
  }
  // Counts what its last record asked for and did not get.
  void Refuse(std::uint64_t RefusedCounts::* what) {
    ++(refused.*what);
    last_refused = last_record;
  }

  std::string name;
  NodePlace place;
  std::string boot_id;
  std::uint64_t epoch = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t missing_records = 0;
  Wall first_seen{};
  Wall last_record{};
  // Between the last record of the start of its agent before this one, and the first of this one.
  Wall away_from{};
  Wall away_until{};

  GroupKills group_kills;
  Findings findings;  // of its kernel's log and of checks on it

  // Of the last greeting.
  std::string agent_version;
  std::string kernel_version;
  wire::NodeCapacity capacity;
  std::vector<wire::SignalRung> signals;

  // Of the last window.
  Wall window_end{};
  Duration window_length{};
  bool window_open = false;  // more of its parts may come
  bool told_all = false;     // no record is missing since that window began
  bool births = false;       // what is first told of in it began in it
  std::uint64_t cpu_us = 0;  // of the root cgroup
  wire::NodeWindow last;
  std::uint64_t agent_cpu_us = 0;
  Bytes agent_rss = 0;
  std::uint8_t backed_off = 0;        // steps, see wire::Report
  std::uint32_t longest_walk_us = 0;  // of the last window

  // What its kubelet weighs against the eviction threshold; not saved, the next windows bring it again.
  wire::MemoryWindow machine_memory;  // of the root cgroup
  Bytes eviction_available = 0;       // memory.available; 0: not known
  Trail available;                    // the same over time
  Trail pressure;                     // share of time in which some task waited for memory
  // Containers that ended lately, for what is told of them afterwards; at most kDeparted, oldest first.
  struct Departed {
    std::string path;
    std::string workload_id;
    std::string container;
    Wall first_seen{};
    Wall at{};
    Trail working_set;
  };
  static constexpr std::size_t kDeparted = 64;
  std::vector<Departed> departed;

  ToldCapacity told;  // as the cluster has it

  // What counts against its bounds; not saved, but counted anew.
  std::size_t made = 0;        // containers that it was the first to tell of
  std::size_t name_bytes = 0;  // of its replicas, and of these
  double windows_left = 60;    // that may begin now
  RefusedCounts refused;       // since the collector started
  Wall last_refused{};

  wire::LossCounts losses;       // summed
  wire::LossCounts last_losses;  // of the last window
  std::uint64_t samples = 0;     // container windows

  // The agent's numbers of this epoch. A tree, because an agent may give and take them in any order.
  static constexpr ReplicaId kIgnored = 0xffff'ffff;  // slices, pods, nested cgroups
  static constexpr ReplicaId kWholeMachine = 0xffff'fffe;
  std::map<std::uint32_t, ReplicaId> refs;
  // Numbers that replicas had before in the window that is open, whose figures are still to come.
  std::map<std::uint32_t, ReplicaId> earlier_refs;
  // Pods and slices; of refs they are kIgnored.
  CgroupsAbove above;
  // All replicas on the node by their path, which lies in them: what is below a path stands right behind it.
  std::map<std::string_view, ReplicaId> by_path;
};

}  // namespace loadline::collector
