// A secret that a setting gives as text or as the name of a file.
#pragma once

#include <mutex>
#include <string>

#include "schemas/base/renewed_secret.h"
#include "schemas/base/result.h"
#include "schemas/base/secret.h"

namespace loadline::collector {

struct SecretSource {
  Secret text{};
  std::string file{};  // goes before the text
};

// What it is at this moment: files are read anew when they change. Thread-safe.
class LiveSecret {
 public:
  explicit LiveSecret(SecretSource source) : text_(std::move(source.text)), file_(std::move(source.file)) {}

  // An empty secret where neither was given. Errors name the file.
  Result<Secret> Read() {
    if (file_.path().empty()) return text_;
    const std::lock_guard lock(mutex_);
    return file_.Read();
  }

 private:
  const Secret text_;
  std::mutex mutex_;
  RenewedSecret file_;
};

}  // namespace loadline::collector
