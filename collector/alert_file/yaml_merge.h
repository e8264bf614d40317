// YAML's merge keys (`<<: *anchor`), which the parser leaves as they stand.
#pragma once

#include <yaml-cpp/yaml.h>

namespace loadline::collector {

// Puts what is merged into every mapping of the document that has a merge key; its own keys win, and of
// several merged mappings the first. Throws ConfigFault on a merge of anything but mappings, and on a
// document whose aliases make it absurdly large.
void ResolveMerges(YAML::Node document);

}  // namespace loadline::collector
