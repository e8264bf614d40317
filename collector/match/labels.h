// What tells one alert from another.
#pragma once

#include <map>
#include <string>

namespace loadline::collector {

// Sorted, so that equal sets print and hash alike.
using Labels = std::map<std::string, std::string>;

}  // namespace loadline::collector
