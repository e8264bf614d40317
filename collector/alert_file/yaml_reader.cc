#include "collector/alert_file/yaml_reader.h"

#include <fmt/core.h>

namespace loadline::collector {
namespace {

int Line(const YAML::Node& node) {
  return node.Mark().line + 1;
}

void Flatten(const std::string& name, const YAML::Node& node, std::map<std::string, std::string>& values) {
  if (node.IsScalar()) {
    values[name] = node.Scalar();
  } else if (node.IsMap()) {
    for (const auto& entry : node) Flatten(name + "." + entry.first.Scalar(), entry.second, values);
  } else if (node.IsSequence()) {
    for (std::size_t i = 0; i < node.size(); ++i) Flatten(fmt::format("{}.{}", name, i), node[i], values);
  }
}

}  // namespace

bool IsQuoted(const YAML::Node& value) {
  return value.Tag() == "!" || value.Tag() == "tag:yaml.org,2002:str";
}

std::optional<bool> YamlFlag(const std::string& text) {
  static const std::set<std::string> kTrue = {"true", "True", "TRUE", "yes", "Yes", "YES",
                                              "on",   "On",   "ON",   "y",   "Y"};
  static const std::set<std::string> kFalse = {"false", "False", "FALSE", "no", "No", "NO",
                                               "off",   "Off",   "OFF",   "n",  "N"};
  if (kTrue.contains(text)) return true;
  return kFalse.contains(text) ? std::optional(false) : std::nullopt;
}

YamlMap::YamlMap(const YAML::Node& node, std::string what) : node_(node), what_(std::move(what)) {
  if (node_.IsDefined() && !node_.IsNull() && !node_.IsMap()) Fail("expected a mapping");
  if (!node_.IsDefined() || !node_.IsMap()) return;
  std::set<std::string> seen;
  for (const auto& entry : node_) {
    if (!entry.first.IsScalar()) throw ConfigFault{Line(entry.first), what_ + ": a key that is no word"};
    if (!seen.insert(entry.first.Scalar()).second) {
      throw ConfigFault{Line(entry.first), fmt::format("{}: key '{}' twice", what_, entry.first.Scalar())};
    }
  }
}

bool YamlMap::Has(const std::string& key) const {
  return node_.IsDefined() && node_.IsMap() && node_[key].IsDefined();
}

YAML::Node YamlMap::Take(const std::string& key) {
  taken_.insert(key);
  return Has(key) ? node_[key] : YAML::Node(YAML::NodeType::Undefined);
}

std::string YamlMap::Text(const std::string& key, const std::string& otherwise) {
  const YAML::Node value = Take(key);
  if (!value.IsDefined() || value.IsNull()) return otherwise;
  if (!value.IsScalar()) Fail(key, "expected a single value");
  return value.Scalar();
}

bool YamlMap::Flag(const std::string& key, bool otherwise) {
  const std::string text = Text(key);
  if (Has(key) && IsQuoted(node_[key])) Fail(key, "expected true or false, without quotes");
  if (text.empty()) return otherwise;
  if (const std::optional<bool> flag = YamlFlag(text)) return *flag;
  Fail(key, fmt::format("'{}' is neither true nor false", text));
}

YAML::Node YamlMap::List(const std::string& key) {
  const YAML::Node list = Take(key);
  if (!list.IsDefined() || list.IsNull()) return YAML::Node(YAML::NodeType::Sequence);
  if (!list.IsSequence()) Fail(key, "expected a list");
  return list;
}

std::vector<std::string> YamlMap::Texts(const std::string& key) {
  std::vector<std::string> texts;
  for (const YAML::Node& item : List(key)) {
    if (!item.IsScalar() && !item.IsNull()) Fail(key, "expected a list of words");
    texts.push_back(item.IsNull() ? "" : item.Scalar());
  }
  return texts;
}

void YamlMap::Finish() const {
  if (!node_.IsDefined() || !node_.IsMap()) return;
  for (const auto& entry : node_) {
    if (!taken_.contains(entry.first.Scalar())) {
      throw ConfigFault{Line(entry.first), fmt::format("{}: unknown key '{}'", what_, entry.first.Scalar())};
    }
  }
}

void YamlMap::TakeRest(std::map<std::string, std::string>& values) {
  if (!node_.IsDefined() || !node_.IsMap()) return;
  for (const auto& entry : node_) {
    if (taken_.insert(entry.first.Scalar()).second) Flatten(entry.first.Scalar(), entry.second, values);
  }
}

void YamlMap::Fail(const std::string& words) const {
  throw ConfigFault{node_.IsDefined() ? Line(node_) : 0, what_ + ": " + words};
}

void YamlMap::Fail(const std::string& key, const std::string& words) const {
  throw ConfigFault{Has(key)            ? Line(node_[key])
                    : node_.IsDefined() ? Line(node_)
                                        : 0,
                    fmt::format("{}: {}: {}", what_, key, words)};
}

}  // namespace loadline::collector
