#include "schemas/base/prompt_thread.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>

namespace loadline {
namespace {

// struct sched_attr in its first size, which every kernel takes: the kernel's own header and that of the C library
// cannot be included together.
struct Scheduling {
  std::uint32_t size = sizeof(Scheduling);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  // of ordinary threads: the length of a turn, ns
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

// The least that the kernel takes. A thread that has more to do goes on after its turn; it is only looked at
// whether somebody else's comes first.
constexpr std::uint64_t kTurnNs = 100'000;

}  // namespace

void BePrompt(const char* name) {
  ::pthread_setname_np(::pthread_self(), name);
  Scheduling own;
  // What it is now: whoever started us may have made it nicer.
  if (::syscall(SYS_sched_getattr, 0, &own, sizeof(own), 0) != 0) return;
  own.runtime = kTurnNs;
  (void)::syscall(SYS_sched_setattr, 0, &own, 0);
}

}  // namespace loadline
