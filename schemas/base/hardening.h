// What a process of ours gives away before it touches what others wrote: for itself and all it starts.
#pragma once

#include <span>

#include "schemas/base/result.h"

namespace loadline {

// To be called first, before any file is made and any thread begins:
// - files are for their owner alone (umask 077): the database, the spool and what lies beside them;
// - no program that is started gains a privilege by its file (no_new_privs);
// - memory, in which keys and tokens are, is written to no core file and shown to no other process of the
//   same user (no core, not dumpable), unless `core_dumps`.
void HardenProcess(bool core_dumps);

// Gives up all capabilities of this thread, and of those that it will begin, but these (CAP_BPF, ...), as far
// as it has them; also those that a program started by it could get back. Fails, having changed nothing that
// matters, when the kernel refuses.
Result<void> KeepOnlyCapabilities(std::span<const int> kept);

// For a moment only: takes all but these out of effect, without giving them up; what they were is back when
// this ends. To find out whether a thing can be done without.
class CapabilitiesAside {
 public:
  explicit CapabilitiesAside(std::span<const int> kept);
  CapabilitiesAside(const CapabilitiesAside&) = delete;
  CapabilitiesAside& operator=(const CapabilitiesAside&) = delete;
  ~CapabilitiesAside();
};

}  // namespace loadline
