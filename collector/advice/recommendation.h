// What a container should ask for, and why.
//
// Amounts are millicores for CPU and bytes for memory. Every recommendation carries its reason as data: what is
// said of it to a person is made where it is shown (collector/model/advice_words.h).
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "schemas/base/clock.h"
#include "schemas/base/units.h"

namespace loadline::collector {

enum class Resource : std::uint8_t { kCpu, kMemory };
const char* Name(Resource resource);  // "cpu", "memory"

// An amount of each resource. 0 means "none" wherever a context holds one.
struct Amounts {
  MilliCores cpu = 0;
  Bytes memory = 0;
  [[nodiscard]] std::int64_t Of(Resource resource) const { return resource == Resource::kCpu ? cpu : memory; }
  bool operator==(const Amounts&) const = default;
};

// What decided the target, before any cap.
enum class Cause : std::uint8_t {
  kNoData,      // nothing was seen yet: the floor
  kUsage,       // the usage seen, with its margin
  kThrottling,  // demand beyond the CPU limit, from throttled periods and time
  kOomKill,     // a kill at the memory limit
  kSeason,      // a peak of this hour of the week or of an earlier week, higher than what is recent
  kTrend,       // steady growth that is expected to go on
  kLeak,        // growth that looks like a leak: held, not fed
  kHold,        // a change too small to be worth a restart: the present request stays
  kHpa,         // a horizontal autoscaler works on this resource: its target utilisation decides
  kEarly,       // seen for so short a time that nothing goes below the present request
};
const char* Name(Cause cause);  // "usage", "throttling", ...

// What bounded the target.
enum class Cap : std::uint8_t {
  kFloor,       // the smallest request of a pod, shared by its containers
  kMinAllowed,  // resource policy
  kMaxAllowed,
  kLimitRangeMin,  // LimitRange of the namespace
  kLimitRangeMax,
  kPodMin,  // LimitRange for the whole pod
  kPodMax,
  kQuota,       // what is left of the ResourceQuota
  kNode,        // the largest allocatable node
  kLimit,       // requests only: the limit stays, and the request cannot exceed it
  kWholeCpus,   // rounded up to whole CPUs
  kCpuset,      // the CPUs that it may run on
  kOtherNodes,  // one node alone says so, and what it may move alone is bounded
  kOtherNodesLeast,
};
const char* Name(Cap cap);  // "floor", "max_allowed", ...

struct Reason {
  Cause cause = Cause::kNoData;
  std::int64_t observed =
      0;              // the amount that decided, before margin: the usage, the demand, the kill's size
  double margin = 0;  // put on top of it, as a share
  double history_seconds = 0;  // how long this container's usage is known
  std::vector<Cap> caps{};     // in the order they took effect
  // Only for kLeak and kTrend: growth a day, and how long until the limit is reached at that pace; infinity
  // without a limit.
  double growth_per_day = 0;
  double seconds_to_limit = std::numeric_limits<double>::infinity();
};

// One resource of one container.
struct Sizing {
  std::int64_t lower = 0;     // below this a request is too small
  std::int64_t target = 0;    // what to ask for
  std::int64_t upper = 0;     // above this a request is wasteful
  std::int64_t uncapped = 0;  // the target before the policy's caps
  double exact = 0;           // the target before it was cut to whole units, and before the policy's caps
  double confidence = 0;      // 0: nothing known, 1: at least a week of history
  // At the target, expected: CPU, the share of time that demand exceeds it; memory, the chance of exceeding
  // it in a day.
  double risk = 0;
  Reason reason{};
};

// CPU for a container that starts: `factor` times the target until `duration` after its start. Factor 1: none
// needed.
struct StartupBoost {
  double factor = 1;
  Duration duration{};
};

enum class LimitAdvice : std::uint8_t {
  kNone,    // no limit, or a limit that does no harm
  kRaise,   // the container is throttled or killed at its limit, and a limit is wanted
  kRemove,  // a CPU limit throttles while nothing else gains from it
};

struct Recommendation {
  Sizing cpu{};
  Sizing memory{};
  Amounts limit{};  // the limits to go with the targets; 0: none
  LimitAdvice cpu_limit_advice = LimitAdvice::kNone;
  StartupBoost boost{};

  [[nodiscard]] const Sizing& Of(Resource resource) const {
    return resource == Resource::kCpu ? cpu : memory;
  }
  [[nodiscard]] Sizing& Of(Resource resource) { return resource == Resource::kCpu ? cpu : memory; }
};

}  // namespace loadline::collector
