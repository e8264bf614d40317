// Who of several collectors of one cluster repairs its nodes: at any instant one of them at most.
#pragma once

#include <optional>
#include <string>

namespace loadline::collector {

// Why this collector does not repair now.
struct StandBy {
  std::string words;       // "another collector, loadline-collector-0_1f0c, repairs here"
  bool elsewhere = false;  // another one does, and tells people what it cannot do
  bool operator==(const StandBy&) const = default;
};

class Leadership {
 public:
  virtual ~Leadership() = default;

  // Nothing: it is ours. True for the instant of the call, from any thread: to be asked before each act, and again
  // before the next one.
  [[nodiscard]] virtual std::optional<StandBy> StandingBy() const = 0;
};

}  // namespace loadline::collector
