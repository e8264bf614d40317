#include "schemas/wire/decode.h"
#include "schemas/wire/records.h"

namespace loadline::wire {

const char* Name(Signal signal) {
  switch (signal) {
    case Signal::kCgroupCounters:
      return "cgroup_counters";
    case Signal::kCgroupLifecycle:
      return "cgroup_lifecycle";
    case Signal::kOomKill:
      return "oom_kill";
    case Signal::kMemoryReclaim:
      return "memory_reclaim";
    case Signal::kCpuThrottle:
      return "cpu_throttle";
    case Signal::kProcessExit:
      return "process_exit";
    case Signal::kRunQueue:
      return "run_queue";
    case Signal::kPressure:
      return "pressure";
    case Signal::kKernelLog:
      return "kernel_log";
  }
  return "unknown";
}

const char* Name(Rung rung) {
  switch (rung) {
    case Rung::kFexit:
      return "fexit";
    case Rung::kTpBtf:
      return "tp_btf";
    case Rung::kTracepoint:
      return "tracepoint";
    case Rung::kIterator:
      return "iterator";
    case Rung::kFiles:
      return "files";
    case Rung::kOff:
      return "off";
  }
  return "unknown";
}

const char* Name(CgroupKind kind) {
  switch (kind) {
    case CgroupKind::kRoot:
      return "root";
    case CgroupKind::kSlice:
      return "slice";
    case CgroupKind::kPod:
      return "pod";
    case CgroupKind::kPodContainer:
      return "pod_container";
    case CgroupKind::kDocker:
      return "docker";
    case CgroupKind::kSystemdUnit:
      return "systemd_unit";
    case CgroupKind::kPlain:
      return "plain";
  }
  return "unknown";
}

const char* Name(QosClass qos) {
  switch (qos) {
    case QosClass::kNone:
      return "none";
    case QosClass::kGuaranteed:
      return "guaranteed";
    case QosClass::kBurstable:
      return "burstable";
    case QosClass::kBestEffort:
      return "best_effort";
  }
  return "unknown";
}

const char* Name(RejectReason reason) {
  switch (reason) {
    case RejectReason::kBadToken:
      return "bad_token";
    case RejectReason::kWrongVersion:
      return "wrong_version";
    case RejectReason::kNodeNameTaken:
      return "node_name_taken";
    case RejectReason::kBadFrame:
      return "bad_frame";
    case RejectReason::kNotGreeted:
      return "not_greeted";
  }
  return "unknown";
}

const char* Name(FrameFault fault) {
  switch (fault) {
    case FrameFault::kTooLarge:
      return "too_large";
    case FrameFault::kTooShort:
      return "too_short";
    case FrameFault::kWrongIdentifier:
      return "wrong_identifier";
    case FrameFault::kWrongVersion:
      return "wrong_version";
    case FrameFault::kTorn:
      return "torn";
    case FrameFault::kUnknownKind:
      return "unknown_kind";
    case FrameFault::kMissingField:
      return "missing_field";
    case FrameFault::kOutOfRange:
      return "out_of_range";
    case FrameFault::kTooMany:
      return "too_many";
    case FrameFault::kBadText:
      return "bad_text";
    case FrameFault::kInconsistent:
      return "inconsistent";
  }
  return "unknown";
}

}  // namespace loadline::wire
