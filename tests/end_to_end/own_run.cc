#include "tests/end_to_end/own_run.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "tests/support/wait.h"

namespace loadline::test {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

[[noreturn]] void Become(std::vector<std::string> arguments, const std::string& output) {
  ::setenv("LOADLINE_BIN", LOADLINE_TEST_BIN, 1);
  const int out = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(out, STDERR_FILENO);
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  ::execv(pointers[0], pointers.data());
  ::_exit(127);
}

}  // namespace

OwnRun::OwnRun(std::vector<std::string> options) {
  std::vector<std::string> arguments{LOADLINE_TEST_ROOT "/run", "--web",   "127.0.0.1:0", "--listen",
                                     "tcp://127.0.0.1:0",       "--state", state_folder()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  pid_ = ::fork();
  if (pid_ == 0) Become(std::move(arguments), folder_.path() + "/printed");
}

OwnRun::~OwnRun() {
  if (pid_ > 0 && Interrupt() < 0) ::kill(pid_, SIGKILL);
}

bool OwnRun::Serves() {
  return Eventually(
      [this] {
        const json endpoints = json::parse(ReadAll(state_folder() + "/endpoints.json"), nullptr, false);
        if (!endpoints.is_object()) return false;
        web_ = endpoints.value("web", "");
        const auto answer = client_.Do({.url = web_ + "healthz"});
        return answer && answer->ok();
      },
      30s);
}

json OwnRun::Items(const std::string& what) {
  const auto answer = client_.Do({.url = web_ + "api/v1/" + what, .max_answer = 16 * kMiB});
  if (!answer || !answer->ok()) return json::array();
  return json::parse(answer->body, nullptr, false).value("items", json::array());
}

int OwnRun::Interrupt() {
  ::kill(pid_, SIGINT);
  int status = -1;
  if (!Eventually([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; }, 20s)) return -1;
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string OwnRun::web_address() const {
  constexpr std::string_view kScheme = "http://";
  return web_.substr(kScheme.size(), web_.size() - kScheme.size() - 1);
}

std::string OwnRun::Printed() const {
  return ReadAll(folder_.path() + "/printed");
}

}  // namespace loadline::test
