// A thread for which somebody waits: its own name, and as little waiting for a CPU as a thread may ask for.
#pragma once

namespace loadline {

// Of the calling thread. It asks for short turns: since Linux 6.12 a thread with short turns that wakes up does not
// wait until another one, which may give way by its niceness, has had its own turn of some milliseconds. Where the
// kernel knows no such thing, nothing changes. `name` has at most 15 characters; top -H shows it.
void BePrompt(const char* name);

}  // namespace loadline
