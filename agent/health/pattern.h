// What can be said of a pattern before it has matched anything.
#pragma once

#include <string_view>

namespace loadline::agent {

// Whether a match can never hold a line feed, so that it is enough to look at one line. False when that is not plain
// to see.
bool StaysInOneLine(std::string_view pattern);

}  // namespace loadline::agent
