// Raising a memory limit before the kernel kills: whether, and how far. Pure: what was seen, what is allowed and what
// was done before come in, one choice goes out.
//
// A growth is answered once: by half as much again, within what policy, namespace and node allow, and by no more than
// threefold within an hour, so that what leaks is not given all of its node in minutes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "collector/apply/subject.h"

namespace loadline::collector {

// A container of a pod is about to be full.
struct GrowthSign {
  std::string pod_uid;
  std::string container;
  Bytes limit{};   // of its cgroup, when it was seen
  Wall full_by{};  // by then all of the limit would be held
};

// The highest limit that somebody allows.
struct LimitCap {
  Bytes most{};
  std::string by;  // "its namespace's LimitRange"
};

// What was chosen once; remembered for a day.
struct Rescue {
  std::string uid;  // of the pod
  std::string container;
  Bytes from{};
  Bytes to{};  // the same when it was not raised
  Wall at{};
  [[nodiscard]] bool raised() const { return to > from; }
};

struct RescueOptions {
  bool enabled = true;
};

struct RescueChoice {
  enum class Kind : std::uint8_t {
    kNotOurs,  // it is not to be resized, or was decided on already: nothing is said
    kRaise,
    kNoRoom,  // it would be, and may not
  } kind = Kind::kNotOurs;
  PodSize size;     // of kRaise
  Rescue decision;  // of kRaise and kNoRoom
  std::string by;   // who allows no more; empty: nobody needed to say so
};

// `pod` as it is to be, orders under way included; `before` of any pod, oldest first.
//
//   limit 512 MiB, nothing in the way:                  768 MiB
//   the same, LimitRange with max 600 MiB:              600 MiB, by it
//   raised from 512 and from 768 MiB in the last hour:  1.5 GiB, threefold of 512
//   the cgroup's limit is not yet what was ordered:     nothing, that growth has its answer
RescueChoice ChooseRescue(const SizablePod& pod, const ApplyBounds& bounds, const GrowthSign& sign,
                          std::span<const LimitCap> caps, std::span<const Rescue> before, Wall now);

// Adds a choice, and forgets of its container what no later choice needs.
void Remember(std::vector<Rescue>& rescues, Rescue decision, Wall now);

}  // namespace loadline::collector
