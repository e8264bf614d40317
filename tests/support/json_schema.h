// What a published API says of its JSON, as checks for the stand-ins: names, types, lengths.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace loadline::test {

// What is wrong with a value; empty: nothing.
using ValueCheck = std::function<std::string(const nlohmann::json&)>;
using Shape = std::map<std::string, ValueCheck>;

// Characters, as people count them.
std::size_t CharactersOf(const std::string& text);

ValueCheck Text(std::size_t least = 0, std::size_t most = SIZE_MAX);
ValueCheck OneOf(std::set<std::string> words);
ValueCheck Flag();
ValueCheck Object();
ValueCheck List(std::size_t most = SIZE_MAX);
ValueCheck TextList(std::size_t most, std::size_t longest);

// Adds to `wrong` what the object has that the shape does not, what it lacks of `needed`, and whatever value
// is wrong.
void Check(const nlohmann::json& object, const Shape& shape, const std::set<std::string>& needed,
           const std::string& what, std::vector<std::string>& wrong);

}  // namespace loadline::test
