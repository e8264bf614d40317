// A mapping of a YAML file that must be read completely: every key is asked for, or it is an error.
//
// Faults leave as ConfigFault, an exception that ends within this room: a file is either wholly right or
// refused with one line, and the reader is nested too deeply to hand each fault up by hand.
#pragma once

#include <yaml-cpp/yaml.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "schemas/base/result.h"

namespace loadline::collector {

struct ConfigFault {
  int line = 0;  // from 1; 0: unknown
  std::string words;
};

class YamlMap {
 public:
  // `what` is what it is, for messages: "route". An absent or null node is an empty mapping.
  YamlMap(const YAML::Node& node, std::string what);

  [[nodiscard]] bool Has(const std::string& key) const;
  // The node of a key, which counts as read; undefined when there is none.
  YAML::Node Take(const std::string& key);
  // Single values. A missing key is `otherwise`.
  std::string Text(const std::string& key, const std::string& otherwise = "");
  bool Flag(const std::string& key, bool otherwise);
  std::vector<std::string> Texts(const std::string& key);  // null is ""
  // The nodes of a list, none where there is no such key. What is no list is a fault, never an empty one: a
  // dash that was forgotten must not change what is meant.
  YAML::Node List(const std::string& key);
  // Every key that was not taken is a fault.
  void Finish() const;
  // Puts all that was not taken into the list as single values, those of inner mappings as "outer.inner".
  void TakeRest(std::map<std::string, std::string>& values);

  [[noreturn]] void Fail(const std::string& words) const;
  [[noreturn]] void Fail(const std::string& key, const std::string& words) const;
  [[nodiscard]] const YAML::Node& node() const { return node_; }
  [[nodiscard]] const std::string& what() const { return what_; }

 private:
  YAML::Node node_;
  std::string what_;
  std::set<std::string> taken_;
};

// The value, or the fault with the place of `key`.
template <typename T>
T Expect(Result<T> result, const YamlMap& map, const std::string& key) {
  if (!result) map.Fail(key, result.error().message);
  return std::move(*result);
}

// In quotes a number, true and false are words.
bool IsQuoted(const YAML::Node& value);

// True, false, yes, no, on, off in the spellings of YAML 1.1; nothing for anything else.
std::optional<bool> YamlFlag(const std::string& text);

}  // namespace loadline::collector
