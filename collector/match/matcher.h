// One condition on a label, as Alertmanager writes them: name="value", !=, =~ and !~ with RE2 expressions
// that must match the whole value. A missing label is an empty one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "collector/match/labels.h"
#include "schemas/base/result.h"

namespace re2 {
class RE2;
}

namespace loadline::collector {

class Matcher {
 public:
  enum class Op { kEqual, kNotEqual, kMatches, kMatchesNot };

  // Fails on an expression that is none.
  static Result<Matcher> Make(std::string name, Op op, std::string value);

  [[nodiscard]] bool Matches(const Labels& labels) const;
  [[nodiscard]] std::string Text() const;  // severity="Sev0"

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Op op() const { return op_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  [[nodiscard]] bool negative() const { return op_ == Op::kNotEqual || op_ == Op::kMatchesNot; }
  [[nodiscard]] bool regex() const { return op_ == Op::kMatches || op_ == Op::kMatchesNot; }

 private:
  Matcher(std::string name, Op op, std::string value)
      : name_(std::move(name)), op_(op), value_(std::move(value)) {}

  std::string name_;
  Op op_;
  std::string value_;
  std::shared_ptr<const re2::RE2> expression_;  // shared by copies
};

// Reads one matcher: severity="Sev0", node=~n.*, "a name in quotes"!="x". Quotes around the value may be left
// out; inside them \\, \" and \n are escapes.
Result<Matcher> ParseMatcher(std::string_view text);
// Reads a list: one or more, separated by commas, with or without braces around all of them.
Result<std::vector<Matcher>> ParseMatchers(std::string_view text);

using Matchers = std::vector<Matcher>;  // all must match

[[nodiscard]] bool MatchAll(const Matchers& matchers, const Labels& labels);
// {a="b",c=~"d.*"}, sorted: the form of group keys.
[[nodiscard]] std::string MatchersText(const Matchers& matchers);
// The label's value, or "" when there is none.
[[nodiscard]] const std::string& LabelValue(const Labels& labels, const std::string& name);
// {a="b", c="d"}
[[nodiscard]] std::string LabelsText(const Labels& labels);

}  // namespace loadline::collector
