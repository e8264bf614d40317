// What was repaired lately, as it stands on the lease of whoever repairs (annotation kRepairsOnLease): whoever takes over
// reads it before the first step.
//
//   [{"key": "web-3@1764600000000000000", "pool": "web", "zone": "eastus-1", "taken": 1764600060000000000, "closed": null}]
//
// Instants are nanoseconds since 1970.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector/repair/repair_record.h"

namespace loadline::collector {

inline constexpr const char* kRepairsOnLease = "loadline.io/repairs";
// So many are kept, the latest: more a day are begun in clusters of some thousand nodes only, and an annotation is bounded.
inline constexpr std::size_t kMostOnLease = 500;

std::string RepairsText(std::vector<RecordedRepair> repairs);
// What is none is left out: others may write there.
std::vector<RecordedRepair> ReadRepairs(std::string_view text);

}  // namespace loadline::collector
