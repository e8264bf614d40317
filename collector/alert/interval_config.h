// Time intervals as the file has them.
#pragma once

#include <map>
#include <string>

#include "collector/alert/time_interval.h"
#include "collector/alert/yaml_reader.h"

namespace loadline::collector {

// Adds those of the section `key` (time_intervals, or mute_time_intervals as it was once called).
void ReadTimeIntervals(YamlMap& top, const std::string& key,
                       std::map<std::string, TimeIntervals>& intervals_by_name);

}  // namespace loadline::collector
