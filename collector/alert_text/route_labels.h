// The labels of a route, each a template of its own which may ask for others of them.
#pragma once

#include <map>
#include <set>
#include <string>

#include "collector/alert_text/marked_text.h"
#include "collector/alert_text/template_meter.h"
#include "collector/alert_text/template_set.h"
#include "collector/alert_text/template_value.h"
#include "collector/alert_text/text_template.h"

namespace loadline::collector {

// Fills them in with the data of one message. What strangers wrote of it stays theirs. As with Alertmanager a label
// that cannot be filled in, or asks for itself, is not there.
class RouteLabels {
 public:
  // All outlive it.
  RouteLabels(const TextData& data, const TemplateSet& set, TemplateMeter& meter, const TimeValue& now);

  [[nodiscard]] const std::map<std::string, MarkedText>& all() const { return filled_; }

 private:
  // Throws TemplateFault.
  const MarkedText& Fill(const std::string& name, const std::string& text);

  const TextData& data_;
  const TemplateSet& set_;
  TemplateMeter& meter_;
  const TimeValue& now_;
  std::map<std::string, MarkedText> filled_;
  std::set<std::string> begun_;
};

}  // namespace loadline::collector
