// Time intervals as the file has them.
#pragma once

#include <map>
#include <string>

#include "collector/alert_file/yaml_reader.h"
#include "collector/calendar/time_interval.h"

namespace loadline::collector {

// Adds those of the section `key` (time_intervals, or mute_time_intervals as it was once called).
void ReadTimeIntervals(YamlMap& top, const std::string& key,
                       std::map<std::string, TimeIntervals>& intervals_by_name);

}  // namespace loadline::collector
