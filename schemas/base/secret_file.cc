#include "schemas/base/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string_view>
#include <utility>

#include "schemas/base/fd.h"
#include "schemas/base/private_file.h"

namespace loadline {
namespace {

constexpr std::size_t kLongest = 16384;

// Without spaces around it.
std::string_view FirstLine(std::string_view text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
  text = text.substr(0, text.find('\n'));
  return text.substr(0, text.find_last_not_of(" \t\r") + 1);
}

Result<std::string> ReadLineOf(const std::filesystem::path& path, bool is_private) {
  const Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file.valid() || ::fstat(file.get(), &status) != 0)
    return SystemFailure("reading " + path.string(), errno);
  if (is_private && IsOpenToOthers(status)) {
    return Failure(ErrorKind::kInvalid, path.string() + " can be read by others: chmod 600 it");
  }
  std::string text(kLongest + 2, '\0');
  const ssize_t size = ::read(file.get(), text.data(), text.size());
  if (size < 0) return SystemFailure("reading " + path.string(), errno);
  const std::string_view line = FirstLine(std::string_view(text).substr(0, static_cast<std::size_t>(size)));
  if (line.empty()) return Failure(ErrorKind::kInvalid, path.string() + " is empty");
  if (line.size() > kLongest) return Failure(ErrorKind::kInvalid, path.string() + " is too large");
  return std::string(line);
}

Result<Secret> AsSecret(Result<std::string> line) {
  if (!line) return Failure(line.error());
  return Secret(*std::move(line));
}

}  // namespace

Result<Secret> ReadSecretFile(const std::filesystem::path& path) {
  return AsSecret(ReadLineOf(path, false));
}

Result<Secret> ReadPrivateFile(const std::filesystem::path& path) {
  return AsSecret(ReadLineOf(path, true));
}

Result<std::string> ReadLineFile(const std::filesystem::path& path) {
  return ReadLineOf(path, false);
}

Result<void> WriteSecretFile(const std::filesystem::path& path, const Secret& secret) {
  const std::filesystem::path unfinished = path.string() + ".new";
  ::unlink(unfinished.c_str());
  Fd file(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.valid()) return SystemFailure("making " + unfinished.string(), errno);
  const std::string line = secret.Reveal() + "\n";
  const bool written = ::write(file.get(), line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
                       ::fsync(file.get()) == 0;
  // link() does not replace a file that somebody made meanwhile.
  const bool linked = written && ::link(unfinished.c_str(), path.c_str()) == 0;
  const int error = errno;
  ::unlink(unfinished.c_str());
  if (!linked) return SystemFailure("writing " + path.string(), error);
  return {};
}

}  // namespace loadline
