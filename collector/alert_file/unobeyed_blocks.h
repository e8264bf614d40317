// What stands beside routes and receivers in Alertmanager's file and is not obeyed here: `tracing` and `event_recorder`.
#pragma once

#include <string>
#include <vector>

#include "collector/alert_file/yaml_reader.h"

namespace loadline::collector {

// Refuses what Alertmanager refuses of them, and names those that are there in a warning.
void ReadUnobeyedBlocks(YamlMap& top, std::vector<std::string>& warnings);

}  // namespace loadline::collector
