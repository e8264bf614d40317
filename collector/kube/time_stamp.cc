#include "collector/kube/time_stamp.h"

#include <fmt/chrono.h>

namespace loadline::collector {

std::string TimeStamp(Wall at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(at))));
}

}  // namespace loadline::collector
