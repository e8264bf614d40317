// What stands after the question mark of a path.
#pragma once

#include <string>
#include <string_view>

#include "collector/web/answer.h"

namespace loadline::collector {

inline std::string Get(const Query& query, std::string_view name, std::string otherwise = "") {
  const auto found = query.find(name);
  if (found == query.end()) return otherwise;
  return found->second;
}

}  // namespace loadline::collector
