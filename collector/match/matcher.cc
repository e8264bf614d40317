#include "collector/match/matcher.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <re2/re2.h>

#include <algorithm>

namespace loadline::collector {
namespace {

constexpr const char* kSigns[] = {"=", "!=", "=~", "!~"};

std::string Quoted(const std::string& value) {
  std::string out = "\"";
  for (char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + '"';
}

// A single byte: RE2 knows it in C++ alone, and what Alertmanager refuses is refused.
bool HasSingleByte(std::string_view expression) {
  bool literal = false;  // between \Q and \E
  for (std::size_t i = 0; i + 1 < expression.size(); ++i) {
    if (expression[i] != '\\') continue;
    const char what = expression[++i];
    if (what == 'C' && !literal) return true;
    literal = literal ? what != 'E' : what == 'Q';
  }
  return false;
}

}  // namespace

Result<Matcher> Matcher::Make(std::string name, Op op, std::string value) {
  Matcher matcher(std::move(name), op, std::move(value));
  if (matcher.regex()) {
    RE2::Options options;
    options.set_log_errors(false);
    auto expression = std::make_shared<const RE2>("^(?:" + matcher.value_ + ")$", options);
    if (HasSingleByte(matcher.value_))
      return Failure(ErrorKind::kInvalid, fmt::format("'{}': \\C is not known", matcher.Text()));
    if (!expression->ok()) {
      return Failure(ErrorKind::kInvalid, fmt::format("'{}': {}", matcher.Text(), expression->error()));
    }
    matcher.expression_ = std::move(expression);
  }
  return matcher;
}

bool Matcher::Matches(const Labels& labels) const {
  const std::string& value = LabelValue(labels, name_);
  const bool same = regex() ? RE2::FullMatch(value, *expression_) : value == value_;
  return same != negative();
}

std::string Matcher::Text() const {
  const bool plain = name_.find_first_of("{}!=~,\\\"'` \t\n\v\f\r") == std::string::npos;
  return (plain ? name_ : Quoted(name_)) + kSigns[static_cast<int>(op_)] + Quoted(value_);
}

bool MatchAll(const Matchers& matchers, const Labels& labels) {
  return std::ranges::all_of(matchers, [&](const Matcher& matcher) { return matcher.Matches(labels); });
}

std::string MatchersText(const Matchers& matchers) {
  std::vector<std::string> texts;
  for (const Matcher& matcher : matchers) texts.push_back(matcher.Text());
  std::ranges::sort(texts);
  return fmt::format("{{{}}}", fmt::join(texts, ","));
}

const std::string& LabelValue(const Labels& labels, const std::string& name) {
  static const std::string kNone;
  auto it = labels.find(name);
  return it == labels.end() ? kNone : it->second;
}

std::string LabelsText(const Labels& labels) {
  std::vector<std::string> texts;
  for (const auto& [name, value] : labels) texts.push_back(name + "=" + Quoted(value));
  return fmt::format("{{{}}}", fmt::join(texts, ", "));
}

}  // namespace loadline::collector
