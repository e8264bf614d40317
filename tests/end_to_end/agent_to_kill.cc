// An agent for tests to kill: real uplink, spool on disk, a report each millisecond, until it is killed.
//   loadline-agent-to-kill ENDPOINT STATE_FOLDER SPOOL_FOLDER
// Writes to standard output, eight bytes each, how many of its records the spool has taken.
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "tests/support/reporting_agent.h"

int main(int argc, char** argv) {
  using namespace loadline;
  if (argc != 4) return 2;
  const SystemClock clock;
  auto options = test::UplinkTo(argv[1], argv[2], "node-1");
  options.spool.directory = argv[3];
  const auto uplink = agent::StartUplink(std::move(options), clock);
  if (!uplink) return std::fprintf(stderr, "%s\n", uplink.error().message.c_str()), 1;
  const agent::UplinkStatus at_start = (*uplink)->Status();
  const std::uint64_t found = at_start.acknowledged_records + at_start.spooled_records;  // of earlier lives
  for (;;) {
    (*uplink)->Send(test::ReportOf(1, clock.WallNow(), true));
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const agent::UplinkStatus status = (*uplink)->Status();
    const std::uint64_t taken = status.acknowledged_records + status.spooled_records - found;
    if (::write(STDOUT_FILENO, &taken, sizeof(taken)) != sizeof(taken)) return 0;
  }
}
