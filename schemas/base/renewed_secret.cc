#include "schemas/base/renewed_secret.h"

#include <spdlog/spdlog.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "schemas/base/private_file.h"
#include "schemas/base/secret_file.h"

namespace loadline {
namespace {

bool Same(const struct stat& a, const struct stat& b) {
  return a.st_ino == b.st_ino && a.st_dev == b.st_dev && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec;
}

}  // namespace

// A refusal would silence alerts that were told yesterday. What is mounted read-only by another (the files of
// the Secrets Store driver are everybody's within the pod) is as it was mounted.
void RenewedSecret::WarnOnce(const struct stat& file) {
  struct statvfs system{};
  const bool mounted = file.st_uid != ::geteuid() && ::statvfs(path_.c_str(), &system) == 0 &&
                       (system.f_flag & ST_RDONLY) != 0;
  if (mounted || !IsOpenToOthers(file) || std::exchange(warned_, true)) return;
  spdlog::warn("{} holds a secret and can be read by others: chmod 600 it", path_);
}

Result<Secret> RenewedSecret::Read() {
  struct stat now{};
  if (::stat(path_.c_str(), &now) != 0) {
    if (contents_.empty()) return SystemFailure("reading " + path_, errno);
    return contents_;
  }
  if (!contents_.empty() && Same(now, seen_)) return contents_;
  WarnOnce(now);
  Result<Secret> read = ReadSecretFile(path_);
  if (!read) return contents_.empty() ? Result<Secret>(Failure(read.error())) : contents_;
  contents_ = *std::move(read);
  seen_ = now;
  return contents_;
}

}  // namespace loadline
