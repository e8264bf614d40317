#include "collector/kube_objects/time_stamp.h"

#include <fmt/chrono.h>

#include <nlohmann/json.hpp>

#include "schemas/base/json_fields.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {

std::string TimeStamp(Wall at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(
                         std::chrono::time_point_cast<std::chrono::system_clock::duration>(at))));
}

Wall LastTimeOf(const nlohmann::json& event) {
  Wall at{};
  for (const char* when : {"lastTimestamp", "eventTime", "firstTimestamp"}) {
    if (at == Wall{}) at = InstantOf(Text(event, when));
  }
  return at;
}

Wall InstantOf(const std::string& text) {
  const auto at = ParseRfc3339(text);
  return at ? at->value_or(Wall{}) : Wall{};
}

}  // namespace loadline::collector
