// Addresses in sections of the file, as strict as Go's readers of them.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "collector/alert_file/yaml_reader.h"

namespace loadline::collector {

// The value under `key`, where there is one, is http or https to a host. Throws ConfigFault.
void CheckUrl(const YamlMap& map, const std::map<std::string, std::string>& values, const std::string& key);
// ... is "host:port", ":port" or "[::1]:port".
void CheckHostPort(const YamlMap& map, const std::map<std::string, std::string>& values,
                   const std::string& key);

// Whether Go reads it as a URL: of any scheme, or of none where nothing in it looks like one.
bool IsLooseUrl(std::string_view text);

}  // namespace loadline::collector
