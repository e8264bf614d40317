#include "schemas/base/private_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "schemas/base/fd.h"

namespace loadline {

bool IsOpenToOthers(const struct stat& status) {
  const mode_t others = status.st_uid == ::geteuid() ? S_IRWXG | S_IRWXO : S_IWGRP | S_IXGRP | S_IRWXO;
  return (status.st_mode & others) != 0;
}

bool MakePrivate(const std::filesystem::path& path) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0) return false;
  if (status.st_uid != ::geteuid() || (status.st_mode & S_ISVTX) != 0 || !IsOpenToOthers(status))
    return false;
  return ::fchmod(file.get(), status.st_mode & ~static_cast<mode_t>(S_IRWXG | S_IRWXO) & 07777) == 0;
}

}  // namespace loadline
