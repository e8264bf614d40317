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

class Contest {
 public:
  // `server` is the collector's page; `say` gets a line for everything that happens.
  Contest(std::string server, std::function<void(const std::string&)> say);

  // Makes the cgroups and starts the processes.
  Result<void> Start(Mono now);
  // Call a few times a second: tends the processes, and once a minute takes over what the algorithms
  // recommend.
  void Step(Mono now);

 private:
  struct Contestant {
    std::string algorithm;
    Running running;
    MilliCores limit;
    int changes = 0;
    bool served = false;
    std::uint64_t periods = 0;  // of cpu.stat, at the last look
    std::uint64_t throttled_periods = 0;
  };
  void Look(Contestant& contestant, Mono now);
  void Apply(Contestant& contestant, MilliCores target, Mono now);
  [[nodiscard]] std::optional<MilliCores> Target(const Contestant& contestant);
  void Say(const Contestant& contestant, Mono now, const std::string& what) const;

  std::string server_;
  std::function<void(const std::string&)> say_;
  collector::HttpClient client_;
  std::vector<Contestant> contestants_;
  Mono start_{};
  Mono next_look_{};
};

}  // namespace loadline::demo
