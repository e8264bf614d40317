#include "collector/web/time_text.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace loadline::collector {

std::string Rfc3339(Wall at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(at - seconds).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)), milliseconds);
}

std::int64_t UnixMilliseconds(Wall at) {
  return std::chrono::floor<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

}  // namespace loadline::collector
