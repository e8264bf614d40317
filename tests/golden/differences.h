// What of one JSON text is missing in another or has another value there; what the other has more is none.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace loadline::test {

// One line each: "/nodes/node-1/state: \"ready\" became \"stale\"". Numbers may differ by a millionth.
std::string Differences(const nlohmann::ordered_json& expected, const nlohmann::ordered_json& actual);

}  // namespace loadline::test
