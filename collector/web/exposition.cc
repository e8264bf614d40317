#include "collector/web/exposition.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace loadline::collector {
namespace {

// Length of the UTF-8 sequence at the start of `text`; 0 when there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xc2 ? 0
                             : first < 0xe0 ? 2
                             : first < 0xf0 ? 3
                             : first < 0xf5 ? 4
                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool surrogate = first == 0xed && byte(1) >= 0xa0;
  const bool beyond = first == 0xf4 && byte(1) >= 0x90;
  return overlong || surrogate || beyond ? 0 : length;
}

}  // namespace

std::string EscapedLabelValue(std::string_view value) {
  std::string result;
  while (!value.empty()) {
    const std::size_t length = SequenceLength(value);
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
