// What makes Alertmanager refuse an http_config or a tls_config: keys that there are not, values that are
// none, settings that exclude one another. Both throw ConfigFault with the line of what is wrong.
#pragma once

#include <yaml-cpp/yaml.h>

#include <string>

namespace loadline::collector {

// `what`: whose it is, for messages: "receiver 'ops': webhook_configs[0]: http_config".
void CheckHttpConfig(const YAML::Node& http, const std::string& what);
void CheckTlsConfig(const YAML::Node& tls, const std::string& what);

}  // namespace loadline::collector
