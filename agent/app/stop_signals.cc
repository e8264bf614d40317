#include "agent/app/stop_signals.h"

#include <signal.h>
#include <sys/signalfd.h>

#include <cerrno>

namespace loadline::agent {

Result<Fd> BlockStopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  if (::sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) return SystemFailure("blocking signals", errno);
  Fd fd(::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd.valid()) return SystemFailure("waiting for signals", errno);
  return fd;
}

}  // namespace loadline::agent
