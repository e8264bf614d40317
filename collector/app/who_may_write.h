// Who may post alerts and make silences.
#pragma once

#include <functional>
#include <string>

#include "schemas/base/result.h"

namespace loadline::collector {

// Takes the token that was shown, "" where none was. Thread-safe.
using MayWrite = std::function<Result<void>(const std::string& token)>;

// With a file: whoever shows its token; the file is read again when it changes. Without one: on a loopback
// address anybody, elsewhere nobody. Fails when the file cannot be read.
Result<MayWrite> WhoMayWrite(const std::string& token_file, const std::string& address);

}  // namespace loadline::collector
