// Texts of one's own for messages: as much of Go's template language as Alertmanager's users need, and
// nothing that could do harm.
//
//   {{ .CommonLabels.namespace | toUpper }}: {{ range .Alerts }}{{ .Annotations.summary }} {{ end }}
//
// Known are `.`, `$`, paths, strings, whole numbers, parentheses, pipes, if / else if / else, range / else,
// comments and {{- trimming -}}; the functions toUpper, toLower, title, trimSpace, join, len, eq, ne, and,
// or, not. Everything else (template, define, with, variables, unknown names and functions) is refused when
// the text is parsed. A label that is not there is empty, and what is longer than kMostRendered is cut. Loops
// within loops over many alerts are work without bound; it ends at kMostSteps. Pure.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/base/result.h"

namespace loadline::collector {

class TextTemplate {
 public:
  static constexpr std::size_t kMostRendered = 64 * 1024;
  // Values that are looked at, and each 64 bytes of text that are compared, joined, changed or written: a few
  // hundredths of a second. A loop over 200 alerts with twenty labels each takes some ten thousand.
  static constexpr std::size_t kMostSteps = 300'000;

  // The error says the line within the text, from 1, and what is wrong.
  static Result<TextTemplate> Parse(std::string_view text);
  // Nothing: it takes more than kMostSteps.
  [[nodiscard]] std::optional<std::string> Render(const nlohmann::json& data) const;
  // What the template itself says, whatever the data: its text outside of actions, in pieces.
  [[nodiscard]] std::vector<std::string> Literals() const;

  // The parsed form, see text_template_tree.h.
  struct Node;
  struct Call;
  struct Operand;
  using Nodes = std::vector<Node>;
  using Pipeline = std::vector<Call>;

 private:
  explicit TextTemplate(std::shared_ptr<const Nodes> nodes) : nodes_(std::move(nodes)) {}
  std::shared_ptr<const Nodes> nodes_;
};

}  // namespace loadline::collector
