#include "schemas/base/folder.h"

#include <algorithm>
#include <system_error>

namespace loadline {

Result<std::vector<std::filesystem::path>> EntriesOf(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> entries;
  std::error_code error;
  std::filesystem::directory_iterator at(folder, error);
  for (; !error && at != std::filesystem::directory_iterator(); at.increment(error))
    entries.push_back(at->path());
  if (error) return SystemFailure("reading " + folder.string(), error.value());
  std::ranges::sort(entries);
  return entries;
}

}  // namespace loadline
