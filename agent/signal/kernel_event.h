// What the kernel tells at the moment it happens, decoded from the ring buffer.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "agent/signal/cgroup_counters.h"
#include "agent/signal/cgroup_index.h"
#include "schemas/base/units.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

struct CgroupBorn {
  KernelCgroup cgroup;
  std::string path;  // below the mount; empty: too long to be told, a walk finds it
};

struct CgroupDied {
  KernelCgroup cgroup;
  LastReading used = {};
};

struct OomVictim {
  std::uint64_t boot_ns = 0;  // CLOCK_BOOTTIME is not in every kernel's BPF: this is CLOCK_MONOTONIC
  KernelCgroup victim;
  bool whole_machine = false;  // no cgroup's limit: the node was out of memory
  KernelCgroup limit_owner;    // valid unless whole_machine; id 0 when this rung cannot tell
  Bytes owner_usage = 0;
  Bytes owner_limit = 0;
  Bytes victim_rss = 0;
  std::uint32_t pid = 0;
  std::int32_t oom_score_adj = 0;
  std::string command;
  std::uint64_t decision = 0;  // the same for all victims of a group kill
  bool group = false;          // all processes of a cgroup die with this one
  wire::Rung seen_through = wire::Rung::kOff;
};

struct ReclaimStall {
  std::uint64_t boot_ns = 0;
  KernelCgroup cgroup;
  std::uint64_t stall_ns = 0;
  Bytes usage = 0;
  Bytes limit = 0;
};

// What the kernel has written into its log; one line of it, or several.
struct LogLine {
  std::uint64_t boot_ns = 0;
  std::string text;
};

using KernelEvent = std::variant<CgroupBorn, CgroupDied, OomVictim, ReclaimStall, LogLine>;

}  // namespace loadline::agent
