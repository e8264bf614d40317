// The same hungry process twice, each limited as one algorithm says, to see how long each takes to be served.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "collector/http/http_client.h"
#include "schemas/base/clock.h"
#include "tests/demo/workloads.h"

namespace loadline::demo {

struct ContestOptions {
  std::string server;  // the collector's page
  // Each is named "...-ALGORITHM"; the limits and names of their cgroups are theirs.
  std::vector<Workload> workloads = ContestWorkloads();
  // As often as the collector recommends: nothing is gained by looking more often.
  Duration look_every = std::chrono::minutes(1);
  // Whether the request (the cgroup's weight) moves with the limit.
  bool moves_request = true;
};

class Contest {
 public:
  // `say` gets a line for everything that happens.
  Contest(ContestOptions options, std::function<void(const std::string&)> say);

  // Makes the cgroups and starts the processes.
  Result<void> Start(Mono now);
  // Call a few times a second: tends the processes, and with each look takes over what the algorithms
  // recommend.
  void Step(Mono now);

  struct Contestant {
    std::string algorithm;
    Running running;
    MilliCores limit;
    int changes = 0;
    bool served = false;         // once
    double throttled_share = 1;  // of the periods between the last two looks
    std::uint64_t periods = 0;   // of cpu.stat, at the last look
    std::uint64_t throttled_periods = 0;
  };
  // Those of the options, in their order, after Start.
  [[nodiscard]] const std::vector<Contestant>& contestants() const { return contestants_; }

 private:
  void Look(Contestant& contestant, Mono now);
  void Apply(Contestant& contestant, MilliCores target, Mono now);
  [[nodiscard]] std::optional<MilliCores> Target(const Contestant& contestant);
  void Say(const Contestant& contestant, Mono now, const std::string& what) const;

  const ContestOptions options_;
  std::function<void(const std::string&)> say_;
  collector::HttpClient client_;
  std::vector<Contestant> contestants_;
  Mono start_{};
  Mono next_look_{};
};

}  // namespace loadline::demo
