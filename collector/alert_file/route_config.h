// The tree of routes as the file has it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "collector/alert/route.h"
#include "collector/alert_file/yaml_reader.h"
#include "collector/alert_text/template_set.h"

namespace loadline::collector {

// What routes may name.
struct Defined {
  std::set<std::string> receivers;
  std::set<std::string> intervals;
  TemplateSetPtr templates = TemplateSet::BuiltIn();  // that labels of routes may call
};

// The section `route` with everything inherited, keys set. What of it is not obeyed is added to `warnings`.
Route ReadRoot(YamlMap& top, const Defined& defined, std::vector<std::string>& warnings);

// The duration under `key`, or `otherwise` where there is none.
Duration ReadDuration(YamlMap& map, const std::string& key, Duration otherwise);

}  // namespace loadline::collector
