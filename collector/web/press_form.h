// The form in which Slack sends what it has to tell.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace loadline::collector {

// The field `payload` of a form as browsers send it. Nothing: there is none, or not it alone.
std::optional<std::string> PayloadOf(std::string_view form);

}  // namespace loadline::collector
