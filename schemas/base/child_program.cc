#include "schemas/base/child_program.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "schemas/base/fd.h"

namespace loadline {
namespace {

using namespace std::chrono_literals;

// How late a request to stop may be noticed.
constexpr Duration kGlance = 100ms;

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

Result<pid_t> Start(const ChildProgram& program, int input, int output) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  std::vector<std::string> command = program.command;
  std::vector<std::string> environment = Environment(program.environment);
  pid_t child = 0;
  const int error = posix_spawnp(&child, command.front().c_str(), &actions, nullptr, Pointers(command).data(),
                                 Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return SystemFailure(program.command.front(), error);
  return child;
}

// All that comes until the end, or why we did not wait for that.
Result<std::string> ReadAll(int fd, const ChildProgram& program, const std::stop_token& stop) {
  const SystemClock clock;
  const Mono deadline = clock.Now() + program.patience;
  const auto gave_up = [&](std::string_view why) {
    return Failure(ErrorKind::kUnavailable, fmt::format("{} {}", program.command.front(), why));
  };
  std::string out;
  while (!stop.stop_requested()) {
    if (clock.Now() > deadline) return gave_up(fmt::format("gave no answer in {} s", program.patience / 1s));
    pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(kGlance / 1ms)) <= 0) continue;
    std::array<char, 4096> buffer{};
    const ssize_t size = read(fd, buffer.data(), buffer.size());
    if (size < 0) return SystemFailure(program.command.front(), errno);
    if (size == 0) return out;
    out.append(buffer.data(), static_cast<std::size_t>(size));
    if (out.size() > program.max_output)
      return gave_up(fmt::format("said more than {} bytes", program.max_output));
  }
  return gave_up("was stopped");
}

}  // namespace

Result<ChildAnswer> RunChild(const ChildProgram& program, const std::stop_token& stop) {
  Result<Fd> input = Holding(program.input);
  if (!input) return Failure(input.error());
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return SystemFailure("pipe", errno);
  const Fd reading(ends[0]);
  Fd writing(ends[1]);
  const Result<pid_t> child = Start(program, input->get(), writing.get());
  if (!child) return Failure(child.error());
  writing = Fd();
  Result<std::string> output = ReadAll(reading.get(), program, stop);
  if (!output) kill(*child, SIGKILL);
  int status = 0;
  while (waitpid(*child, &status, 0) < 0 && errno == EINTR) continue;
  if (!output) return Failure(output.error());
  if (!WIFEXITED(status))
    return Failure(ErrorKind::kUnavailable,
                   fmt::format("{} ended by signal {}", program.command.front(), WTERMSIG(status)));
  return ChildAnswer{.exit_status = WEXITSTATUS(status), .output = *std::move(output)};
}

}  // namespace loadline
