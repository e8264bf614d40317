#include "agent/checks/mount_look.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "schemas/base/fd.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr Duration kGlance = 100ms;

// What the child says of one path; written at once, so that it is whole.
struct Said {
  std::uint64_t index = 0;
  MountAnswer answer;
};
static_assert(sizeof(Said) <= 512, "PIPE_BUF: larger ones may be cut");

MountAnswer AskOne(const char* path) {
  struct stat file{};
  struct statvfs size{};
  if (::stat(path, &file) != 0 || ::statvfs(path, &size) != 0) return {.kind = MountAnswer::Kind::kFailed};
  return {.kind = MountAnswer::Kind::kAnswered,
          .device = file.st_dev,
          .total = size.f_blocks * size.f_frsize,
          .free = size.f_bavail * size.f_frsize,
          .inodes = size.f_files,
          .free_inodes = size.f_favail};
}

// Between fork and the end only system calls: other threads may hold any lock. Descriptors are closed, so that a child
// that is left behind holds no connection of ours open.
[[noreturn]] void AskAll(const std::vector<const char*>& paths, std::size_t first, int out) {
  ::dup2(out, STDIN_FILENO);
  if (::syscall(SYS_close_range, 1U, ~0U, 0U) != 0) {
    for (int fd = 1; fd < 1024; ++fd) ::close(fd);
  }
  for (std::size_t i = first; i < paths.size(); ++i) {
    if (paths[i] == nullptr) continue;
    const Said said{.index = i, .answer = AskOne(paths[i])};
    if (::write(STDIN_FILENO, &said, sizeof said) != sizeof said) break;
  }
  ::_exit(0);
}

bool IsReaped(pid_t child) {
  const pid_t ended = ::waitpid(child, nullptr, WNOHANG);
  return ended == child || (ended < 0 && errno == ECHILD);
}

// False: it does not end although it was killed.
bool End(pid_t child) {
  ::kill(child, SIGKILL);
  for (int i = 0; i < 10; ++i) {
    if (IsReaped(child)) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

// Whether there is something to read before `patience` is over.
bool IsReadable(int fd, Duration patience, const std::stop_token& stop) {
  const SystemClock clock;
  for (const Mono deadline = clock.Now() + patience; clock.Now() < deadline && !stop.stop_requested();) {
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, static_cast<int>(kGlance / 1ms)) > 0) return true;
  }
  return false;
}

}  // namespace

MountLook::~MountLook() {
  ForgetEnded();
}

void MountLook::ForgetEnded() {
  std::erase_if(left_, [](const auto& one) { return IsReaped(one.second); });
}

std::vector<MountAnswer> MountLook::Ask(const std::vector<std::string>& paths, const std::stop_token& stop) {
  ForgetEnded();
  std::vector<MountAnswer> answers(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (left_.contains(paths[i])) answers[i].kind = MountAnswer::Kind::kHangs;
  }
  int hanging = 0;
  for (std::size_t next = 0; next < paths.size() && hanging < kMostHanging && !stop.stop_requested();
       ++next) {
    next = AskFrom(next, paths, answers, stop);
    if (next < paths.size()) ++hanging;
  }
  return answers;
}

std::size_t MountLook::AskFrom(std::size_t first, const std::vector<std::string>& paths,
                               std::vector<MountAnswer>& answers, const std::stop_token& stop) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return paths.size();
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  std::vector<const char*> asked;
  for (std::size_t i = 0; i < paths.size(); ++i)
    asked.push_back(answers[i].kind == MountAnswer::Kind::kHangs ? nullptr : paths[i].c_str());
  const pid_t child = ::fork();
  if (child < 0) return paths.size();
  if (child == 0) AskAll(asked, first, writing.get());
  writing = Fd();
  std::size_t at = first;
  while (IsReadable(reading.get(), kPatience, stop)) {
    Said said;
    if (::read(reading.get(), &said, sizeof said) != sizeof said) {
      at = paths.size();
      break;
    }
    answers[said.index] = said.answer;
    at = said.index + 1;
  }
  while (at < paths.size() && asked[at] == nullptr) ++at;
  const bool ended = End(child);
  if (at >= paths.size() || stop.stop_requested()) return paths.size();
  answers[at].kind = MountAnswer::Kind::kHangs;
  if (!ended) left_[paths[at]] = child;
  return at;
}

}  // namespace loadline::agent
