// What a function of templates is given: as many values as it takes, of the types that it takes.
#pragma once

#include <vector>

#include "collector/alert_text/template_functions.h"
#include "collector/alert_text/template_tree.h"
#include "collector/alert_text/template_value.h"

namespace loadline::collector {

// A value, or a number as it stands in the template, whose type is still open.
struct TemplateArgument {
  Value value;
  const TemplateNumber* number = nullptr;
};

// Adds them to the call, as TemplateFunction::takes wants them. Throws TemplateFault when they are too few, too many or of
// another type.
void AddArguments(const TemplateFunction& function, std::vector<TemplateArgument> arguments,
                  TemplateCall& call);

}  // namespace loadline::collector
