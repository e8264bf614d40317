// Reading the small files of /proc and of cgroups.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "schemas/base/result.h"

namespace loadline::agent {

// Opens, reads from the start until the end or until `buffer` is full, and closes. The view points into
// `buffer`.
Result<std::string_view> ReadSmallFile(const char* path, std::span<char> buffer);

// The same for an open file, from its start. Nothing when the read fails, as it does (ENODEV) once the cgroup
// of a kept-open file is gone. Files that the kernel makes out of one page are whole after one read.
std::optional<std::string_view> ReadOpenFile(int fd, std::span<char> buffer);

// A whole file as a string, at most 1 MiB of it.
Result<std::string> ReadWholeFile(const std::string& path);

}  // namespace loadline::agent
