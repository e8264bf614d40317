#include "agent/app/ready_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "schemas/base/fd.h"
#include "schemas/base/units.h"

namespace loadline::agent {

Result<void> SetReady(const std::string& path, bool ready) {
  if (path.empty()) return {};
  if (!ready) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return SystemFailure("removing " + path, errno);
    return {};
  }
  const Fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!file.valid() || ::futimens(file.get(), nullptr) != 0) return SystemFailure("touching " + path, errno);
  return {};
}

Result<void> CheckReady(const std::string& path, Duration lately) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) {
    return Failure(ErrorKind::kUnavailable, "the collector does not take what the agent sends: no " + path);
  }
  const Wall touched{std::chrono::seconds(status.st_mtim.tv_sec)};
  const Duration age = SystemClock().WallNow() - touched;
  if (age <= lately) return {};
  return Failure(ErrorKind::kUnavailable, "the agent closed no window for " + FormatSeconds(Seconds(age)));
}

}  // namespace loadline::agent
