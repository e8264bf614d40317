#include "tests/support/json_schema.h"

#include <algorithm>

namespace loadline::test {

using nlohmann::json;

std::size_t CharactersOf(const std::string& text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](unsigned char c) { return (c & 0xc0) != 0x80; }));
}

ValueCheck Text(std::size_t least, std::size_t most) {
  return [=](const json& value) -> std::string {
    if (!value.is_string()) return "is no text";
    const std::size_t length = CharactersOf(value.get<std::string>());
    if (length < least) return "is missing or blank";
    return length > most ? "is longer than " + std::to_string(most) : "";
  };
}

ValueCheck OneOf(std::set<std::string> words) {
  return [words = std::move(words)](const json& value) -> std::string {
    return value.is_string() && words.contains(value.get<std::string>()) ? "" : "is none of its words";
  };
}

ValueCheck Flag() {
  return [](const json& value) -> std::string { return value.is_boolean() ? "" : "is no flag"; };
}

ValueCheck Object() {
  return [](const json& value) -> std::string { return value.is_object() ? "" : "is no object"; };
}

ValueCheck List(std::size_t most) {
  return [=](const json& value) -> std::string {
    if (!value.is_array()) return "is no list";
    return value.size() > most ? "has more than " + std::to_string(most) : "";
  };
}

ValueCheck TextList(std::size_t most, std::size_t longest) {
  return [=](const json& value) -> std::string {
    if (std::string wrong = List(most)(value); !wrong.empty()) return wrong;
    for (const json& text : value) {
      if (std::string wrong = Text(1, longest)(text); !wrong.empty()) return "has one that " + wrong;
    }
    return "";
  };
}

void Check(const json& object, const Shape& shape, const std::set<std::string>& needed,
           const std::string& what, std::vector<std::string>& wrong) {
  if (!object.is_object()) return wrong.push_back(what + " is no object");
  for (const auto& [key, value] : object.items()) {
    const auto check = shape.find(key);
    const std::string why = check == shape.end() ? "is not known" : check->second(value);
    if (!why.empty()) wrong.push_back(what + ": '" + key + "' " + why);
  }
  for (const std::string& key : needed) {
    if (!object.contains(key)) wrong.push_back(what + ": '" + key + "' is missing or blank");
  }
}

}  // namespace loadline::test
