// Writes Prometheus' text format: a family's HELP and TYPE once, then its samples.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "collector/web/answer.h"

namespace loadline::collector {

// A label value as the format wants it: backslash, quote and newline escaped, what is not UTF-8 replaced.
std::string EscapedLabelValue(std::string_view value);

class Exposition {
 public:
  explicit Exposition(const Writer& write) : write_(write) { buffer_.reserve(2 * kPiece); }

  // `type` is "counter" or "gauge". All samples of a family follow its head.
  void Family(std::string_view name, std::string_view type, std::string_view help);
  // A sample of the present family. `labels` is what stands between the braces, escaped; may be empty.
  void Sample(std::string_view labels, double value);
  // What is still held goes out. False: nobody listens any more, and nothing that follows will be written.
  bool Flush();
  [[nodiscard]] bool open() const { return open_; }

 private:
  static constexpr std::size_t kPiece =
      64 * 1024;  // one write of a piece this large costs no more than its bytes

  const Writer& write_;
  std::string name_;
  std::string buffer_;
  bool open_ = true;
};

// name="value",name="value" of these pairs, escaped; pairs with an empty value are left out, which is what an
// empty value means to Prometheus.
std::string LabelText(std::initializer_list<std::pair<std::string_view, std::string_view>> labels);

}  // namespace loadline::collector
