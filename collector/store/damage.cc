#include "collector/store/damage.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "schemas/base/fd.h"
#include "schemas/base/folder.h"

namespace loadline::collector {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDatabase = "loadline.db";
constexpr const char* kAside = "loadline.db.damaged-";
constexpr const char* kMark = "damaged";

// The write-ahead log keeps its database's name with an end; SQLite finds it so.
constexpr const char* kParts[] = {"", "-wal", "-shm"};

std::vector<fs::path> AllAside(const std::string& folder) {
  std::vector<fs::path> paths;
  const auto entries = EntriesOf(folder);
  if (!entries) return paths;
  for (const fs::path& entry : *entries) {
    const std::string name = entry.filename().string();
    if (name.starts_with(kAside) && !name.ends_with("-wal") && !name.ends_with("-shm"))
      paths.push_back(entry);
  }
  return paths;
}

}  // namespace

Result<std::string> SetDatabaseAside(const std::string& folder, Wall now) {
  std::error_code ignored;
  for (const fs::path& old : AllAside(folder)) {
    for (const char* part : kParts) fs::remove(old.string() + part, ignored);
  }
  const std::string from = (fs::path(folder) / kDatabase).string();
  const std::string to = (fs::path(folder) / fmt::format("{}{:%Y%m%dT%H%M%SZ}", kAside,
                                                         std::chrono::floor<std::chrono::seconds>(now)))
                             .string();
  for (const char* part : kParts) {
    std::error_code error;
    fs::rename(from + part, to + part, error);
    if (error && error.value() != ENOENT)
      return SystemFailure("setting the damaged " + from + part + " aside", error.value());
  }
  fs::remove(fs::path(folder) / kMark, ignored);
  return to;
}

std::string DatabaseSetAside(const std::string& folder) {
  const std::vector<fs::path> paths = AllAside(folder);
  return paths.empty() ? "" : paths.back().string();
}

void MarkDatabaseDamaged(const std::string& folder) {
  const Fd mark(::open((fs::path(folder) / kMark).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
}

bool IsMarkedDamaged(const std::string& folder) {
  std::error_code ignored;
  return fs::exists(fs::path(folder) / kMark, ignored);
}

}  // namespace loadline::collector
