// Texts of one's own for messages: the whole of Go's template language with Alertmanager's data and functions, as
// its users write them, and nothing that could do harm.
//
//   {{ .CommonLabels.namespace | toUpper }}: {{ range .Alerts }}{{ .Annotations.summary }} {{ end }}
//
// What the data and their methods are is Alertmanager's documentation; docs/alerting.md names the differences.
// Filling in ends at kMostSteps, at templates nested within kDeepestCalls, and what is longer than kMostRendered
// is cut. What strangers wrote stays words wherever a function takes it (marked_text.h). Pure.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "collector/alert_text/template_set.h"
#include "schemas/base/clock.h"
#include "schemas/base/result.h"

namespace loadline::collector {

struct ParsedTemplate;

// What a template is about.
struct TextData {
  nlohmann::json values;  // under Alertmanager's names, as they are (template_data.h)
  // What strangers' words pass through where they are written, so that a template can be careless with them.
  // None: they are written as they are.
  std::function<std::string(std::string_view)> escape{};
  Wall now{};                                         // of {{ now }} and {{ since }}
  std::map<std::string, std::string> route_labels{};  // as the configuration has them: templates

  // For built-in texts: the same with every text escaped, times apart.
  [[nodiscard]] nlohmann::json Escaped() const;
};

class TextTemplate {
 public:
  static constexpr std::size_t kMostRendered = 64 * 1024;
  // Values that are looked at, and each 64 bytes of text that are compared, joined, changed or written: a few
  // hundredths of a second. A loop over 200 alerts with twenty labels each takes some ten thousand.
  static constexpr std::size_t kMostSteps = 300'000;
  static constexpr int kDeepestCalls = 64;
  static constexpr std::size_t kLongest = 256 * 1024;  // of a text, and of a file

  // The error says the line within the text, from 1, and what is wrong; also where it calls a template that is
  // not there.
  static Result<TextTemplate> Parse(std::string_view text, TemplateSetPtr set = TemplateSet::BuiltIn());
  // The error says at which line, also of which file, it cannot be filled in with these data.
  [[nodiscard]] Result<std::string> Render(const TextData& data) const;
  // The same as HTML: each value is escaped as the place where it stands asks for.
  [[nodiscard]] Result<std::string> RenderHtml(const TextData& data) const;
  // What the template itself says, whatever the data, and what it calls: text outside of actions, in pieces.
  [[nodiscard]] std::vector<std::string> Literals() const;

 private:
  TextTemplate(std::shared_ptr<const ParsedTemplate> parsed, TemplateSetPtr set)
      : parsed_(std::move(parsed)), set_(std::move(set)) {}

  std::shared_ptr<const ParsedTemplate> parsed_;
  TemplateSetPtr set_;
};

// The labels of a route, filled in: what Alertmanager's webhooks and its API say of them. One that cannot be is left out.
std::map<std::string, std::string> FilledRouteLabels(const TextData& data, const TemplateSetPtr& set);

}  // namespace loadline::collector
