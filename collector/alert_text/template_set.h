// The templates that texts may call by name: those that come with the program, under Alertmanager's names, and
// those of the files that `templates:` of the alerting file names.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "schemas/base/result.h"

namespace loadline::collector {

struct TemplateDefinition;

class TemplateSet {
 public:
  // Those that come with the program: __subject, slack.default.title, email.default.html ...
  static std::shared_ptr<const TemplateSet> BuiltIn();

  // Adds what a file defines, and its own text under the file's name without its folder. What was defined by a
  // file before it is replaced, unless by nothing but spaces. The error has file, line and what is wrong.
  Result<void> Add(std::string_view text, const std::string& file);

  // Null: there is none.
  [[nodiscard]] const TemplateDefinition* Find(const std::string& name) const;

 private:
  void Put(const std::string& name, TemplateDefinition definition);

  std::map<std::string, std::shared_ptr<const TemplateDefinition>> templates_;
};

using TemplateSetPtr = std::shared_ptr<const TemplateSet>;

}  // namespace loadline::collector
