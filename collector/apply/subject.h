// What the decision to resize is made from: the pods of one workload as the API server shows them, what they
// suffered as the agents saw it, what they should ask for, and the rules they live under.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "collector/advice/recommendation.h"
#include "schemas/base/clock.h"

namespace loadline::collector {

// Requests and limits of one container; 0 is none.
struct ContainerSize {
  std::string name;
  Amounts request;
  Amounts limit;
  bool operator==(const ContainerSize&) const = default;
};
using PodSize = std::vector<ContainerSize>;

enum class ResizeState : std::uint8_t {
  kNone,
  kInProgress,
  kDeferred,    // the node has no room for it now
  kInfeasible,  // the node never will
  kError,
};

struct SizablePod {
  std::string workload_id;  // WorkloadView::id of its topmost controller
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::map<std::string, std::string> labels;
  std::string qos;  // "Guaranteed", "Burstable" or "BestEffort"; never to change
  bool ready = false;
  bool leaving = false;  // being deleted, or ended
  // One of its containers waits to be started again: kubelets do not carry out a resize of it, and say that they did.
  bool backing_off = false;
  ResizeState resize = ResizeState::kNone;
  std::string resize_message;  // the kubelet's words
  PodSize wanted;              // as the pod's specification has it
  PodSize given;               // as the kubelet has made it
  std::uint32_t restarts = 0;  // of all its containers together
  // "container/cpu", "container/memory": what cannot change without a restart of the container.
  std::vector<std::string> restarting;
  bool operator==(const SizablePod&) const = default;
};

// One window of one container of one pod.
struct PodWindow {
  std::string pod_uid;
  std::string container;
  Wall end{};
  Duration length{};
  std::uint32_t periods = 0;
  std::uint32_t throttled_periods = 0;
  std::uint64_t memory_stall_us = 0;
  Bytes memory_limit{};  // of its cgroup, as the kernel has it; 0: none
};

// What one container should ask for.
struct ContainerAdvice {
  std::string name;
  Amounts target;
  Duration history{};        // how long its usage is known
  Bytes memory_peak{};       // of one replica, lately: a limit must stay above it
  bool limits_stay = false;  // as people want it
};

struct ApplyBounds {
  Amounts least;    // of a container's request; 0 is none
  Amounts most;     // of a container's limit, or of its request where it has none
  bool cpu = true;  // may be changed at all
  bool memory = true;
};

struct Subject {
  std::string workload_id;
  std::vector<SizablePod> pods;
  std::vector<PodWindow> windows;
  std::vector<ContainerAdvice> advice;
  ApplyBounds bounds;
  std::string blocked;             // why nothing may be begun now; empty: nothing is in the way
  bool resized_by_others = false;  // then it is not even raised after a kill
};

}  // namespace loadline::collector
