// Go's template language, read as Go reads it.
#pragma once

#include <string>
#include <string_view>

#include "collector/alert_text/template_tree.h"

namespace loadline::collector {

// `file` is for definitions only. Throws TemplateFault with the line: what Go refuses when it parses, and
// functions that there are not (template_functions.h). Of its numbers complex ones are not known.
ParsedTemplate ParseTemplate(std::string_view text, const std::string& file);

// Nothing but spaces: such a definition replaces none.
bool IsBlank(const TemplateNodes& nodes);

}  // namespace loadline::collector
