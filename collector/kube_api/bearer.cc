#include "collector/kube_api/bearer.h"

#include <nlohmann/json.hpp>

#include "schemas/base/child_program.h"
#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/secret_file.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFileAgain = 1min;
constexpr Duration kBeforeExpiry = 1min;

// What the plugin prints. Its standard error is ours, where people look for what it wants.
Result<std::string> Run(const ExecPlugin& plugin) {
  ChildProgram program{.command = {plugin.command}, .patience = 30s};
  program.command.insert(program.command.end(), plugin.arguments.begin(), plugin.arguments.end());
  for (const auto& [name, value] : plugin.environment) program.environment.push_back(name + "=" + value);
  const nlohmann::json info = {
      {"apiVersion", plugin.api_version}, {"kind", "ExecCredential"}, {"spec", {{"interactive", false}}}};
  program.environment.push_back("KUBERNETES_EXEC_INFO=" + info.dump());
  const Result<ChildAnswer> answer = RunChild(program);
  if (!answer) return Failure(answer.error().In("credential plugin"));
  if (answer->exit_status == 0) return answer->output;
  return Failure(ErrorKind::kUnavailable, "credential plugin " + plugin.command + " failed");
}

}  // namespace

Result<PluginToken> ParseExecCredential(std::string_view text) {
  const auto json = ParseForeign(text);
  const nlohmann::json& status = Part(json, "status");
  PluginToken token{.token = std::string(Text(status, "token"))};
  if (token.token.empty()) {
    return Failure(ErrorKind::kInvalid, "credential plugin: no status.token in its answer");
  }
  if (const auto expires = ParseRfc3339(Text(status, "expirationTimestamp")); expires && *expires)
    token.expires = **expires;
  return token;
}

Result<void> Bearer::Fetch(Wall now) {
  if (!access_.token_file.empty()) {
    auto token = ReadSecretFile(access_.token_file);
    if (!token) return Failure(ErrorKind::kUnavailable, "no token: " + token.error().message);
    token_ = *std::move(token);
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

Result<Secret> Bearer::Get(Wall now) {
  if (!access_.token.empty()) return access_.token;
  if (access_.token_file.empty() && !access_.exec) return Secret();
  if (now >= fetched_until_) {
    if (auto fetched = Fetch(now); !fetched && token_.empty()) return Failure(fetched.error());
  }
  return token_;
}

}  // namespace loadline::collector
