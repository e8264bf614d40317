#include "collector/web/azure_hook.h"

#include "collector/web/azure_alert.h"
#include "collector/web/bearer.h"
#include "schemas/base/foreign_json.h"

namespace loadline::collector {
namespace {

std::string TokenOf(const AzureHookRequest& request) {
  if (auto token = BearerOf(request.authorization)) return *std::move(token);
  if (request.path.size() <= kAzureHook.size() + 1) return "";
  return std::string(request.path.substr(kAzureHook.size() + 1));
}

}  // namespace

bool IsAzureHook(std::string_view path) {
  return path.starts_with(kAzureHook) && (path.size() == kAzureHook.size() || path[kAzureHook.size()] == '/');
}

std::optional<Answer> RefuseAzureHook(const AzureHookRequest& request, const AzureHookOptions& options) {
  if (!options.may_tell)
    return ErrorAnswer(404, "azure.webhook_token_file is not set: nobody can tell of alerts here");
  if (request.method != "POST") {
    Answer answer = ErrorAnswer(405, "only POST");
    answer.headers = {{"Allow", "POST"}};
    return answer;
  }
  if (const Result<void> may = options.may_tell(TokenOf(request)); !may) {
    Answer answer = ErrorAnswer(401, may.error().message);
    answer.headers = {{"WWW-Authenticate", "Bearer"}};
    return answer;
  }
  return std::nullopt;
}

Answer AnswerAzureHook(const AzureHookRequest& request, const AzureHookOptions& options) {
  if (std::optional<Answer> refusal = RefuseAzureHook(request, options)) return std::move(*refusal);
  const auto payload = ParseMended(request.body);
  Result<void> kept;
  const bool heard = options.desk != nullptr && options.desk->With([&](Alerting& alerting, Wall now) {
    Result<std::optional<Posting>> posting = PostingOfAzure(payload, now);
    if (!posting) {
      kept = Failure(posting.error());
    } else if (*posting) {
      kept = alerting.Post(WithAllOfItsId(**std::move(posting), alerting.book(), now), now);
    }
  });
  if (heard && kept) return {.body = "{}"};
  if (heard && kept.error().kind == ErrorKind::kInvalid) return ErrorAnswer(400, kept.error().message);
  Answer answer = ErrorAnswer(503, heard ? kept.error().message : "the collector is starting or too busy");
  answer.headers = {{"Retry-After", "5"}};
  return answer;
}

}  // namespace loadline::collector
