#include "collector/alert_file/section_checks.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "collector/alert_file/address_checks.h"
#include "collector/alert_file/go_duration.h"
#include "collector/alert_file/http_checks.h"
#include "collector/alert_file/prometheus_duration.h"

namespace loadline::collector {

bool Says(const YAML::Node& node, const std::string& key) {
  if (!node.IsMap()) return false;
  const YAML::Node value = node[key];
  return value.IsDefined() && !value.IsNull() && !(value.IsScalar() && value.Scalar().empty());
}

std::string Word(const YAML::Node& node, const std::string& key) {
  return Says(node, key) && node[key].IsScalar() ? node[key].Scalar() : "";
}

YAML::Node Inner(const YamlMap& map, const std::string& key) {
  return map.Has(key) ? map.node()[key] : YAML::Node();
}

void OnlyKeys(const YamlMap& map, const YAML::Node& node, const std::string& what,
              const std::set<std::string>& keys, const std::set<std::string>& nested) {
  if (!node.IsDefined() || node.IsNull()) return;
  if (!node.IsMap()) map.Fail(what + ": expected a mapping");
  for (const auto& entry : node) {
    const std::string& key = entry.first.Scalar();
    if (nested.contains(key)) continue;
    if (!keys.contains(key)) map.Fail(fmt::format("{}: unknown key '{}'", what, key));
    if (!entry.second.IsScalar() && !entry.second.IsNull())
      map.Fail(fmt::format("{}: {}: expected a single value", what, key));
  }
}

void ExpectFlag(const YamlMap& map, const YAML::Node& node, const std::string& key) {
  const YAML::Node value = node[key];
  if (!value.IsDefined() || value.IsNull()) return;
  if (!value.IsScalar() || IsQuoted(value) || !YamlFlag(value.Scalar()))
    map.Fail(fmt::format("{}: expected true or false", key));
}

void CheckFields(const YamlMap& map, bool whole) {
  Elements(map, "fields", [&](const YAML::Node& field) {
    OnlyKeys(map, field, "fields", {"title", "value", "short"});
    if (field.IsNull()) return;
    ExpectFlag(map, field, "short");
    if (whole && (!Says(field, "title") || !Says(field, "value")))
      map.Fail("fields", "a field needs a title and a value");
  });
}

void OnlySingle(const YamlMap& map, const YAML::Node& node, const std::string& what) {
  for (const auto& entry : node) {
    if (!entry.second.IsScalar() && !entry.second.IsNull())
      map.Fail(fmt::format("{}: {}: expected a single value", what, entry.first.Scalar()));
  }
}

void AtMostOne(const YamlMap& map, const YAML::Node& node, const std::vector<std::string>& keys) {
  if (std::ranges::count_if(keys, [&](const std::string& key) { return Says(node, key); }) > 1)
    map.Fail(fmt::format("only one of {}", fmt::join(keys, ", ")));
}

void OneOf(const YamlMap& map, const std::string& key, const std::set<std::string>& words,
           const KeyValues& values) {
  const auto found = values.find(key);
  if (found == values.end() || found->second.empty() || found->second.find("{{") != std::string::npos) return;
  if (!words.contains(found->second))
    map.Fail(key, fmt::format("'{}' is none of {}", found->second, fmt::join(words, ", ")));
}

void Elements(const YamlMap& map, const std::string& list,
              const std::function<void(const YAML::Node&)>& check) {
  const YAML::Node node = Inner(map, list);
  if (node.IsDefined() && !node.IsNull() && !node.IsSequence()) map.Fail(list, "expected a list");
  if (!node.IsSequence()) return;
  for (const YAML::Node& element : node) check(element);
}

void ListOfWords(const YamlMap& map, const std::string& key) {
  const YAML::Node list = Inner(map, key);
  if (!list.IsDefined() || list.IsNull()) return;
  const auto is_word = [](const YAML::Node& word) { return word.IsScalar() || word.IsNull(); };
  if (!list.IsSequence() || !std::all_of(list.begin(), list.end(), is_word))
    map.Fail(key, "expected a list of words");
}

void ExpectMapping(const YamlMap& map, const std::string& key, bool single_values) {
  const YAML::Node mapping = Inner(map, key);
  if (!mapping.IsDefined() || mapping.IsNull()) return;
  if (!mapping.IsMap()) map.Fail(key, "expected a mapping");
  if (single_values) OnlySingle(map, mapping, key);
}

namespace {

bool IsWhole(const std::string& text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

// What is wrong with the kind of node that a value of this type is; nothing: nothing. What is null says nothing.
const char* WrongShape(KeyType type, const YAML::Node& value) {
  if (!value.IsDefined() || value.IsNull()) return nullptr;
  const auto is_nested = [](const auto& entry) { return entry.second.IsMap() || entry.second.IsSequence(); };
  switch (type) {
    case KeyType::kMapping:
    case KeyType::kHeaders:
      if (value.IsMap() && std::any_of(value.begin(), value.end(), is_nested))
        return "expected single values";
      [[fallthrough]];
    case KeyType::kTree:
      return value.IsMap() ? nullptr : "expected a mapping";
    case KeyType::kList:
      return value.IsSequence() ? nullptr : "expected a list";
    case KeyType::kTexts:
    case KeyType::kHttp:
    case KeyType::kTls:
    case KeyType::kAny:
      return nullptr;
    default:
      return value.IsScalar() ? nullptr : "expected a single value";
  }
}

// What is wrong with a single value of this type; nothing: nothing.
const char* WhatIsWrong(KeyType type, const YAML::Node& node) {
  const std::string& value = node.Scalar();
  const bool number = type == KeyType::kWhole || type == KeyType::kCount;
  if (number && IsQuoted(node)) return "expected a whole number, without quotes";
  if (type == KeyType::kFlag && IsQuoted(node)) return "expected true or false, without quotes";
  if (value.empty() && !IsQuoted(node)) return nullptr;
  if (value.empty() && type == KeyType::kUrl) return "expected a URL";
  if (type == KeyType::kFlag && !YamlFlag(value)) return "expected true or false";
  if (type == KeyType::kDuration && !ParsePrometheusDuration(value)) return "expected a duration (30s, 5m)";
  if (type == KeyType::kTimeout && !ParseGoDuration(value))
    return "expected a time with its unit (30s, 1m30s)";
  if (number && (!IsWhole(value) || (type == KeyType::kCount && value.starts_with('-'))))
    return "expected a whole number";
  return nullptr;
}

}  // namespace

void CheckKeys(const YamlMap& map, const KeyTypes& keys, const KeyValues& values) {
  for (const auto& [key, type] : keys) {
    const YAML::Node value = Inner(map, key);
    if (type == KeyType::kUrl) CheckUrl(map, values, key);
    if (type == KeyType::kHostPort) CheckHostPort(map, values, key);
    if (type == KeyType::kHttp) CheckHttpConfig(value, map.what() + ": " + key);
    if (type == KeyType::kTls) CheckTlsConfig(value, map.what() + ": " + key);
    if (const char* wrong = WrongShape(type, value)) map.Fail(key, wrong);
    if (!value.IsScalar()) continue;
    if (const char* wrong = WhatIsWrong(type, value))
      map.Fail(key, fmt::format("'{}': {}", value.Scalar(), wrong));
  }
}

}  // namespace loadline::collector
