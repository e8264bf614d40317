// The two maps that all probes share: the ring of events and the counters of what was lost.
#pragma once

#include <cstdint>

#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::agent {

class SharedMaps {
 public:
  static Result<SharedMaps> Create(std::size_t ring_bytes);

  [[nodiscard]] int events() const { return events_.get(); }
  [[nodiscard]] int losses() const { return losses_.get(); }

  // Summed over CPUs; `kind` is an enum loss of bpf/events.h.
  [[nodiscard]] std::uint64_t Lost(std::uint32_t kind) const;
  // Whether the kernel lets us read maps of ours now.
  [[nodiscard]] bool Readable() const;

 private:
  SharedMaps(Fd events, Fd losses) : events_(std::move(events)), losses_(std::move(losses)) {}
  Fd events_;
  Fd losses_;
};

}  // namespace loadline::agent
