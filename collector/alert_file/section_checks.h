// What makes Alertmanager refuse a section of its file beyond its keys: values that are none, settings that
// exclude one another. For the checks of kinds of receivers (integration_kind.h). All of them throw
// ConfigFault.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "collector/alert_file/integration_kind.h"
#include "collector/alert_file/yaml_reader.h"

namespace loadline::collector {

// Each value is what its key's type says. `values` have what `global` gives.
void CheckKeys(const YamlMap& map, const KeyTypes& keys, const KeyValues& values);

// Whether a value stands under the key that is not empty; and the value, where it is a single one.
bool Says(const YAML::Node& node, const std::string& key);
std::string Word(const YAML::Node& node, const std::string& key);
YAML::Node Inner(const YamlMap& map, const std::string& key);

// Single values under these keys, but for those of `nested`, which may hold more.
void OnlyKeys(const YamlMap& map, const YAML::Node& node, const std::string& what,
              const std::set<std::string>& keys, const std::set<std::string>& nested = {});
void AtMostOne(const YamlMap& map, const YAML::Node& node, const std::vector<std::string>& keys);
// A template is known only when it is filled in, and passes.
void OneOf(const YamlMap& map, const std::string& key, const std::set<std::string>& words,
           const KeyValues& values);
void ListOfWords(const YamlMap& map, const std::string& key);
// Under the key a mapping, or nothing; of single values where that is asked.
void ExpectMapping(const YamlMap& map, const std::string& key, bool single_values);
// `fields` of a message: each has a title, a value and perhaps a flag, `short`. `whole`: title and value are needed.
void CheckFields(const YamlMap& map, bool whole);
void ExpectFlag(const YamlMap& map, const YAML::Node& node, const std::string& key);
// No lists or mappings in this mapping.
void OnlySingle(const YamlMap& map, const YAML::Node& node, const std::string& what);
void Elements(const YamlMap& map, const std::string& list,
              const std::function<void(const YAML::Node& element)>& check);

}  // namespace loadline::collector
