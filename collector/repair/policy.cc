#include "collector/repair/policy.h"

#include <fmt/format.h>

namespace loadline::collector {

using enum NodeTrouble;
using enum RepairStep;
using namespace std::chrono_literals;

const char* Name(RepairStep step) {
  static constexpr std::array<const char*, kRepairSteps> kNames = {
      "restart agent", "cordon", "drain", "reboot", "reimage", "replace", "page", "uncordon"};
  return kNames.at(static_cast<std::size_t>(step));
}

bool TakesCapacity(RepairStep step) {
  return step == kCordon || step == kDrain || Destroys(step);
}

bool Destroys(RepairStep step) {
  return step == kReboot || step == kReimage || step == kReplace;
}

bool MayLeadTo(NodeTrouble trouble, RepairStep step) {
  switch (trouble) {
    case kNone:
      return step == kUncordon;
    case kScheduled:
    case kRebooting:
      return false;
    case kUnknown:
      return step == kPage;
    case kAgentDead:
    case kPartitionedFromCollector:
      return step == kRestartAgent || step == kPage;
    case kMemoryLivelock:
    case kMemoryPressure:
    case kDiskPressure:
    case kToBeTaken:
      return step == kCordon || step == kDrain || step == kPage;
    case kKubeletDead:
    case kPartitioned:
    case kKernelHung:
    case kDiskReadOnly:
    case kGone:
      return TakesCapacity(step) || step == kPage;
  }
  return false;
}

const RepairRule* RepairPolicy::For(NodeTrouble trouble) const {
  const auto found = rules.find(trouble);
  return found != rules.end() ? &found->second : nullptr;
}

RepairPolicy DefaultPolicy() {
  return {
      .rules = {
          {kAgentDead, {2min, {{kRestartAgent, 5min}, {kPage, 0s}}}},
          // Whatever it is, it is ours: restarting agents would not mend a network.
          {kPartitionedFromCollector, {10min, {{kPage, 0s}}}},
          // Its pods may run, and others of a StatefulSet must not run beside them.
          {kPartitioned, {2min, {{kCordon, 10min}, {kPage, 0s}}}},
          {kKubeletDead, {2min, {{kCordon, 1min}, {kReboot, 10min}, {kReplace, 20min}, {kPage, 0s}}}},
          {kKernelHung,
           {1min,
            {{kCordon, 10s},
             {kDrain, 1min},
             {kReboot, 10min},
             {kReimage, 15min},
             {kReplace, 20min},
             {kPage, 0s}}}},
          {kDiskReadOnly,
           {1min,
            {{kCordon, 10s},
             {kDrain, 5min},
             {kReboot, 10min},
             {kReimage, 15min},
             {kReplace, 20min},
             {kPage, 0s}}}},
          {kMemoryLivelock, {2min, {{kCordon, 1min}, {kDrain, 10min}, {kPage, 0s}}}},
          // It was waited for already, before it was called so.
          {kGone, {2s, {{kCordon, 1s}, {kDrain, 3min}, {kReplace, 20min}, {kPage, 0s}}}},
          // The platform does the rest. A person hears of one that is still there when its time has long come.
          {kToBeTaken, {0s, {{kCordon, 1s}, {kDrain, 2h}, {kPage, 0s}}}},
          {kMemoryPressure, {10min, {{kPage, 0s}}}},
          {kDiskPressure, {10min, {{kPage, 0s}}}},
          {kUnknown, {10min, {{kPage, 0s}}}},
      }};
}

Result<void> Check(const RepairPolicy& policy) {
  for (const auto& entry : policy.rules) {
    const NodeTrouble trouble = entry.first;
    const RepairRule& rule = entry.second;
    const auto wrong = [trouble](const std::string& what) {
      return Failure(ErrorKind::kInvalid, fmt::format("'{}': {}", Name(trouble), what));
    };
    if (rule.ladder.empty() || rule.ladder.back().step != kPage) return wrong("a ladder ends with a page");
    const Rung* below = nullptr;
    for (const Rung& rung : rule.ladder) {
      if (!MayLeadTo(trouble, rung.step)) return wrong(fmt::format("never leads to '{}'", Name(rung.step)));
      if (below != nullptr && rung.step <= below->step)
        return wrong(fmt::format("'{}' does not come after '{}'", Name(rung.step), Name(below->step)));
      below = &rung;
    }
  }
  return {};
}

}  // namespace loadline::collector
