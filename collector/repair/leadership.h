// Who of several collectors of one cluster repairs its nodes: at any instant one of them at most.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "collector/repair/repair_record.h"

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

  // What the one who repairs has begun within a day, for whoever repairs next; in place of what was given before. Only
  // for the one whose it is. It lies beside the leadership itself, and takes a moment to get there.
  virtual void Record(std::vector<RecordedRepair> /*repairs*/) {}
  // Whether this one is there.
  [[nodiscard]] virtual bool OnRecord(std::string_view /*key*/) const { return true; }
  // What is there, whoever wrote it; complete as soon as the leadership is ours.
  [[nodiscard]] virtual std::vector<RecordedRepair> Recorded() const { return {}; }
};

}  // namespace loadline::collector
