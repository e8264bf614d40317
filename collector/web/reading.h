// Who may read.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "schemas/base/result.h"

namespace loadline::collector {

// Whether the bearer of `token`, "" where none was shown, may do this: `verb` is the method in small letters,
// `path` that of the request, without what would make many of one ("/api/v1/workloads" for one workload too).
// kInvalid: the token is none of ours. kDenied: whose it is may not. kUnavailable: whoever knows cannot be
// asked. Thread-safe; may wait for a few seconds.
using MayRead =
    std::function<Result<void>(const std::string& token, std::string_view verb, std::string_view path)>;

// The path as MayRead gets it: at most three names.
std::string_view Coarse(std::string_view path);

}  // namespace loadline::collector
