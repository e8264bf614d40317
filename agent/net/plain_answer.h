// The bytes of an answer by HTTP/1.1, on a connection that ends with it.
#pragma once

#include <optional>
#include <string_view>

#include "agent/net/plain_get.h"
#include "schemas/base/result.h"

namespace loadline::agent {

// Nothing: it is not whole yet. `ended`: no more bytes come. Fails on what is no answer, and on one that ended too soon.
Result<std::optional<PlainAnswer>> ReadPlainAnswer(std::string_view bytes, bool ended);

}  // namespace loadline::agent
