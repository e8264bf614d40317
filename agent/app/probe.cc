#include "agent/app/probe.h"

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
      return "birth and death of cgroups";
    case wire::Signal::kOomKill:
      return "every victim of the OOM killer, and whose limit it was";
    case wire::Signal::kMemoryReclaim:
      return "stalls of tasks at their memory limit";
    case wire::Signal::kCpuThrottle:
      return "how long each CPU stop was";
    case wire::Signal::kProcessExit:
      return "what lived too briefly to be sampled";
    case wire::Signal::kRunQueue:
      return "waiting for a CPU while not throttled";
    case wire::Signal::kPressure:
      return "pressure stall information (PSI)";
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
                                Name(source.mounts().Layout()), "SIGNAL", "RUNG", "TELLS");
  for (const wire::SignalRung& signal : source.rungs()) {
    out += fmt::format("{:<17} {:<11} {}\n", wire::Name(signal.signal), wire::Name(signal.rung),
                       WhatItTells(signal.signal));
    if (!signal.why.empty()) out += fmt::format("{:<17} {:<11} ({})\n", "", "", signal.why);
  }
  return out;
}

}  // namespace loadline::agent
