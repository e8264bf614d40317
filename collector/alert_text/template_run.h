// Fills in a template.
#pragma once

#include "collector/alert_text/template_functions.h"
#include "collector/alert_text/template_set.h"
#include "collector/alert_text/template_tree.h"
#include "collector/alert_text/template_writer.h"

namespace loadline::collector {

struct TemplateRunParts {
  const ParsedTemplate& parsed;
  const TemplateSet& set;
  TemplateMeter& meter;
  TemplateWriter& writer;
  const TimeValue& now;
  const RouteLabelOf& route_label;
  bool html = false;  // escapers at the end of a pipeline are the writer's
};

// The definition of this name: of the text itself, else of the set; null: there is none.
const TemplateDefinition* FindTemplate(const ParsedTemplate& parsed, const TemplateSet& set,
                                       const std::string& name);

// Throws TemplateFault with the line and the file. It ends early when more is written than a text may have.
void RunTemplate(const TemplateRunParts& parts, const Value& data);

}  // namespace loadline::collector
