// /dev/kmsg, record by record, without waiting.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "agent/health/kmsg_record.h"
#include "schemas/base/fd.h"
#include "schemas/base/result.h"

namespace loadline::agent {

class KmsgFile {
 public:
  // Begins with the oldest record that the kernel still has. Needs CAP_SYSLOG where kernel.dmesg_restrict is set, now
  // and not later; the error says what is missing.
  static Result<KmsgFile> Open(const std::string& path);

  // Hands over what has been written since the last call, `most` records of it: what remains comes the next time, and
  // what the kernel overwrites until then is counted.
  void Read(std::size_t most, const std::function<void(const KmsgRecord&)>& take);

  // Records that were overwritten before they were read.
  [[nodiscard]] std::uint64_t lost() const { return gaps_.lost(); }

 private:
  explicit KmsgFile(Fd fd) : fd_(std::move(fd)) {}

  Fd fd_;
  KmsgGaps gaps_;
  std::string buffer_;
};

}  // namespace loadline::agent
