// The maps that all probes share: the ring of events, the counters of what was lost, which cgroups the agent sees, how
// often cgroups came or went, and how long the probes ran.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "agent/signal/cgroup_hierarchy.h"
#include "schemas/base/clock.h"
#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::agent {

class SharedMaps {
 public:
  static Result<SharedMaps> Create(std::size_t ring_bytes, const std::vector<CgroupHierarchy>& hierarchies);

  [[nodiscard]] int events() const { return events_.get(); }
  [[nodiscard]] int losses() const { return losses_.get(); }
  [[nodiscard]] int part() const { return part_.get(); }
  [[nodiscard]] int changes() const { return changes_.get(); }
  [[nodiscard]] int own_time() const { return own_time_.get(); }

  // `kind` is an enum loss of bpf/events.h. Read from memory that the kernel shares: no system call.
  [[nodiscard]] std::uint64_t Lost(std::uint32_t kind) const;
  // For so long the probes have run in other tasks since Create, by bpf/own_time.h.
  [[nodiscard]] Duration OwnTime() const;
  // Whether the kernel lets us read maps of ours now.
  [[nodiscard]] bool Readable() const;

 private:
  SharedMaps(Fd events, Fd losses, std::shared_ptr<std::uint64_t> lost, Fd part, Fd changes, Fd own_time)
      : events_(std::move(events)),
        losses_(std::move(losses)),
        lost_(std::move(lost)),
        part_(std::move(part)),
        changes_(std::move(changes)),
        own_time_(std::move(own_time)) {}
  Fd events_;
  Fd losses_;
  std::shared_ptr<std::uint64_t> lost_;  // what losses_ holds
  Fd part_;                              // seen_part of bpf/events.h
  Fd changes_;                           // of bpf/changes.h
  Fd own_time_;
};

}  // namespace loadline::agent
