// Receivers and what `global` gives them, as the file has them.
#pragma once

#include <vector>

#include "collector/alert_file/alert_config.h"
#include "collector/alert_file/integration_kind.h"
#include "collector/alert_file/yaml_reader.h"

namespace loadline::collector {

// The single values of the section `global`. `kinds`: those that are spoken.
KeyValues ReadGlobal(YamlMap& top, const std::vector<IntegrationKind>& kinds, AlertConfig& config);

// Adds one receiver, its integrations, and warnings about what is not used of it.
void ReadReceiver(const YAML::Node& node, const std::vector<IntegrationKind>& kinds, const KeyValues& global,
                  AlertConfig& config);

}  // namespace loadline::collector
