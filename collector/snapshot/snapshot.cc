#include "collector/snapshot/snapshot.h"

namespace loadline::collector {

const char* Name(NodeState state) {
  switch (state) {
    case NodeState::kReporting:
      return "reporting";
    case NodeState::kStale:
      return "stale";
    case NodeState::kSilent:
      return "silent";
  }
  return "unknown";
}

const char* Name(Severity severity) {
  static constexpr const char* kNames[] = {"Sev0", "Sev1", "Sev2", "Sev3", "Sev4"};
  return kNames[static_cast<int>(severity)];
}

std::optional<Severity> SeverityNamed(std::string_view name) {
  for (const Severity severity :
       {Severity::kSev0, Severity::kSev1, Severity::kSev2, Severity::kSev3, Severity::kSev4}) {
    if (name == Name(severity)) return severity;
  }
  return std::nullopt;
}

const char* Name(AlertState state) {
  switch (state) {
    case AlertState::kPending:
      return "pending";
    case AlertState::kFiring:
      return "firing";
    case AlertState::kResolved:
      return "resolved";
  }
  return "unknown";
}

const char* Name(RequestSource source) {
  switch (source) {
    case RequestSource::kSpec:
      return "spec";
    case RequestSource::kPod:
      return "pod";
    case RequestSource::kGuess:
      return "guess";
  }
  return "unknown";
}

const char* Name(LimitLevel level) {
  switch (level) {
    case LimitLevel::kContainer:
      return "container";
    case LimitLevel::kPod:
      return "pod";
    case LimitLevel::kSlice:
      return "slice";
    case LimitLevel::kCpuset:
      return "cpuset";
  }
  return "unknown";
}

const char* Name(HeldBackBy by) {
  return by == HeldBackBy::kLimit ? "limit" : "neighbours";
}

const char* KubernetesName(wire::QosClass qos) {
  switch (qos) {
    case wire::QosClass::kNone:
      return "";
    case wire::QosClass::kGuaranteed:
      return "Guaranteed";
    case wire::QosClass::kBurstable:
      return "Burstable";
    case wire::QosClass::kBestEffort:
      return "BestEffort";
  }
  return "";
}

}  // namespace loadline::collector
