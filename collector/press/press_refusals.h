// What the log says of requests at the door for buttons that were not let in. Who pressed sees a warning of Slack's without a
// reason, and whoever runs the collector is to find it: a clock that is wrong, a secret that is another app's. Strangers reach
// this door too, so of many one line speaks.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

class PressRefusals {
 public:
  // The line to write about this refusal; nothing when one was written less than kBetweenLines ago: then it is counted in
  // the next. Thread-safe.
  std::optional<std::string> Note(const Error& why, Mono now);

  static constexpr Duration kBetweenLines = std::chrono::minutes(1);

 private:
  std::mutex mutex_;
  std::optional<Mono> last_line_;
  std::uint64_t unsaid_ = 0;
};

}  // namespace loadline::collector
