// The rows of `top`: what each cgroup did between two samples. Pure: no terminal, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "agent/identity/cgroup_table.h"
#include "agent/signal/cgroup_counters.h"
#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::agent {

struct TopRow {
  std::uint32_t ref = 0;
  std::string name;
  bool leaf = true;      // neither a slice nor the machine, nor nested in another row
  double cores = 0;      // CPU used
  double throttled = 0;  // share of the CFS periods in which it was stopped, 0-1
  double waiting = 0;    // run-queue wait, tasks on average; 0 when the signal is off
  Bytes memory = 0;
  Bytes peak = 0;
  Bytes limit = 0;           // 0: none
  MilliCores cpu_limit = 0;  // 0: none
  double cpu_stall = 0;      // PSI some, share of the time, 0-1
  double memory_stall = 0;
  double io_stall = 0;
  std::uint64_t oom_kills = 0;  // since the cgroup was made
};

class TopRows {
 public:
  explicit TopRows(const CgroupTable& table) : table_(table) {}

  // Takes a sample, and makes the rows of the time since the last one; of the first there are rates of zero.
  void Add(std::span<const CgroupCounters> samples, Mono now);
  void AddPressure(std::uint32_t ref, const PressureCounters& totals);
  void AddOomKill(std::uint32_t ref) { ++told_kills_[ref]; }

  [[nodiscard]] const std::vector<TopRow>& rows() const { return rows_; }

 private:
  struct Before {
    CgroupCounters counters;
    std::optional<PressureCounters> pressure;
    std::size_t row = 0;
    bool seen = false;
  };
  TopRow MakeRow(const CgroupCounters& now, const Before& before) const;

  const CgroupTable& table_;
  std::unordered_map<std::uint32_t, Before> before_;
  // Kills seen by the probe: v1 kernels before 4.13 and some cgroups have no counter of their own.
  std::unordered_map<std::uint32_t, std::uint64_t> told_kills_;
  std::vector<TopRow> rows_;
  std::optional<Mono> last_;
  double seconds_ = 0;  // since the sample before
};

}  // namespace loadline::agent
