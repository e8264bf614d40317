// So many agents that greet at once and then say nothing: how long it takes until all are welcome, in seconds.
//   loadline-greeters ENDPOINT STATE_FOLDER AGENTS
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>

#include "tests/bench/load/fleet.h"
#include "tests/support/reporting_agent.h"

namespace loadline::bench {
namespace {

using namespace std::chrono_literals;

int Run(const std::string& endpoint, const std::string& state, int agents) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, static_cast<rlim_t>(agents) * 8 + 1024);
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const agent::UplinkOptions as = test::UplinkTo(endpoint, state, "node");
  std::string token = test::ReadWhole(as.token_file);
  while (token.ends_with('\n')) token.pop_back();
  const SystemClock clock;
  const Mono began = clock.Now();
  auto fleet = Fleet::Start({.endpoint = endpoint,
                             .collector_key = as.collector_key,
                             .key_file = as.key_file,
                             .token = token,
                             .agents = agents,
                             .window = 24h});
  if (!fleet) return fmt::print(stderr, "{}\n", fleet.error().message), 1;
  while ((*fleet)->counts().connected < agents) {
    if (clock.Now() - began > 60s) return fmt::print(stderr, "not all are welcome after 60 s\n"), 1;
    (*fleet)->RunUntil(clock.Now() + 20ms);
  }
  fmt::print("{:.3f}\n", Seconds(clock.Now() - began));
  return 0;
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: loadline-greeters ENDPOINT STATE_FOLDER AGENTS\n");
    return 2;
  }
  return loadline::bench::Run(argv[1], argv[2], std::atoi(argv[3]));
}
