#include "schemas/base/child_program.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "schemas/base/fd.h"
#include "schemas/base/units.h"

namespace loadline {
namespace {

using namespace std::chrono_literals;

// How late a request to stop may be noticed.
constexpr Duration kGlance = 100ms;
// Of a program whose output is cut. One that says more floods us, and is ended.
constexpr std::size_t kMostThrownAway = 1 << 20;

std::string_view NameOf(std::string_view line) {
  return line.substr(0, line.find('='));
}

std::vector<std::string> Environment(const std::vector<std::string>& ours) {
  std::vector<std::string> lines = ours;
  for (char** line = environ; *line != nullptr; ++line) {
    const auto replaced = [name = NameOf(*line)](std::string_view other) { return NameOf(other) == name; };
    if (std::ranges::none_of(ours, replaced)) lines.emplace_back(*line);
  }
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>& lines) {
  std::vector<char*> pointers;
  for (std::string& line : lines) pointers.push_back(line.data());
  pointers.push_back(nullptr);
  return pointers;
}

// A file in memory, to be read from its beginning.
Result<Fd> Holding(std::string_view input) {
  Fd file(memfd_create("input", MFD_CLOEXEC));
  if (!file.valid()) return SystemFailure("memfd_create", errno);
  while (!input.empty()) {
    const ssize_t written = write(file.get(), input.data(), input.size());
    if (written < 0) return SystemFailure("write", errno);
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  lseek(file.get(), 0, SEEK_SET);
  return file;
}

// In a process group of its own, so that it and what it starts can be ended together.
Result<pid_t> Start(const ChildProgram& program, int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  if (program.quiet) posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  std::vector<std::string> command = program.command;
  std::vector<std::string> environment = Environment(program.environment);
  pid_t child = 0;
  const int error = posix_spawnp(&child, command.front().c_str(), &actions, &attributes,
                                 Pointers(command).data(), Pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return SystemFailure(program.command.front(), error);
  return child;
}

// Whether it has ended; it is still there to be waited for, so that its number is nobody else's.
bool HasEnded(pid_t child) {
  siginfo_t info{};
  return waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == child;
}

// What a child says, as it comes.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) { fcntl(fd, F_SETFL, O_NONBLOCK); }

  // Takes what is there. False: it is more than may be said.
  Result<bool> Take(const ChildProgram& program) {
    std::array<char, 4096> buffer{};
    const std::size_t most = program.cut_output ? kMostThrownAway : program.max_output;
    while (open_ && said_ <= most) {
      const ssize_t size = read(fd_, buffer.data(), buffer.size());
      if (size < 0 && (errno == EAGAIN || errno == EINTR)) return true;
      if (size < 0) return SystemFailure("read", errno);
      open_ = size > 0;
      said_ += static_cast<std::size_t>(size);
      text_.append(buffer.data(), static_cast<std::size_t>(size));
      if (program.cut_output) text_.resize(std::min(text_.size(), program.max_output));
    }
    return said_ <= most;
  }
  // Returns when there is more, when the child has ended, or after a glance.
  void Wait(const Fd& child) const {
    std::array<pollfd, 2> ready{{{.fd = open_ ? fd_ : -1, .events = POLLIN, .revents = 0},
                                 {.fd = child.valid() ? child.get() : -1, .events = POLLIN, .revents = 0}}};
    (void)poll(ready.data(), ready.size(), static_cast<int>(kGlance / 1ms));
  }
  [[nodiscard]] std::string& text() { return text_; }

 private:
  const int fd_;
  bool open_ = true;
  std::size_t said_ = 0;
  std::string text_;
};

// All that it says until it ends, or why we did not wait for that. What it has started and left may hold its
// output open: that is not waited for.
Result<std::string> ReadAll(int fd, pid_t child, const ChildProgram& program, const std::stop_token& stop) {
  const SystemClock clock;
  const Mono deadline = clock.Now() + program.patience;
  const auto gave_up = [&](std::string_view why) {
    return Failure(ErrorKind::kUnavailable, fmt::format("{} {}", program.command.front(), why));
  };
  // Without it (before Linux 5.3) the end is seen at the next glance.
  const Fd end(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  Output output(fd);
  while (!stop.stop_requested()) {
    const bool ended = HasEnded(child);
    const auto taken = output.Take(program);
    if (!taken) return Failure(taken.error().In(program.command.front()));
    if (!*taken)
      return gave_up(
          fmt::format("said more than {} bytes", program.cut_output ? kMostThrownAway : program.max_output));
    if (ended) return std::move(output.text());
    if (clock.Now() > deadline)
      return gave_up(fmt::format("did not end within {}", FormatSeconds(Seconds(program.patience))));
    output.Wait(end);
  }
  return gave_up("was stopped");
}

// Waits for a child that was killed; false when it has not ended a second later.
bool HasEndedSoon(pid_t child) {
  constexpr Duration kStep = 10ms;
  for (Duration waited = 0s; waited < 1s; waited += kStep) {
    if (HasEnded(child)) return true;
    (void)poll(nullptr, 0, static_cast<int>(kStep / 1ms));
  }
  return false;
}

}  // namespace

Result<ChildAnswer> RunChild(const ChildProgram& program, const std::stop_token& stop, pid_t* left) {
  Result<Fd> input = Holding(program.input);
  if (!input) return Failure(input.error());
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return SystemFailure("pipe", errno);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  const Result<pid_t> child = Start(program, input->get(), writing.get());
  if (!child) return Failure(child.error());
  writing = Fd();
  Result<std::string> output = ReadAll(reading.get(), *child, program, stop);
  kill(-*child, SIGKILL);
  if (left != nullptr && !HasEndedSoon(*child)) {
    *left = *child;
    return Failure(
        ErrorKind::kUnavailable,
        fmt::format("{} hangs in the kernel, and does not end by being killed", program.command.front()));
  }
  int status = 0;
  while (waitpid(*child, &status, 0) < 0 && errno == EINTR) continue;
  if (!output) return Failure(output.error());
  if (!WIFEXITED(status))
    return Failure(ErrorKind::kUnavailable,
                   fmt::format("{} ended by signal {}", program.command.front(), WTERMSIG(status)));
  return ChildAnswer{.exit_status = WEXITSTATUS(status), .output = *std::move(output)};
}

}  // namespace loadline
