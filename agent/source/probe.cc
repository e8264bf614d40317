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

// A check, and what it finds at present.
struct Probed {
  const PlannedCheck& check;
  std::vector<Judgement> found;
};

std::vector<Probed> ProbeChecks(MachineSource& source) {
  const SystemClock clock;
  std::vector<Probed> probed;
  for (PlannedCheck& check : source.checks()) {
    Probed& one = probed.emplace_back(check);
    // Of a user's program nobody knows what running it once more does.
    if (check.check != nullptr && !check.at_once) one.found = check.check->Look(clock.Now(), {});
  }
  return probed;
}

void AddChecks(const std::vector<Probed>& checks, nlohmann::ordered_json& out) {
  for (const auto& [check, found] : checks) {
    auto findings = nlohmann::ordered_json::array();
    for (const Judgement& one : found)
      findings.push_back(
          {{"condition", one.condition}, {"health", Name(one.health)}, {"message", one.message}});
    out["checks"].push_back({{"check", check.name},
                             {"runs", check.check != nullptr},
                             {"why_not", check.why_not},
                             {"every_s", Seconds(check.every)},
                             {"looks_at", check.looks_at},
                             {"found", std::move(findings)}});
  }
}

std::string DescribeChecks(const std::vector<Probed>& checks) {
  std::string out = fmt::format("\n{:<10} {:<6} {}\n", "CHECK", "EVERY", "LOOKS AT");
  for (const auto& [check, found] : checks) {
    const std::string every =
        check.check != nullptr ? fmt::format("{:g} s", Seconds(check.every)) : std::string("off");
    out += fmt::format("{:<10} {:<6} {}\n", check.name, every, check.looks_at);
    if (!check.why_not.empty()) out += fmt::format("{:<10} {:<6} ({})\n", "", "", check.why_not);
    for (const Judgement& one : found)
      out += fmt::format("{:<10} {:<6} {}: {}: {}\n", "", "", one.condition, Name(one.health), one.message);
  }
  return out;
}

std::string AsJson(MachineSource& source, const std::string& kernel) {
  nlohmann::ordered_json out{{"kernel", kernel}, {"cgroups", Name(source.mounts().Layout())}};
  for (const wire::SignalRung& signal : source.rungs()) {
    out["signals"].push_back(
        {{"signal", wire::Name(signal.signal)}, {"rung", wire::Name(signal.rung)}, {"why", signal.why}});
  }
  AddChecks(ProbeChecks(source), out);
  return out.dump(2, ' ', true, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string DescribeRungs(MachineSource& source, bool json) {
  const std::string kernel = ReadMachine({}).kernel_version;
  if (json) return AsJson(source, kernel);
  std::string out = fmt::format("Linux {}, cgroup {}\n\n{:<17} {:<11} {}\n", kernel,
                                Name(source.mounts().Layout()), "SIGNAL", "METHOD", "MEASURES");
  for (const wire::SignalRung& signal : source.rungs()) {
    out += fmt::format("{:<17} {:<11} {}\n", wire::Name(signal.signal), wire::Name(signal.rung),
                       WhatItTells(signal.signal));
    if (!signal.why.empty()) out += fmt::format("{:<17} {:<11} ({})\n", "", "", signal.why);
  }
  return out + DescribeChecks(ProbeChecks(source));
}

}  // namespace loadline::agent
