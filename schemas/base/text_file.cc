#include "schemas/base/text_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "schemas/base/fd.h"

namespace loadline {
namespace {

constexpr std::size_t kPiece = 64 * 1024;

}  // namespace

Result<std::string> ReadTextFile(const std::filesystem::path& path, std::size_t most, std::string_view what) {
  const auto failed = [&](int error) {
    return SystemFailure(fmt::format("reading {}{}{}", what, what.empty() ? "" : " ", path.string()), error);
  };
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return failed(errno);
  std::string text;
  for (std::size_t size = 0;;) {
    text.resize(size + std::min(kPiece, most + 1 - size));  // one more than it may have
    const ssize_t got = ::read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(errno);
    size += static_cast<std::size_t>(got);
    if (size > most)
      return Failure(ErrorKind::kInvalid, fmt::format("{}: longer than {} bytes", path.string(), most));
    if (got > 0) continue;
    text.resize(size);
    return text;
  }
}

}  // namespace loadline
