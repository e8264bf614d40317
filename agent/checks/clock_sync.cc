#include "agent/checks/clock_sync.h"

#include <fmt/format.h>
#include <sys/timex.h>

namespace loadline::agent {

Judgement JudgeClock(int state, int status, long max_error_us) {
  Judgement judgement{.condition = kClockUnsynchronised, .reason = "ClockNotSynchronised"};
  if (state < 0) {
    judgement.message = "the kernel does not say whether the clock is synchronised";
    return judgement;
  }
  const bool bad = (status & STA_UNSYNC) != 0;
  judgement.health = bad ? Health::kBad : Health::kGood;
  judgement.message =
      bad ? fmt::format("no time service keeps the clock (adjtimex says STA_UNSYNC, largest error {:.0f} s)",
                        static_cast<double>(max_error_us) / 1e6)
          : fmt::format("the clock is synchronised, largest error {:.3f} s",
                        static_cast<double>(max_error_us) / 1e6);
  return judgement;
}

std::vector<Judgement> ClockSync::Look(Mono /*now*/, const std::stop_token& /*stop*/) {
  timex asked{};  // nothing is set
  const int state = ::adjtimex(&asked);
  return {JudgeClock(state, asked.status, asked.maxerror)};
}

}  // namespace loadline::agent
