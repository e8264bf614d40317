#include "agent/health/kmsg_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace loadline::agent {
namespace {

// No record is longer than 8 KiB: the kernel cuts it.
constexpr std::size_t kLongestRecord = std::size_t{16} << 10;

}  // namespace

Result<KmsgFile> KmsgFile::Open(const std::string& path) {
  if (path.empty()) return Failure(ErrorKind::kInvalid, "files: not to be tried");
  Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) {
    const int error = errno;
    auto failure = SystemFailure("files: " + path, error);
    if (error == EPERM)
      failure.error().message +=
          ": CAP_SYSLOG is missing, or in a pod the device (securityContext.privileged)";
    return failure;
  }
  return KmsgFile(std::move(fd));
}

void KmsgFile::Read(std::size_t most, const std::function<void(const KmsgRecord&)>& take) {
  buffer_.resize(kLongestRecord);
  for (std::size_t i = 0; i < most; ++i) {
    const ssize_t size = ::read(fd_.get(), buffer_.data(), buffer_.size());
    // EPIPE: the kernel has overwritten what would have come next. The numbers say how much it was.
    if (size < 0 && (errno == EPIPE || errno == EINTR)) continue;
    if (size <= 0) return;
    const auto record = ParseKmsgRecord(std::string_view(buffer_).substr(0, static_cast<std::size_t>(size)));
    if (!record) continue;
    (void)gaps_.Saw(record->sequence);
    take(*record);
  }
}

}  // namespace loadline::agent
