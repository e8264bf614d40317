// The text of cgroup files into counters: one pure parser a file.
//
// A parser fills in what its file says and leaves the rest alone. Keys that it does not know, and lines that
// do not parse, are passed over: kernels add some with every version.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "agent/signal/cgroup_counters.h"

namespace loadline::agent {

// Whether a file moves from second to second. Those that do not (limits, and memory.stat, whose reading makes the
// kernel sum up over all CPUs) are read less often.
enum class Moves : std::uint8_t { kNot, kYes, kCpuTime };

struct CounterFile {
  const char* controller;
  const char* name;
  Moves moves;
  // False when the text is not what this file holds.
  bool (*parse)(std::string_view text, CgroupCounters& counters);
};

// All files of a hierarchy's controllers that counters are read from; the one with the CPU time is the first.
std::span<const CounterFile> UnifiedCounterFiles();
std::span<const CounterFile> LegacyCounterFiles();

// A limit file's number; 0 for "max", for -1 and for v1's "no limit" of almost 2^63.
std::uint64_t ParseLimit(std::string_view text);

// "some avg10=0.00 ... total=12\nfull ... total=3": the two totals, in microseconds.
struct PressureTotals {
  std::uint64_t some_us = 0;
  std::uint64_t full_us = 0;
  bool operator==(const PressureTotals&) const = default;
};
PressureTotals ParsePressure(std::string_view text);

// io.stat, "259:0 rbytes=4096 wbytes=0 rios=1 wios=0 ..." a device, summed.
IoCounters ParseIoStat(std::string_view text);

}  // namespace loadline::agent
