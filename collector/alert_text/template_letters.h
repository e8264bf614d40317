// Capital and small letters beyond ASCII: of the Latin, Greek, Cyrillic and Armenian scripts.
#pragma once

#include <string>
#include <string_view>

namespace loadline::collector {

std::string InCapitals(std::string_view text);
std::string InSmall(std::string_view text);
// Each word with a capital first letter and small ones behind it.
std::string AsTitle(std::string_view text);

}  // namespace loadline::collector
