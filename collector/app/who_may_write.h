// Who may read, and who may post alerts and make silences.
#pragma once

#include <functional>
#include <string>

#include "collector/web/reading.h"
#include "schemas/base/result.h"

namespace loadline::collector {

// Takes the token that was shown, "" where none was. Thread-safe.
using MayWrite = std::function<Result<void>(const std::string& token)>;

// With a file: whoever shows its token; the file is read again when it changes. Without one: on a loopback
// address anybody, elsewhere nobody. Fails when the file cannot be read.
Result<MayWrite> WhoMayWrite(const std::string& token_file, const std::string& address);

// Whoever shows the token in this file, which is read again when it changes, or else whom `others`, where
// there is one, lets in. Fails when the file cannot be read.
Result<MayRead> WhoMayRead(const std::string& token_file, MayRead others);

}  // namespace loadline::collector
