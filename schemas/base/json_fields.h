// Fields of documents that others wrote: what is not there, or is of another kind, is empty.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace loadline {

inline const nlohmann::json& Part(const nlohmann::json& object, const char* key) {
  static const nlohmann::json kNone;
  if (!object.is_object()) return kNone;
  const auto it = object.find(key);
  return it == object.end() ? kNone : *it;
}

inline std::string Text(const nlohmann::json& object, const char* key) {
  const nlohmann::json& value = Part(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

}  // namespace loadline
