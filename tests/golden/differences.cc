#include "tests/golden/differences.h"

#include <cmath>

namespace loadline::test {
namespace {

using Json = nlohmann::ordered_json;

bool Near(double a, double b) {
  return std::abs(a - b) <= 1e-6 * std::max(std::abs(a), std::abs(b));
}

void Compare(const std::string& at, const Json& expected, const Json& actual, std::string& found) {
  if (expected.is_object() && actual.is_object()) {
    for (const auto& [key, value] : expected.items())
      Compare(at + '/' + key, value, actual.contains(key) ? actual[key] : Json("nothing"), found);
  } else if (expected.is_array() && actual.is_array() && expected.size() == actual.size()) {
    for (std::size_t i = 0; i < expected.size(); ++i)
      Compare(at + '/' + std::to_string(i), expected[i], actual[i], found);
  } else if (expected.is_number() && actual.is_number()) {
    if (!Near(expected, actual)) found += at + ": " + expected.dump() + " became " + actual.dump() + '\n';
  } else if (expected != actual) {
    found += at + ": " + expected.dump() + " became " + actual.dump() + '\n';
  }
}

}  // namespace

std::string Differences(const Json& expected, const Json& actual) {
  std::string found;
  Compare("", expected, actual, found);
  return found;
}

}  // namespace loadline::test
