// What is said once about the machine, or once a window: its name, its size and its free memory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/host/cgroup_mounts.h"
#include "agent/signal/cgroup_counters.h"
#include "schemas/base/result.h"
#include "schemas/wire/records.h"

namespace loadline::agent {

struct Machine {
  std::string name;            // of the host, unless Kubernetes says better
  std::string boot_id;         // another one after every boot
  std::string kernel_version;  // "6.8.0-1015-azure"
  wire::NodeCapacity capacity;
};

// What cannot be read stays empty or zero.
Machine ReadMachine(const HostRoot& host);

// Whether the machine's own processes and mounts are seen here, and not those of a pod: then the kernel's threads are seen,
// too.
bool SeesTheMachine(const HostRoot& host);

// MemAvailable, bytes, and its share of MemTotal; absent when /proc/meminfo cannot be read.
std::optional<Bytes> ReadMemoryAvailable(const HostRoot& host);
std::optional<double> ReadShareAvailable(const HostRoot& host);

// Of the unified hierarchy; absent where there is none.
std::optional<CgroupCount> CountCgroups(const CgroupMounts& mounts);

// The value of a key of /proc/meminfo, in bytes: ParseMeminfo(text, "MemTotal").
std::optional<Bytes> ParseMeminfo(std::string_view text, std::string_view key);

// "0-3,8,10-11" is seven CPUs.
int ParseCpuList(std::string_view text);

// The process's own memory and CPU.
struct OwnCost {
  Bytes rss = 0;
  std::uint64_t cpu_us = 0;  // since its start, all threads
};
OwnCost ReadOwnCost();

}  // namespace loadline::agent
