// A log that gives one record a read, as /dev/kmsg does: a pipe that keeps packets apart.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "schemas/base/fd.h"

namespace loadline::agent {

class PacketLog {
 public:
  PacketLog() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_DIRECT | O_NONBLOCK | O_CLOEXEC) == 0) {
      read_ = Fd(ends[0]);
      write_ = Fd(ends[1]);
    }
  }

  // Whoever opens it reads the pipe.
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(read_.get()); }

  [[nodiscard]] bool Write(std::string_view record) {
    return ::write(write_.get(), record.data(), record.size()) == static_cast<ssize_t>(record.size());
  }

 private:
  Fd read_;
  Fd write_;
};

}  // namespace loadline::agent
