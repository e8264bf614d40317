// Files that hold one secret in one line.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "schemas/base/result.h"

namespace loadline::collector {

// The first line, without spaces around it. Fails when the file is missing, empty, too large, or readable by
// others; the secret is never in the error.
[[nodiscard]] Result<std::string> ReadSecretFile(const std::filesystem::path& path);

// The same of a file that everybody may read: a public key.
[[nodiscard]] Result<std::string> ReadFirstLine(const std::filesystem::path& path);

// Makes the file with mode 0600 from the first instant, whole or not at all. Fails when there is one already.
[[nodiscard]] Result<void> WriteSecretFile(const std::filesystem::path& path, std::string_view secret);

}  // namespace loadline::collector
