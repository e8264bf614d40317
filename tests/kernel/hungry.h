// A process that is killed for want of memory.
#pragma once

#include <sys/mman.h>
#include <sys/wait.h>

#include <cstring>

#include "schemas/base/units.h"

namespace loadline::testing {

// Without swapping, which would take the place of the kill.
inline void TouchAndHold(Bytes size) {
  void* memory = mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  mlock(memory, static_cast<std::size_t>(size));
  std::memset(memory, 1, static_cast<std::size_t>(size));
}

inline bool WasKilled(pid_t pid) {
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

}  // namespace loadline::testing
