#include "agent/host/small_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "schemas/base/fd.h"

namespace loadline::agent {
namespace {

constexpr std::size_t kMaxWholeFile = 1 << 20;

// From the file's position; a short read is not the end until a read gives nothing.
Result<std::size_t> ReadUntilEnd(int fd, std::span<char> buffer) {
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = ::read(fd, buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemFailure("reading", errno);
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  return size;
}

}  // namespace

Result<std::string_view> ReadSmallFile(const char* path, std::span<char> buffer) {
  const Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return SystemFailure(path, errno);
  const auto size = ReadUntilEnd(fd.get(), buffer);
  if (!size) return Failure(size.error().In(path));
  return std::string_view(buffer.data(), *size);
}

std::optional<std::string_view> ReadOpenFile(int fd, std::span<char> buffer) {
  const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), 0);
  if (got < 0) return std::nullopt;
  return std::string_view(buffer.data(), static_cast<std::size_t>(got));
}

Result<std::string> ReadWholeFile(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return SystemFailure(path, errno);
  std::string content;
  for (std::size_t size = 0; content.size() < kMaxWholeFile;) {
    content.resize(size + 4096);
    const auto got = ReadUntilEnd(fd.get(), std::span(content).subspan(size));
    if (!got) return Failure(got.error().In(path));
    size += *got;
    if (size < content.size()) {
      content.resize(size);
      break;
    }
  }
  return content;
}

}  // namespace loadline::agent
