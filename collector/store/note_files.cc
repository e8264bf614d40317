#include "collector/store/note_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace loadline::collector {
namespace {

Result<std::string> Contents(const Fd& fd, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t got = 0;
  while (got < text.size()) {
    const ssize_t some = ::pread(fd.get(), text.data() + got, text.size() - got, static_cast<off_t>(got));
    if (some < 0 && errno == EINTR) continue;
    if (some < 0) return SystemFailure("reading notes", errno);
    if (some == 0) break;
    got += static_cast<std::size_t>(some);
  }
  text.resize(got);
  return text;
}

}  // namespace

Result<std::unique_ptr<NoteFiles>> NoteFiles::Open(const std::string& folder) {
  Files files;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string path = folder + "/" + kNames.at(i);
    files.at(i).fd = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    struct stat file{};
    if (!files.at(i).fd.valid() || ::fstat(files.at(i).fd.get(), &file) != 0)
      return SystemFailure("opening " + path, errno);
    files.at(i).bytes = static_cast<std::size_t>(file.st_size);
  }
  return std::unique_ptr<NoteFiles>(new NoteFiles(std::move(files)));
}

Result<std::vector<std::string>> NoteFiles::Load() {
  std::vector<std::string> stretches;
  for (const File& file : files_) {
    Result<std::string> text = Contents(file.fd, file.bytes);
    if (!text) return Failure(text.error());
    stretches.push_back(std::move(*text));
  }
  return stretches;
}

Result<void> NoteFiles::Append(std::string_view bytes) {
  File& file = files_.at(written_);
  if (file.bytes + bytes.size() > kMostBytes) return Failure(ErrorKind::kExhausted, "the notes are full");
  const ssize_t put = ::write(file.fd.get(), bytes.data(), bytes.size());
  if (put < 0) return SystemFailure("noting", errno);
  file.bytes += static_cast<std::size_t>(put);
  if (!std::cmp_equal(put, bytes.size())) return Failure(ErrorKind::kExhausted, "noted in part");
  return {};
}

void NoteFiles::Turn() {
  if (files_.at(1 - written_).bytes == 0) written_ = 1 - written_;
}

void NoteFiles::Forget() {
  File& file = files_.at(1 - written_);
  if (file.bytes > 0 && ::ftruncate(file.fd.get(), 0) == 0) file.bytes = 0;
}

}  // namespace loadline::collector
