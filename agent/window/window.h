// One window of the node: samples and readings in, one report out.
//
//   window.Add(samples, now);                       // every second
//   for (wanted : window.WantsFiles(12)) window.AddIo(wanted.ref, *files.Read(wanted.ref, path));
//   const wire::Report report = window.Close({...});
//   window.Sent(uplink.Send(report));
//
// A cgroup in which nothing changed is not in the report. Its identity is there with its first window, and
// again whenever the collector may not have it. What died is in `gone`, after its last window. Not
// thread-safe: the agent's loop owns it; it reads no clock and does no I/O.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "agent/identity/cgroup_table.h"
#include "agent/signal/cgroup_counters.h"
#include "agent/window/cgroup_window.h"
#include "schemas/base/clock.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

// What the report holds besides cgroups.
struct WindowClosing {
  // By the clock that nobody sets: a window is as long as it was, whatever the other clock did meanwhile.
  Duration length{};
  Wall end{};
  Bytes memory_available = 0;
  std::vector<wire::NodeWindow::Disk> disks;
  std::optional<PressureCounters> machine_pressure;
  wire::LossCounts losses;         // totals since the agent's start; what the spool dropped is not among them
  std::uint64_t agent_cpu_us = 0;  // total since the agent's start
  Bytes agent_rss = 0;
  int backed_off = 0;       // steps, of CpuBudget
  Duration longest_walk{};  // see NodeSource
  std::optional<CgroupCount> cgroups;
  // Whether a record that was sent can be relied on: the collector has it, or it is still on its way. When it
  // cannot, identities that were in it are said again. Absent: everything arrives.
  std::function<bool(std::uint64_t sequence)> arrives;
};

class Window {
 public:
  // `table` must outlive the window.
  explicit Window(const CgroupTable& table) : table_(table) {}

  // The agent saw this cgroup being born: what it used before its first sample belongs to it.
  void Born(std::uint32_t ref);

  // One sample of the cgroups, of which one should come each `interval`; those that it leaves out did not move. The
  // first one only says where counting begins.
  void Add(std::span<const CgroupCounters> samples, Mono now, Duration interval = std::chrono::seconds(1));

  // The cgroups whose files of I/O should be read before this window is closed, ascending: those in which something
  // moved, and one of `rotation` of all others. And whether their files of pressure should be, too: of those never asked
  // for it and those that may have stalled, and to be safe of the others at each fifteenth of their turns.
  struct WantedFiles {
    std::uint32_t ref = 0;
    bool pressure = false;
    bool operator==(const WantedFiles&) const = default;
  };
  [[nodiscard]] std::vector<WantedFiles> WantsFiles(std::uint64_t rotation) const;
  void AddPressure(std::uint32_t ref, const std::optional<PressureCounters>& totals);
  void AddIo(std::uint32_t ref, const IoCounters& totals);

  // The cgroups of which it should be asked before this window is closed what they may run on and hold in huge pages,
  // ascending: the new ones (those that were seen being born twice, for what bounds them is set a moment later), then
  // each at one in thirty windows in which something moved, and else at one in 180.
  [[nodiscard]] std::vector<std::uint32_t> WantsAllotment() const;
  void AddAllotment(std::uint32_t ref, const Allotment& allotted);

  wire::Report Close(const WindowClosing& closing);

  // The record that the last report became.
  void Sent(std::uint64_t sequence);

  // Samples that never were, because the loop was late.
  [[nodiscard]] std::uint64_t missed_samples() const { return missed_samples_; }
  [[nodiscard]] std::size_t cgroups() const { return cgroups_.size(); }

 private:
  struct Tracked {
    explicit Tracked(bool from_birth) : window(from_birth) {}
    CgroupWindow window;
    std::uint64_t named_in = 0;  // the record that held its identity; 0: none yet
    bool in_kubernetes = false;
    // The samples of this window during which it was there.
    std::uint32_t from = 0;
    std::optional<std::uint32_t> to;
  };

  void CloseCgroup(std::uint32_t ref, Tracked& cgroup, const WindowClosing& closing, wire::Report& report);
  void Name(std::uint32_t ref, Tracked& cgroup, const WindowClosing& closing, wire::Report& report);
  static void SubtractSaid(wire::LossCounts& losses, wire::LossCounts& said);

  const CgroupTable& table_;
  std::unordered_map<std::uint32_t, Tracked> cgroups_;
  std::vector<std::uint32_t> naming_;  // whose identities are in the report that was closed last
  CgroupWindow machine_{false};        // only its pressure
  std::optional<Mono> last_sample_;
  std::uint32_t samples_ = 0;
  std::uint64_t windows_ = 0;
  std::uint64_t missed_samples_ = 0;
  wire::LossCounts losses_said_;
  std::uint64_t cpu_said_us_ = 0;
};

}  // namespace loadline::agent
