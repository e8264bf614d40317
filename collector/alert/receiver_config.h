// Receivers and what `global` gives them, as the file has them.
#pragma once

#include <map>
#include <string>

#include "collector/alert/alert_config.h"
#include "collector/alert/yaml_reader.h"

namespace loadline::collector {

// The single values of the section `global`.
using GlobalValues = std::map<std::string, std::string>;
GlobalValues ReadGlobal(YamlMap& top, AlertConfig& config);

// Adds one receiver, its integrations, and warnings about what is not used of it.
void ReadReceiver(const YAML::Node& node, const GlobalValues& global, AlertConfig& config);

// Throws on hours of an action group that name no time interval of the configuration.
void CheckHours(const AlertConfig& config);

}  // namespace loadline::collector
