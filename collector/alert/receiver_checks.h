// What makes Alertmanager refuse a receiver beyond its keys: settings that exclude one another, words that
// are none.
#pragma once

#include <map>
#include <string>

#include "collector/alert/yaml_reader.h"

namespace loadline::collector {

// Of a section `map` of this kind ("slack"); `values` are its single values and those of inner mappings and
// lists, as YamlMap::TakeRest gives them. Throws ConfigFault.
void CheckReceiver(const std::string& kind, const YamlMap& map,
                   const std::map<std::string, std::string>& values);

// Of `http_config`, wherever it stands.
void CheckHttpConfig(const YamlMap& map);

// Flags, durations and whole numbers of a section are what their keys say, in mappings below it too.
void CheckTypes(const YamlMap& map);

}  // namespace loadline::collector
