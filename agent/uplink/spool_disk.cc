#include "agent/uplink/spool_disk.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <string>
#include <system_error>
#include <utility>

#include "agent/uplink/crc32c.h"
#include "schemas/base/folder.h"
#include "schemas/base/private_file.h"

namespace loadline::agent {
namespace {

constexpr std::array<char, 4> kMagic = {'L', 'L', 'S', '1'};
constexpr std::string_view kPrefix = "spool-";

struct Header {
  std::array<char, 4> magic = kMagic;
  std::uint32_t crc = 0;
  std::uint32_t size = 0;
  std::uint32_t is_event = 0;
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;
  std::uint64_t said_reports = 0;
  std::uint64_t said_events = 0;
};
static_assert(sizeof(Header) == 48);

std::uint32_t CrcOf(const Header& header, std::span<const std::byte> frame) {
  constexpr std::size_t kSkipped = offsetof(Header, size);
  return Crc32c(frame, Crc32c(std::as_bytes(std::span(&header, 1)).subspan(kSkipped)));
}

Header HeaderOf(const SpoolRecord& record) {
  Header header{.size = static_cast<std::uint32_t>(record.frame.size()),
                .is_event = record.is_event,
                .epoch = record.key.epoch,
                .sequence = record.key.sequence,
                .said_reports = record.said.reports,
                .said_events = record.said.events};
  header.crc = CrcOf(header, record.frame);
  return header;
}

bool ReadFully(int fd, std::span<std::byte> into, std::uint64_t offset) {
  while (!into.empty()) {
    const ssize_t got = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return true;
}

// The number in "spool-12"; 0 when it is no such name, or a number that none of ours could follow.
std::uint64_t NumberOf(std::string_view name) {
  if (!name.starts_with(kPrefix)) return 0;
  name.remove_prefix(kPrefix.size());
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool ours = error == std::errc() && end == name.data() + name.size() && number < UINT64_MAX;
  return ours ? number : 0;
}

}  // namespace

Result<std::unique_ptr<SpoolDisk>> SpoolDisk::Open(const std::filesystem::path& directory,
                                                   std::size_t file_bytes) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return SystemFailure("making the spool directory " + directory.string(), error.value());
  MakePrivate(directory);
  const std::filesystem::path lock_path = directory / "lock";
  Fd lock(::open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.valid()) return SystemFailure("opening " + lock_path.string(), errno);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return Failure(ErrorKind::kUnavailable,
                   "the spool directory " + directory.string() + " is used by another agent");
  }
  return std::unique_ptr<SpoolDisk>(new SpoolDisk(directory, file_bytes, std::move(lock)));
}

std::uint64_t SpoolDisk::Recover(const std::function<bool(const SpoolRecord&, Place)>& found) {
  std::uint64_t damaged = 0;
  const auto entries = EntriesOf(directory_);
  if (!entries) return 1;  // what it holds is not known
  for (const std::filesystem::path& entry : *entries) {
    const std::uint64_t number = NumberOf(entry.filename().string());
    if (number == 0) continue;
    highest_ = std::max(highest_, number);
    File file{.fd = Fd(::open(entry.c_str(), O_RDONLY | O_CLOEXEC))};
    struct stat status{};
    if (!file.fd.valid() || ::fstat(file.fd.get(), &status) != 0) {
      ++damaged;
      continue;
    }
    file.bytes = static_cast<std::size_t>(status.st_size);
    std::uint64_t offset = 0;
    while (offset < file.bytes) {
      Header header;
      SpoolRecord record;
      const bool whole = ReadFully(file.fd.get(), std::as_writable_bytes(std::span(&header, 1)), offset) &&
                         header.magic == kMagic && header.size <= wire::kMaxFrameBytes;
      if (whole) record.frame.resize(header.size);
      if (!whole || !ReadFully(file.fd.get(), record.frame, offset + sizeof(Header)) ||
          header.crc != CrcOf(header, record.frame)) {
        ++damaged;
        break;
      }
      record.key = {.epoch = header.epoch, .sequence = header.sequence};
      record.is_event = header.is_event != 0;
      record.said = {.reports = header.said_reports, .events = header.said_events};
      record.frame.clear();
      if (found(record, Place{.file = number, .offset = offset + sizeof(Header), .size = header.size})) {
        ++file.records;
      }
      offset += sizeof(Header) + header.size;
    }
    bytes_ += file.bytes;
    const bool empty = file.records == 0;
    files_.emplace(number, std::move(file));
    if (empty) Remove(number);
  }
  return damaged;
}

std::size_t SpoolDisk::BytesOf(const SpoolRecord& record) {
  return sizeof(Header) + record.frame.size();
}

Result<SpoolDisk::Place> SpoolDisk::Append(const SpoolRecord& record) {
  Result<File*> file = FileToAppendTo();
  if (!file) return Failure(file.error());
  Header header = HeaderOf(record);
  iovec parts[] = {{&header, sizeof(header)},
                   {const_cast<std::byte*>(record.frame.data()), record.frame.size()}};
  const std::size_t start = (*file)->bytes;
  const ssize_t written = ::pwritev((*file)->fd.get(), parts, 2, static_cast<off_t>(start));
  if (written != static_cast<ssize_t>(BytesOf(record))) {
    const int error = written < 0 ? errno : ENOSPC;
    // Half a record would end the reading of those after it.
    if (::ftruncate((*file)->fd.get(), static_cast<off_t>(start)) != 0) current_ = 0;
    return SystemFailure("writing to " + PathOf(current_).string(), error);
  }
  (*file)->bytes += BytesOf(record);
  (*file)->records += 1;
  bytes_ += BytesOf(record);
  return Place{.file = current_,
               .offset = start + sizeof(Header),
               .size = static_cast<std::uint32_t>(record.frame.size())};
}

Result<wire::Frame> SpoolDisk::Read(Place place) const {
  const auto file = files_.find(place.file);
  wire::Frame frame(place.size);
  if (file == files_.end() || !ReadFully(file->second.fd.get(), frame, place.offset)) {
    return Failure(ErrorKind::kInternal, "reading from " + PathOf(place.file).string());
  }
  return frame;
}

void SpoolDisk::Release(Place place) {
  const auto file = files_.find(place.file);
  if (file == files_.end() || --file->second.records > 0) return;
  // The file in use is emptied and kept: in quiet times every record passes through the same one.
  if (place.file == current_ && ::ftruncate(file->second.fd.get(), 0) == 0) {
    bytes_ -= std::exchange(file->second.bytes, 0);
    return;
  }
  Remove(place.file);
}

std::uint64_t SpoolDisk::OldestFileFrom(std::uint64_t number) const {
  const auto file = files_.lower_bound(number);
  return file == files_.end() || file->first == current_ ? 0 : file->first;
}

std::filesystem::path SpoolDisk::PathOf(std::uint64_t number) const {
  return directory_ / (std::string(kPrefix) + std::to_string(number));
}

Result<SpoolDisk::File*> SpoolDisk::FileToAppendTo() {
  const auto current = files_.find(current_);
  if (current != files_.end() && current->second.bytes < file_bytes_) return &current->second;
  // What Recover() could not see is not written over.
  std::uint64_t number = highest_;
  File file;
  do {
    file.fd = Fd(::open(PathOf(++number).c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  } while (!file.fd.valid() && errno == EEXIST);
  if (!file.fd.valid()) return SystemFailure("making " + PathOf(number).string(), errno);
  highest_ = current_ = number;
  return &files_.emplace(number, std::move(file)).first->second;
}

void SpoolDisk::Remove(std::uint64_t number) {
  const auto file = files_.find(number);
  bytes_ -= file->second.bytes;
  files_.erase(file);
  if (number == current_) current_ = 0;
  ::unlink(PathOf(number).c_str());
}

}  // namespace loadline::agent
