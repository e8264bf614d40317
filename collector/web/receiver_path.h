// What is asked about one receiver: /api/v1/receivers/{name}/{what}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loadline::collector {

// The receiver's name when the path asks this about one; `what` has its slash: "/test".
inline std::optional<std::string> ReceiverIn(std::string_view path, std::string_view what) {
  constexpr std::string_view kBefore = "/api/v1/receivers/";
  if (path.size() <= kBefore.size() + what.size() || !path.starts_with(kBefore) || !path.ends_with(what))
    return std::nullopt;
  return std::string(path.substr(kBefore.size(), path.size() - kBefore.size() - what.size()));
}

}  // namespace loadline::collector
