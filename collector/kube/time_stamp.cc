#include "collector/kube/time_stamp.h"

#include <fmt/chrono.h>

#include <iomanip>
#include <sstream>

namespace loadline::collector {

std::string TimeStamp(Wall at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(at))));
}

Result<Wall> ParseTimeStamp(std::string_view text) {
  std::istringstream in{std::string(text)};
  std::tm parts{};
  if (!(in >> std::get_time(&parts, "%Y-%m-%dT%H:%M:%S"))) {
    return Failure(ErrorKind::kInvalid, fmt::format("'{}' is no time such as 2026-01-01T10:00:00Z", text));
  }
  return Wall(std::chrono::seconds(timegm(&parts)));
}

}  // namespace loadline::collector
