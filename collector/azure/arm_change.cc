#include "collector/azure/arm_change.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr Duration kWait = 15s;  // where Azure does not say
constexpr Duration kLongestWait = 5min;
constexpr std::size_t kLongestUrl = 8192;  // Azure's own have up to 4 KiB
constexpr std::size_t kLongestWords = 300;

// "OperationNotAllowed: another one is under way", of an answer or of what became of a change.
std::string ErrorWords(const json& body) {
  const json& error = Part(body, "error");
  const std::string code = Text(error, "code");
  const std::string message = Text(error, "message");
  return Cut(Spaced(message.empty() ? code : code + ": " + message), kLongestWords);
}

std::string Said(const HttpResponse& answer, const std::string& url) {
  const std::string words = ErrorWords(ParseForeign(answer.body));
  return fmt::format("{} answered {}{}{}", HostOf(url), answer.status, words.empty() ? "" : ": ", words);
}

// What is wrong is outside, and does not pass by itself.
const char* Remedy(int status) {
  if (status == 401) return " (the token is not taken)";
  if (status == 403) return " (the identity lacks the permission; a role takes up to 30 min to be known)";
  return "";
}

}  // namespace

ArmChanges::ArmChanges(AzureClient client, std::string endpoint, const Clock& clock)
    : client_(std::move(client)), endpoint_(std::move(endpoint)), clock_(clock) {}

bool ArmChanges::IsOurs(const std::string& url) const {
  return url.size() <= kLongestUrl && url.starts_with(endpoint_ + "/");
}

Duration ArmChanges::WaitOf(const HttpResponse& answer) const {
  return std::clamp<Duration>(RetryAfter(answer, clock_.WallNow()).value_or(kWait), 1s, kLongestWait);
}

ArmNews ArmChanges::Begin(const std::string& path, const std::string& body, const std::stop_token& stop) {
  HttpRequest request{.method = "POST", .url = endpoint_ + path, .body = body, .stop = stop};
  if (!body.empty()) request.headers.emplace_back("Content-Type: application/json");
  const Result<HttpResponse> answer = client_.Do(request);
  if (answer) return Begun(*answer);
  const Error& error = answer.error();
  ArmNews news{.state = ArmState::kRefused, .words = error.message, .wait = kWait};
  if (error.kind == ErrorKind::kUnavailable || error.kind == ErrorKind::kExhausted)
    news.state = client_.reached() ? ArmState::kUnclear : ArmState::kLater;
  return news;
}

ArmNews ArmChanges::Begun(const HttpResponse& answer) const {
  const Duration wait = WaitOf(answer);
  if (answer.status == 200 || answer.status == 204) return {.state = ArmState::kDone};
  if (answer.ok()) {
    const auto async = answer.Header("azure-asyncoperation");
    std::string url = async ? *async : answer.Header("location").value_or("");
    if (IsOurs(url)) return {.state = ArmState::kRunning, .operation = std::move(url), .wait = wait};
    return {.state = ArmState::kUnclear, .words = "Azure took it, and did not say where to ask after it"};
  }
  std::string words = Said(answer, endpoint_) + Remedy(answer.status);
  if (answer.status == 409 || answer.status == 429)
    return {.state = ArmState::kLater, .words = std::move(words), .wait = wait};
  const bool unclear = MayDoLater(answer.status);
  return {
      .state = unclear ? ArmState::kUnclear : ArmState::kRefused, .words = std::move(words), .wait = wait};
}

ArmNews ArmChanges::Look(const std::string& operation, const std::stop_token& stop) {
  if (!IsOurs(operation))
    return {.state = ArmState::kRefused, .words = "it is asked after at no URL of Azure's"};
  ArmNews news{.state = ArmState::kRunning, .operation = operation, .wait = kWait};
  const Result<HttpResponse> answer = client_.Do({.url = operation, .stop = stop});
  if (!answer) {
    news.words = answer.error().message;
    return news;
  }
  news.wait = WaitOf(*answer);
  if (answer->status == 404)
    return {.state = ArmState::kUnclear, .words = "Azure knows nothing of it any more"};
  if (!answer->ok()) {
    news.words = Said(*answer, operation) + Remedy(answer->status);
    // By Location an error is what became of it, unless it is one of asking.
    const bool of_asking = answer->status == 401 || answer->status == 403 || MayDoLater(answer->status);
    if (!of_asking) return {.state = ArmState::kFailed, .words = std::move(news.words)};
    return news;
  }
  if (answer->status == 202) return news;
  const json body = ParseForeign(answer->body);
  const std::string status = Text(body, "status");
  if (status.empty() || status == "Succeeded") return {.state = ArmState::kDone};
  if (status == "Failed" || status == "Canceled") {
    const std::string why = ErrorWords(body);
    return {.state = ArmState::kFailed,
            .words = fmt::format("Azure says {}{}{}", status, why.empty() ? "" : ": ", why)};
  }
  return news;
}

}  // namespace loadline::collector
