// A configuration from a YAML file, and the file that says the defaults.
#pragma once

#include <string>

#include "collector/config/config.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// What is not in the file keeps its default. An unknown key, a wrong type and a value out of range fail with
// file, line and key: "loadline.yaml: line 3: store.max_sice: unknown key; did you mean store.max_size?"
Result<Config> ReadConfig(const std::string& path);
// The same, or of a file in Alertmanager's language (with `route` or `receivers`) the defaults with that as alerting.file.
Result<Config> ReadConfigOrAlerts(const std::string& path);
// ReadConfig from text; `name` stands in the errors.
Result<Config> ParseConfig(const std::string& yaml, const std::string& name);

// Every setting with its meaning and default, as a file that ParseConfig reads.
std::string DefaultConfigFile();

// What two values together must not be; ParseConfig asks it too.
Result<void> CheckTogether(const Config& config);

}  // namespace loadline::collector
