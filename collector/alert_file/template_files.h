// The files of `templates:` of the alerting file.
#pragma once

#include <string>

#include "collector/alert_file/alert_config.h"

namespace loadline::collector {

// Reads the files that patterns name (*, ? and [] within a name of a file or folder), relative to the folder of
// `config_file`. A pattern that names none is none the less right, as with Alertmanager: files may come later.
// Fails on a folder, on a file that cannot be read, is longer than a template may be
// (TextTemplate::kLongest), or cannot be parsed, with file and line.
TemplateReader TemplatesBeside(const std::string& config_file);

}  // namespace loadline::collector
