#include "collector/alert_file/matcher_config.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>

#include "collector/match/utf8.h"

namespace loadline::collector {
namespace {

// As `match` and `match_re` of routes still have it, though dots and letters beyond ASCII may stand in it.
bool IsOldLabelName(const std::string& name) {
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '.' || c >= 0x80; };
  return IsLabelName(name) && std::ranges::all_of(name, fits) &&
         std::isdigit(static_cast<unsigned char>(name.front())) == 0 && name.front() != '.';
}

// `match` and `match_re`: mappings of label to value.
void ReadMatch(YamlMap& map, const std::string& key, Matcher::Op op, Matchers& out) {
  YamlMap values(map.Take(key), map.what() + "." + key);
  if (!map.Has(key)) return;
  for (const auto& entry : values.node()) {
    const std::string name = entry.first.Scalar();
    if (key.starts_with("match") ? !IsOldLabelName(name) : !IsLabelName(name))
      values.Fail(fmt::format("'{}' is no label name", name));
    if (op == Matcher::Op::kMatches && entry.second.IsNull())
      values.Fail(name, "an expression cannot be null");
    out.push_back(Expect(Matcher::Make(name, op, values.Text(name)), values, name));
  }
}

}  // namespace

// Since its release 0.27 Alertmanager takes any text for a name.
bool IsLabelName(const std::string& name) {
  return !name.empty() && IsUtf8(name);
}

Matchers ReadMatchers(YamlMap& map, const std::string& prefix) {
  Matchers matchers;
  ReadMatch(map, prefix + "match", Matcher::Op::kEqual, matchers);
  ReadMatch(map, prefix + "match_re", Matcher::Op::kMatches, matchers);
  const std::string key = prefix + "matchers";
  for (const std::string& text : map.Texts(key)) {
    for (Matcher& matcher : Expect(ParseMatchers(text), map, key)) matchers.push_back(std::move(matcher));
  }
  return matchers;
}

InhibitRule ReadInhibitRule(const YAML::Node& node, std::size_t number) {
  YamlMap map(node, fmt::format("inhibit_rules[{}]", number));
  InhibitRule rule;
  (void)map.Text("name");
  rule.source = ReadMatchers(map, "source_");
  rule.target = ReadMatchers(map, "target_");
  for (const std::string& label : map.Texts("equal")) {
    if (!IsLabelName(label)) map.Fail("equal", fmt::format("'{}' is no label name", label));
    rule.equal.insert(label);
  }
  map.Finish();
  return rule;
}

}  // namespace loadline::collector
