// Files that people write: configurations, templates, keys.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "schemas/base/result.h"

namespace loadline {

inline constexpr std::size_t kLongestTextFile = 16 * 1024 * 1024;  // bytes

// The whole file, or the pipe that it names. Fails when it is missing, is a folder (what a volume leaves where a file should
// be), or has more than `most` bytes. `what` it is stands in the error: "reading configuration /etc/x: Is a directory".
[[nodiscard]] Result<std::string> ReadTextFile(const std::filesystem::path& path,
                                               std::size_t most = kLongestTextFile,
                                               std::string_view what = "");

}  // namespace loadline
