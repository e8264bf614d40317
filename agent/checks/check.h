// A check: looks at one thing of the node now and then, and says how it is.
//
//   planned.check->Look(now, stop)  ->  {"KubeletProblem", Health::kBad, ..., "127.0.0.1:10248 refuses connections"}
//
// One check a file. What was read is judged by pure functions, so that tables test them.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/wire/health_sources.h"

namespace loadline::agent {

// Unknown is no evidence: it raises nothing and ends nothing.
enum class Health : std::uint8_t { kGood, kBad, kUnknown };
const char* Name(Health health);  // "good", "bad", "unknown"

// What one look says of one condition.
struct Judgement {
  std::string condition;  // "KubeletProblem"; empty: bad is something that has happened, and does not hold
  Health health = Health::kUnknown;
  std::string reason;   // one word; a condition has one, or several that must all be good for it to end
  std::string message;  // the evidence, for a person
  std::string
      subject{};  // what is bad of several things ("/data"): when it becomes another, that is told, too
  bool operator==(const Judgement&) const = default;
};

// Used by one thread.
class Check {
 public:
  virtual ~Check() = default;
  // Returns within a few seconds whatever it looks at, and soon after `stop`. The same conditions and reasons each time.
  virtual std::vector<Judgement> Look(Mono now, const std::stop_token& stop) = 0;
};

// A check as it is to run; or why it does not.
struct PlannedCheck {
  std::string name;      // "kubelet"
  std::string looks_at;  // "whether the kubelet answers GET /healthz at 127.0.0.1:10248"
  std::vector<std::string> conditions;
  // Condition and reason of those that several checks judge.
  std::vector<std::pair<std::string, std::string>> causes{};
  std::string why_not{};           // what is missing, and what to do about it; empty: it runs
  std::unique_ptr<Check> check{};  // null: it does not run
  Duration every = std::chrono::seconds(30);
  // How long bad must last before it is told: what restarts is away for a while.
  Duration hold = std::chrono::seconds(5);
  // A single look is believed: a user's program has looked as often as its author likes.
  bool at_once = false;
  const char* source = wire::kCheckSource;
  int lane = 0;  // checks of one lane run one after another
};

}  // namespace loadline::agent
