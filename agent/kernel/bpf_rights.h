// Why the kernel refuses a probe, in words that somebody can act on: it says "Operation not permitted" or
// "Invalid argument" for all of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "schemas/base/result.h"
#include "schemas/base/units.h"

namespace loadline::agent {

// What decides whether this process may load probes.
struct BpfRights {
  std::uint64_t capabilities = 0;      // in effect, a bit each
  bool is_filtered = false;            // by seccomp
  std::string lockdown;                // "[none] integrity confidentiality"; empty: the kernel has none
  std::optional<Bytes> locked_memory;  // RLIMIT_MEMLOCK; nothing: no limit
  std::string kernel;                  // "5.10.0-30-amd64"
};

// Of this process, now.
BpfRights ReadBpfRights();

// "the capability CAP_PERFMON is missing", "kernel lockdown is confidentiality": what this process lacks whatever
// it loads; empty when it lacks nothing.
std::string WhyRefused(const BpfRights& rights);

// The error of the kernel with the reason before it, where one is known: also "RLIMIT_MEMLOCK is 64 KiB, ...".
Error Explained(const Error& refusal, const BpfRights& rights);

// The same where the kernel refuses all that has to do with BPF, as a seccomp filter does.
Error ExplainedOfAll(const Error& refusal, const BpfRights& rights);

}  // namespace loadline::agent
