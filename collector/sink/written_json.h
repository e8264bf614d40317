// JSON as it goes over the wire. Names from the kernel may be no UTF-8: such bytes become the replacement character.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace loadline::collector {

inline std::string Written(const nlohmann::json& message) {
  return message.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace loadline::collector
