#include "collector/kube/bearer.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "collector/kube/json_fields.h"
#include "schemas/base/fd.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFileAgain = 1min;
constexpr Duration kBeforeExpiry = 1min;
constexpr Duration kPluginTimeout = 30s;
constexpr std::size_t kMaxPluginOutput = 1 << 20;

Result<std::string> ReadToken(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string token;
  if (!(file >> token)) return Failure(ErrorKind::kUnavailable, fmt::format("no token in {}", path.string()));
  return token;
}

std::vector<std::string> Environment(const ExecPlugin& plugin) {
  std::vector<std::string> lines;
  for (char** line = environ; *line != nullptr; ++line) {
    const std::string_view text = *line;
    if (!plugin.environment.contains(std::string(text.substr(0, text.find('='))))) lines.emplace_back(text);
  }
  for (const auto& [name, value] : plugin.environment) lines.push_back(name + "=" + value);
  const nlohmann::json info = {
      {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
  lines.push_back("KUBERNETES_EXEC_INFO=" + info.dump());
  return lines;
}

std::vector<char*> Pointers(std::vector<std::string>& lines) {
  std::vector<char*> pointers;
  for (std::string& line : lines) pointers.push_back(line.data());
  pointers.push_back(nullptr);
  return pointers;
}

// All that comes until the end, the time is over, or there is too much.
std::optional<std::string> ReadAll(int fd) {
  std::string out;
  const Mono deadline = SystemClock().Now() + kPluginTimeout;
  while (out.size() <= kMaxPluginOutput) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SystemClock().Now());
    pollfd ready{.fd = fd, .events = POLLIN};
    if (left.count() <= 0 || poll(&ready, 1, static_cast<int>(left.count())) <= 0) return std::nullopt;
    char buffer[4096];
    const ssize_t size = read(fd, buffer, sizeof buffer);
    if (size < 0) return std::nullopt;
    if (size == 0) return out;
    out.append(buffer, static_cast<std::size_t>(size));
  }
  return std::nullopt;
}

// Standard output of the plugin. Its standard error is ours, where people look for what it wants.
Result<std::string> Run(const ExecPlugin& plugin) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemFailure("pipe", errno);
  Fd reading(ends[0]);
  Fd writing(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, writing.get(), STDOUT_FILENO);
  std::vector<std::string> arguments = {plugin.command};
  arguments.insert(arguments.end(), plugin.arguments.begin(), plugin.arguments.end());
  std::vector<std::string> environment = Environment(plugin);
  pid_t child = 0;
  const int error = posix_spawnp(&child, plugin.command.c_str(), &actions, nullptr,
                                 Pointers(arguments).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return SystemFailure("credential plugin " + plugin.command, error);
  writing = Fd();
  auto out = ReadAll(reading.get());
  if (!out) kill(child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (!out || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Failure(ErrorKind::kUnavailable,
                   "credential plugin " + plugin.command + (out ? " failed" : " gave no answer in 30 s"));
  }
  return *out;
}

}  // namespace

Result<PluginToken> ParseExecCredential(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const nlohmann::json& status = Part(json, "status");
  PluginToken token{.token = Text(status, "token")};
  if (token.token.empty()) {
    return Failure(ErrorKind::kInvalid, "credential plugin: no status.token in its answer");
  }
  if (const auto expires = ParseRfc3339(Text(status, "expirationTimestamp")); expires && *expires)
    token.expires = **expires;
  return token;
}

Result<void> Bearer::Fetch(Wall now) {
  if (!access_.token_file.empty()) {
    auto token = ReadToken(access_.token_file);
    if (!token) return Failure(token.error());
    token_ = *token;
    fetched_until_ = now + kFileAgain;
    return {};
  }
  auto answer = Run(*access_.exec);
  if (!answer) return Failure(answer.error());
  auto token = ParseExecCredential(*answer);
  if (!token) return Failure(token.error());
  token_ = token->token;
  fetched_until_ = token->expires ? *token->expires - kBeforeExpiry : Wall::max();
  return {};
}

Result<std::string> Bearer::Get(Wall now) {
  if (!access_.token.empty()) return access_.token;
  if (access_.token_file.empty() && !access_.exec) return std::string();
  if (now >= fetched_until_) {
    if (auto fetched = Fetch(now); !fetched && token_.empty()) return Failure(fetched.error());
  }
  return token_;
}

}  // namespace loadline::collector
