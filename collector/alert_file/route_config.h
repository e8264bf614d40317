// The tree of routes as the file has it.
#pragma once

#include <set>
#include <string>

#include "collector/alert/route.h"
#include "collector/alert_file/yaml_reader.h"

namespace loadline::collector {

// The section `route` with everything inherited, keys set. Whom and which hours it names is not looked at.
Route ReadRoot(YamlMap& top);

// Throws on a receiver or a time interval that is named and not among these.
void CheckNames(const Route& route, const std::set<std::string>& receivers,
                const std::set<std::string>& intervals);

// The duration under `key`, or `otherwise` where there is none.
Duration ReadDuration(YamlMap& map, const std::string& key, Duration otherwise);

}  // namespace loadline::collector
