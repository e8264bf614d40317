#include "agent/source/probe.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "agent/host/machine.h"

namespace loadline::agent {
namespace {

const char* WhatItTells(wire::Signal signal) {
  switch (signal) {
    case wire::Signal::kCgroupCounters:
      return "CPU, throttling and memory of every cgroup";
    case wire::Signal::kCgroupLifecycle:
      return "creation and removal of cgroups";
    case wire::Signal::kOomKill:
      return "OOM kills: every victim by process, by files their number, and whose limit it was";
    case wire::Signal::kMemoryReclaim:
      return "memory reclaim stalls at the limit";
    case wire::Signal::kCpuThrottle:
      return "duration of each CPU throttle";
    case wire::Signal::kProcessExit:
      return "processes too short-lived to be sampled";
    case wire::Signal::kRunQueue:
      return "run-queue latency";
    case wire::Signal::kPressure:
      return "pressure stall information (PSI)";
    case wire::Signal::kKernelLog:
      return "node faults in the kernel log; by files (/dev/kmsg) also those before the agent's start";
  }
  return "";
}

std::string AsJson(const MachineSource& source, const std::string& kernel) {
  nlohmann::ordered_json out{{"kernel", kernel}, {"cgroups", Name(source.mounts().Layout())}};
  for (const wire::SignalRung& signal : source.rungs()) {
    out["signals"].push_back(
        {{"signal", wire::Name(signal.signal)}, {"rung", wire::Name(signal.rung)}, {"why", signal.why}});
  }
  return out.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string DescribeRungs(const MachineSource& source, bool json) {
  const std::string kernel = ReadMachine({}).kernel_version;
  if (json) return AsJson(source, kernel);
  std::string out = fmt::format("Linux {}, cgroup {}\n\n{:<17} {:<11} {}\n", kernel,
                                Name(source.mounts().Layout()), "SIGNAL", "METHOD", "MEASURES");
  for (const wire::SignalRung& signal : source.rungs()) {
    out += fmt::format("{:<17} {:<11} {}\n", wire::Name(signal.signal), wire::Name(signal.rung),
                       WhatItTells(signal.signal));
    if (!signal.why.empty()) out += fmt::format("{:<17} {:<11} ({})\n", "", "", signal.why);
  }
  return out;
}

}  // namespace loadline::agent
