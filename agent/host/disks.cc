#include "agent/host/disks.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "agent/host/fields.h"
#include "agent/host/small_file.h"

namespace loadline::agent {
namespace {

// `says` is what statvfs has of the path's own mount.
bool IsReadOnlyAt(const std::string& path, bool says) {
  struct stat file{};
  if (!says || ::stat(path.c_str(), &file) != 0) return says;
  const std::string device = std::to_string(major(file.st_dev)) + ":" + std::to_string(minor(file.st_dev));
  return IsReadOnly(ReadWholeFile("/proc/self/mountinfo").value_or(""), device).value_or(says);
}

}  // namespace

std::optional<wire::NodeWindow::Disk> ReadDisk(const std::string& path) {
  struct statvfs disk{};
  if (::statvfs(path.c_str(), &disk) != 0) return std::nullopt;
  const auto block = static_cast<Bytes>(disk.f_frsize);
  // What is reserved for root is not free for anybody whom we watch.
  return wire::NodeWindow::Disk{path, static_cast<Bytes>(disk.f_bavail) * block,
                                static_cast<Bytes>(disk.f_blocks) * block,
                                IsReadOnlyAt(path, (disk.f_flag & ST_RDONLY) != 0)};
}

struct Disks::Shared {
  const std::vector<std::string> paths;
  const Reader reader;

  std::mutex mutex;
  std::condition_variable changed;
  bool asked = false;  // and not all have answered
  bool stopped = false;
  std::vector<wire::NodeWindow::Disk> answered;  // of this question

  void AnswerUntilStopped() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return asked || stopped; });
      for (const std::string& path : paths) {
        if (stopped) return;
        lock.unlock();
        std::optional<wire::NodeWindow::Disk> disk = reader(path);
        lock.lock();
        if (disk) answered.push_back(*std::move(disk));
      }
      asked = false;
      changed.notify_all();
    }
  }
};

Disks::Disks(std::vector<std::string> paths, Reader reader)
    : shared_(new Shared{.paths = std::move(paths), .reader = std::move(reader)}) {}

Disks::~Disks() {
  const std::lock_guard lock(shared_->mutex);
  shared_->stopped = true;
  shared_->changed.notify_all();
}

std::vector<wire::NodeWindow::Disk> Disks::Read() {
  if (shared_->paths.empty()) return {};
  if (!std::exchange(begun_, true))
    std::thread([shared = shared_] { shared->AnswerUntilStopped(); }).detach();
  std::unique_lock lock(shared_->mutex);
  const bool hangs = shared_->asked;
  if (!hangs) {
    shared_->answered.clear();
    shared_->asked = true;
    shared_->changed.notify_all();
    shared_->changed.wait_for(lock, kPatience, [this] { return !shared_->asked; });
  }
  return shared_->answered;
}

std::optional<bool> IsReadOnly(std::string_view mountinfo, std::string_view device) {
  constexpr std::string_view kSeparator = " - ";
  while (!mountinfo.empty()) {
    std::string_view line = CutLine(mountinfo);
    CutWord(line);  // the mount's number, then its parent's
    CutWord(line);
    if (CutWord(line) != device) continue;
    const std::size_t at = line.find(kSeparator);
    if (at == std::string_view::npos) continue;
    // The options before the separator are of this mount; those behind it, after type and source, of all.
    line.remove_prefix(at + kSeparator.size());
    CutWord(line);
    CutWord(line);
    std::string_view options = CutWord(line);
    return CutUntil(options, ',') == "ro";
  }
  return std::nullopt;
}

}  // namespace loadline::agent
