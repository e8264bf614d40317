// This machine as a NodeSource: each signal through the best rung that works here.
//
// Counters come from the iterator of agent/kernel, or from files where the kernel has none. Births and deaths
// come from probes, or from walking the cgroup folders every few seconds. A walk also repairs the table after
// events were lost, and when births for which there was no room would have some. OOM kills that no probe can see
// are seen through the kernel's counters of them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "agent/checks/check_list.h"
#include "agent/checks/checker.h"
#include "agent/health/kernel_log.h"
#include "agent/host/allotment.h"
#include "agent/host/cgroup_mounts.h"
#include "agent/host/disks.h"
#include "agent/host/file_counter_source.h"
#include "agent/host/io_stat.h"
#include "agent/host/machine.h"
#include "agent/host/pressure.h"
#include "agent/kernel/kernel_probes.h"
#include "agent/source/counted_kills.h"
#include "agent/source/node_source.h"

namespace loadline::agent {

struct MachineSourceOptions {
  HostRoot host;
  std::vector<wire::Signal> off = {wire::Signal::kRunQueue};
  std::vector<KernelProbesOptions::Ceiling> ceilings;
  std::vector<std::string> disks = {"/", "/var/lib/kubelet", "/var/lib/containerd"};
  FileCounterOptions files;
  CgroupTable::Options table;
  KernelLogOptions log;
  CheckOptions checks;
};

class MachineSource final : public NodeSource {
 public:
  // Fails when no cgroup hierarchy can be found or walked: without counters there is nothing to tell. And when a file of
  // rules for the kernel's log is bad, or one of plugins.
  static Result<std::unique_ptr<MachineSource>> Open(MachineSourceOptions options, Mono now);

  bool WaitUntil(Mono deadline, int stop_fd, const OnEvent& on_event) override;
  Result<std::span<const CgroupCounters>> Sample(Mono now, Depth depth) override;
  std::optional<PressureCounters> Pressure(std::uint32_t ref) override;
  std::optional<IoCounters> Io(std::uint32_t ref) override;
  std::optional<Allotment> Allotted(std::uint32_t ref) override;
  std::optional<PressureCounters> MachinePressure() override { return machine_pressure_.Read(); }
  std::optional<Bytes> MemoryAvailable() override;
  std::vector<wire::NodeWindow::Disk> Disks() override { return disks_.Read(); }
  std::optional<CgroupCount> Cgroups() override { return CountCgroups(mounts_); }
  std::vector<wire::HealthEvent> Health(Mono now, Wall wall) override;
  Duration TakeLongestWalk() override { return kernel_->TakeLongestWalk(); }
  [[nodiscard]] Duration CostToOthers() const override { return kernel_->own_time(); }
  [[nodiscard]] const CgroupTable& table() const override { return table_; }
  std::vector<std::uint32_t> TakeBorn() override { return std::exchange(born_, {}); }
  [[nodiscard]] wire::LossCounts losses() const override;

  // Whether the probes can be read with the capabilities that are in effect now.
  bool ProbesReadable() { return kernel_->Readable(); }

  // One entry for each signal, in the order of wire::Signal.
  [[nodiscard]] const std::vector<wire::SignalRung>& rungs() const { return rungs_; }
  [[nodiscard]] const CgroupMounts& mounts() const { return mounts_; }

  // The checks on the node, those that do not run here among them; empty once they have begun.
  [[nodiscard]] std::vector<PlannedCheck>& checks() { return checks_; }
  [[nodiscard]] const std::vector<PlannedCheck>& checks() const { return checks_; }
  // Begins them, with the capabilities that are left now. What they find comes by Health. `clock` must outlive this.
  void StartChecks(const Clock& clock);

 private:
  MachineSource(MachineSourceOptions options, CgroupMounts mounts, std::unique_ptr<KernelLog> log,
                std::vector<PlannedCheck> checks);

  void SettleRungs();
  void UseFiles(wire::SignalRung& rung) const;
  void SettleKernelLog();
  // Null when they are turned off.
  [[nodiscard]] CounterSource* Counters() const;
  [[nodiscard]] wire::SignalRung& RungOf(wire::Signal signal);
  [[nodiscard]] bool WalkIsDue(Mono now) const;
  // Whether there are cgroups that only a walk can bring into the table.
  [[nodiscard]] bool MissesBirths() const;
  Result<void> Walk(Mono now);
  void WalkAgain(Mono now);
  void FollowChanges();
  void CountKills(Mono now);
  void NoteDeath(const CgroupDied& died);
  void AddTheDead();

  const MachineSourceOptions options_;
  const CgroupMounts mounts_;
  CgroupTable table_;
  std::unique_ptr<KernelLog> log_;  // null: turned off
  std::vector<PlannedCheck> checks_;
  std::unique_ptr<Checker> checker_;  // null: not begun
  std::unique_ptr<KernelProbes> kernel_;
  std::unique_ptr<FileCounterSource> files_;  // null while the iterator works
  PressureFiles pressure_;
  IoStatFiles io_;
  AllotmentFiles allotments_;
  class MachinePressure machine_pressure_;
  class Disks disks_;
  std::vector<wire::SignalRung> rungs_;
  std::optional<CountedKills> counted_kills_;  // while no probe sees kills
  std::vector<OomVictim> kills_seen_;          // by it, and not delivered yet
  std::vector<CgroupCounters> samples_;
  std::vector<CgroupCounters> dead_;  // since the last sample, with what they had used
  std::vector<std::uint32_t> born_;
  bool told_of_births_ = false;  // by a probe
  Mono last_walk_{};
  Mono last_merge_{};
  std::uint64_t lost_at_walk_ = 0;
  std::uint64_t refused_at_walk_ = 0;
  bool born_without_path_ = false;
  bool pressure_round_ = false;  // has begun since the last sample
};

}  // namespace loadline::agent
