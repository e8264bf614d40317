// What the agent's loop reads the node through: the kernel and files behind it, or a test.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "agent/identity/cgroup_table.h"
#include "agent/signal/cgroup_counters.h"
#include "agent/signal/kernel_event.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

// Not thread-safe: one loop owns it.
class NodeSource {
 public:
  virtual ~NodeSource() = default;

  using OnEvent = std::function<void(const KernelEvent&)>;

  // Waits until the deadline and delivers OOM kills and stalls as they come; births and deaths go into the
  // table by themselves. False when `stop_fd` (-1: none) became readable first.
  virtual bool WaitUntil(Mono deadline, int stop_fd, const OnEvent& on_event) = 0;

  // The counters of all cgroups now, at least to this depth; with kMoving those in which nothing moved may be left
  // out. Those that ended since the last call are there once more. The span is good until the next call.
  virtual Result<std::span<const CgroupCounters>> Sample(Mono now, Depth depth) = 0;

  // Stall times and block I/O of one cgroup, and stall times of the machine; absent when there are none.
  virtual std::optional<PressureCounters> Pressure(std::uint32_t ref) = 0;
  virtual std::optional<IoCounters> Io(std::uint32_t ref) = 0;
  virtual std::optional<PressureCounters> MachinePressure() = 0;
  // What one cgroup may run on, and holds in huge pages; nothing of one that is gone.
  virtual std::optional<Allotment> Allotted(std::uint32_t ref) = 0;

  virtual std::optional<Bytes> MemoryAvailable() = 0;
  virtual std::vector<wire::NodeWindow::Disk> Disks() = 0;
  virtual std::optional<CgroupCount> Cgroups() = 0;
  // What the kernel's log and checks have said of the node's health since the last call, as far as it is to be told.
  virtual std::vector<wire::HealthEvent> Health(Mono now, Wall wall) = 0;
  // The longest that the kernel's lock of all cgroups was held by a sample since the last call.
  virtual Duration TakeLongestWalk() = 0;
  // CPU time that watching has cost other tasks since the start.
  [[nodiscard]] virtual Duration CostToOthers() const = 0;

  [[nodiscard]] virtual const CgroupTable& table() const = 0;
  // The refs born since the last call; those that were there before the agent are never among them.
  virtual std::vector<std::uint32_t> TakeBorn() = 0;
  // Totals since the start.
  [[nodiscard]] virtual wire::LossCounts losses() const = 0;
};

}  // namespace loadline::agent
