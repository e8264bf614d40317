// What is in a folder.
#pragma once

#include <filesystem>
#include <vector>

#include "schemas/base/result.h"

namespace loadline {

// The paths of a folder's entries, by name. Fails when it cannot be read to its end, as on a disk that fails: `for` over a
// directory_iterator throws then.
[[nodiscard]] Result<std::vector<std::filesystem::path>> EntriesOf(const std::filesystem::path& folder);

}  // namespace loadline
