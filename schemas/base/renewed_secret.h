// A secret that stands in a file and may be replaced while we run, as Kubernetes and Key Vault do it (a
// symlink is switched): it is read anew whenever the file's inode, size or time has changed.
#pragma once

#include <sys/stat.h>

#include <string>

#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline {

class RenewedSecret {
 public:
  explicit RenewedSecret(std::string path) : path_(std::move(path)) {}

  // The first line without surrounding white space. While a new file cannot be read, the last contents serve;
  // fails when there never were any. Errors name the path. That others may read it is said once, in the log.
  Result<Secret> Read();
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  void WarnOnce(const struct stat& file);

  std::string path_;
  bool warned_ = false;
  struct stat seen_{};
  Secret contents_;
};

}  // namespace loadline
