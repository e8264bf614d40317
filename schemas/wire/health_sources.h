// Who finds a HealthEvent: the values of its `source`.
#pragma once

namespace loadline::wire {

inline constexpr const char* kKernelLogSource = "kernel-log";        // a line of the kernel's log
inline constexpr const char* kCheckSource = "check";                 // a check of the agent's own
inline constexpr const char* kPluginSource = "plugin";               // a user's program
inline constexpr const char* kScheduledEvents = "scheduled-events";  // the platform's announcements

}  // namespace loadline::wire
