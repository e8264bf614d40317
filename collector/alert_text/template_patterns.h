// Regular expressions of a template, each read once in a filling in.
#pragma once

#include <re2/re2.h>

#include <map>
#include <memory>
#include <string>

#include "collector/alert_text/template_meter.h"

namespace loadline::collector {

class TemplatePatterns {
 public:
  // Throws TemplateFault when it is none, or is too large: a label may be one. Reading it is charged, and each
  // search by ChargeSearch.
  const re2::RE2& Of(const std::string& pattern, TemplateMeter& meter);
  // For looking through so many bytes: some patterns look at each of them with every of their parts.
  static void ChargeSearch(const re2::RE2& pattern, std::size_t bytes, TemplateMeter& meter);

 private:
  std::map<std::string, std::unique_ptr<re2::RE2>> known_;
};

}  // namespace loadline::collector
