// Label names and matchers as sections of the file have them.
#pragma once

#include <string>

#include "collector/alert/inhibit.h"
#include "collector/alert_file/yaml_reader.h"
#include "collector/match/matcher.h"

namespace loadline::collector {

// Letters, digits, underscores; also dots and what is beyond ASCII, which Alertmanager takes since 0.27.
[[nodiscard]] bool IsLabelName(const std::string& name);

// The three ways to say what must match (match, match_re, matchers); `prefix` is "", "source_" or "target_".
Matchers ReadMatchers(YamlMap& map, const std::string& prefix);

InhibitRule ReadInhibitRule(const YAML::Node& node, std::size_t number);

}  // namespace loadline::collector
