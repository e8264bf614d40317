// The token of an Authorization header.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loadline::collector {

// Of "Bearer TOKEN"; nothing when the header is anything else.
inline std::optional<std::string> BearerOf(std::string_view authorization) {
  constexpr std::string_view kBearer = "Bearer ";
  if (!authorization.starts_with(kBearer)) return std::nullopt;
  return std::string(authorization.substr(kBearer.size()));
}

}  // namespace loadline::collector
