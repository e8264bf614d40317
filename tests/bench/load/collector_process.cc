#include "tests/bench/load/collector_process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>
#include <vector>

namespace loadline::bench {
namespace {

using namespace std::chrono_literals;

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace

Result<std::unique_ptr<CollectorProcess>> CollectorProcess::Start(const std::string& binary) {
  std::unique_ptr<CollectorProcess> process(new CollectorProcess);
  if (auto launched = process->Launch(binary); !launched) return Failure(launched.error());
  if (auto listening = process->AwaitEndpoints(); !listening) return Failure(listening.error());
  return process;
}

Result<void> CollectorProcess::Launch(const std::string& binary) {
  std::vector<std::string> arguments = {binary,        "--state-dir",       state_.path(),
                                        "--listen",    "tcp://127.0.0.1:0", "--web",
                                        "127.0.0.1:0", "--log-level",       "warning"};
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int error = ::posix_spawn(&pid_, binary.c_str(), nullptr, nullptr, argv.data(), environ);
  if (error != 0) return SystemFailure("starting " + binary, error);
  return {};
}

Result<void> CollectorProcess::AwaitEndpoints() {
  for (int i = 0; i < 500; ++i) {
    const auto endpoints =
        nlohmann::json::parse(FirstLine(state_.path() + "/endpoints.json"), nullptr, false);
    if (endpoints.is_object()) {
      endpoint_ = endpoints.value("agents", "");
      web_ = endpoints.value("web", "");
      return {};
    }
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
      pid_ = -1;
      return Failure(ErrorKind::kUnavailable, "the collector ended at once");
    }
    std::this_thread::sleep_for(20ms);
  }
  return Failure(ErrorKind::kUnavailable, "the collector does not listen after 10 s");
}

CollectorProcess::~CollectorProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  for (int i = 0; i < 500; ++i) {
    if (::waitpid(pid_, nullptr, WNOHANG) == pid_) return;
    std::this_thread::sleep_for(20ms);
  }
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string CollectorProcess::public_key() const {
  return FirstLine(state_.path() + "/keys/collector.pub");
}

std::string CollectorProcess::agent_key_file() const {
  return state_.path() + "/keys/agents/agent.key";
}

std::string CollectorProcess::token() const {
  return FirstLine(state_.path() + "/token");
}

double CollectorProcess::CpuSeconds() const {
  // After the command in parentheses: state is field 3, utime 14, stime 15.
  const std::string stat = FirstLine("/proc/" + std::to_string(pid_) + "/stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Bytes CollectorProcess::Rss() const {
  std::ifstream file("/proc/" + std::to_string(pid_) + "/statm");
  Bytes total = 0, resident = 0;
  file >> total >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

Result<nlohmann::json> CollectorProcess::Status() {
  const auto answer = http_.Do({.url = web_ + "api/v1/collector", .timeout = 30s});
  if (!answer) return Failure(answer.error());
  auto status = nlohmann::json::parse(answer->body, nullptr, false);
  if (!answer->ok() || !status.is_object())
    return Failure(ErrorKind::kInternal, "/api/v1/collector: " + answer->body);
  return status;
}

}  // namespace loadline::bench
