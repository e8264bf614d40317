#include "collector/web/exposition.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "schemas/base/utf8.h"

namespace loadline::collector {
std::string EscapedLabelValue(std::string_view value) {
  std::string result;
  while (!value.empty()) {
    const std::size_t length = CharacterLength(value);
    if (length == 0) {
      result += "\xef\xbf\xbd";
    } else if (value.front() == '\\') {
      result += "\\\\";
    } else if (value.front() == '"') {
      result += "\\\"";
    } else if (value.front() == '\n') {
      result += "\\n";
    } else {
      result += value.substr(0, length);
    }
    value.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return result;
}

std::string LabelText(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  std::string result;
  for (const auto& [name, value] : labels) {
    if (value.empty()) continue;
    fmt::format_to(std::back_inserter(result), "{}{}=\"{}\"", result.empty() ? "" : ",", name,
                   EscapedLabelValue(value));
  }
  return result;
}

void Exposition::Family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(buffer_), "# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void Exposition::Sample(std::string_view labels, double value) {
  if (!open_) return;
  auto out = std::back_inserter(buffer_);
  out = labels.empty() ? fmt::format_to(out, "{} ", name_) : fmt::format_to(out, "{}{{{}}} ", name_, labels);
  if (std::isnan(value)) {
    fmt::format_to(out, "NaN\n");
  } else if (std::isinf(value)) {
    fmt::format_to(out, "{}\n", value > 0 ? "+Inf" : "-Inf");
  } else {
    fmt::format_to(out, "{}\n", value);
  }
  if (buffer_.size() >= kPiece) Flush();
}

bool Exposition::Flush() {
  if (open_ && !buffer_.empty()) open_ = write_(buffer_);
  buffer_.clear();
  return open_;
}

}  // namespace loadline::collector
