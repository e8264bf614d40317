// Bytes of the ring become events. Pure: no kernel, no state.
#pragma once

#include <cstddef>
#include <span>

#include "agent/signal/kernel_event.h"
#include "schemas/base/result.h"

namespace loadline::agent {

// `oom_rung` is how the running OOM probe sees victims: the record itself does not say. A record of an
// unknown kind or a wrong size is an error and nothing else happens.
Result<KernelEvent> Decode(std::span<const std::byte> bytes, wire::Rung oom_rung);

// Whether the record is of a process of the machine around the node or of another node in it.
bool IsElsewhere(std::span<const std::byte> bytes);

// Pages of the kernel as bytes; fewer than none are none, and more than there can be the most there can be. A
// limit of "as much as fits" (PAGE_COUNTER_MAX) is 0.
Bytes PagesToBytes(std::uint64_t pages);
Bytes LimitToBytes(std::uint64_t pages);

}  // namespace loadline::agent
