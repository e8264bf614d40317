// Files that hold one secret in one line.
#pragma once

#include <filesystem>
#include <string>

#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline {

// The first line that is not empty, without spaces around it. Fails when the file is missing, holds nothing,
// or the line is longer than 16 KiB; errors name the path and nothing of the contents.
[[nodiscard]] Result<Secret> ReadSecretFile(const std::filesystem::path& path);

// The same, but fails too when others may read it.
[[nodiscard]] Result<Secret> ReadPrivateFile(const std::filesystem::path& path);

// The same of a file that everybody may read: a public key.
[[nodiscard]] Result<std::string> ReadLineFile(const std::filesystem::path& path);

// Makes the file with mode 0600 from the first instant, whole or not at all. Fails when there is one already.
[[nodiscard]] Result<void> WriteSecretFile(const std::filesystem::path& path, const Secret& secret);

}  // namespace loadline
