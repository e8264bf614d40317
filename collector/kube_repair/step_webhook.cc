#include "collector/kube_repair/step_webhook.h"

#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "collector/http/signature.h"
#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/printable.h"
#include "schemas/base/time_text.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

constexpr Duration kBetweenPosts = 5s;
// So long the other side may be away before it has heard of a step.
constexpr Duration kPatience = 2min;
constexpr Bytes kMaxAnswer = 64 * kKiB;
constexpr std::size_t kLongestWords = 300;

// "web-1@17640.../3/1" is a step of the case "web-1@17640...".
std::string CaseOf(const std::string& id) {
  return id.substr(0, id.rfind('/', id.rfind('/') - 1));
}

json Asking(const RepairIntent& order, const char* action, const std::string& cluster) {
  return {{"version", "1"},     {"action", action},   {"id", order.id},          {"case", CaseOf(order.id)},
          {"cluster", cluster}, {"node", order.node}, {"step", Name(order.step)}};
}

// What nodes and kernels say need not be UTF-8.
std::string Dumped(const json& body) {
  return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string WordsOf(const json& answer) {
  return Spaced(std::string_view(Text(answer, "message")).substr(0, kLongestWords));
}

}  // namespace

StepWebhook::StepWebhook(const StepWebhookOptions& options, const Clock& clock, std::stop_token stop)
    : options_(options),
      clock_(clock),
      stop_(std::move(stop)),
      http_({.ca_file = options.ca_file}),
      secret_({.file = options.secret_file}) {}

bool StepWebhook::Waits(Progress& progress) const {
  const Mono now = clock_.Now();
  if (now < progress.next) return true;
  progress.next = now + kBetweenPosts;
  return false;
}

OrderNews StepWebhook::Make(const RepairIntent& order, const std::string& provider_id, Progress& progress) {
  const Mono now = clock_.Now();
  if (progress.begun == Mono{}) {
    progress.begun = now;
    progress.deadline = clock_.WallNow() + options_.within;
  }
  if (now - progress.begun >= options_.within && progress.sent) {
    return {OrderState::kUnclear,
            fmt::format("not over by its deadline{}{}", progress.words.empty() ? "" : ": ", progress.words)};
  }
  if (Waits(progress)) return {OrderState::kUnderWay, progress.words};
  return progress.taken ? Look(order, progress) : First(order, provider_id, progress);
}

OrderNews StepWebhook::First(const RepairIntent& order, const std::string& provider_id, Progress& progress) {
  json body = Asking(order, "begin", options_.cluster);
  body["provider_id"] = provider_id;
  body["pool"] = order.pool;
  body["trouble"] = Name(order.trouble);
  body["reason"] = order.reason;
  body["evidence"] = order.evidence;
  body["deadline"] = Rfc3339(progress.deadline);
  const Result<State> state = Post(order.id, Dumped(body), false, progress);
  if (!state) {
    progress.words = state.error().message;
    if (state.error().kind == ErrorKind::kUnavailable && clock_.Now() - progress.begun < kPatience)
      return {OrderState::kUnderWay, progress.words};
    // What may have been heard may be done yet: nobody makes it, or the next one, on top of it.
    return {progress.sent ? OrderState::kUnclear : OrderState::kFailed, progress.words};
  }
  progress.taken = true;
  if (*state == State::kDone) return {OrderState::kDone, progress.words};
  if (*state == State::kFailed) return {OrderState::kFailed, progress.words};
  return {OrderState::kUnderWay, progress.words};
}

OrderNews StepWebhook::AskAfter(const RepairIntent& order, Progress& progress) {
  return Waits(progress) ? OrderNews{OrderState::kUnderWay, progress.words} : Look(order, progress);
}

OrderNews StepWebhook::Look(const RepairIntent& order, Progress& progress) {
  const Result<State> state = Post(order.id, Dumped(Asking(order, "look", options_.cluster)), true, progress);
  if (!state) {
    progress.words = state.error().message;
    return {OrderState::kUnderWay, progress.words};
  }
  switch (*state) {
    case State::kDone:
      return {OrderState::kDone, progress.words};
    case State::kFailed:
      return {OrderState::kFailed, progress.words};
    case State::kUnknown:
      if (!progress.taken) return {OrderState::kNotBegun, ""};
      return {OrderState::kUnclear, "whoever had taken it knows nothing of it any more"};
    case State::kRunning:
      break;
  }
  return {OrderState::kUnderWay, progress.words};
}

// What the other side says of the step. Fails with kUnavailable where it may yet say something.
Result<StepWebhook::State> StepWebhook::Post(const std::string& id, const std::string& body, bool looks,
                                             Progress& progress) {
  const Result<Secret> secret = secret_.Read();
  if (!secret) return Failure(ErrorKind::kUnavailable, secret.error().message);
  if (secret->empty()) return Failure(ErrorKind::kUnavailable, options_.secret_file + " is empty");
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(clock_.WallNow().time_since_epoch()).count();
  const std::string signature = HmacSha256(fmt::format("{}.{}", seconds, body), *secret);
  const Result<HttpResponse> answer =
      http_.Do({.method = "POST",
                .url = options_.url,
                .headers = {"Content-Type: application/json", "Idempotency-Key: " + id,
                            fmt::format("X-Loadline-Timestamp: {}", seconds),
                            "X-Loadline-Signature: sha256=" + signature},
                .body = body,
                .max_answer = kMaxAnswer,
                .stop = stop_});
  if (!answer) {
    // To whom its certificate does not belong nothing was said.
    const ErrorKind kind = answer.error().kind;
    const bool untrusted = kind == ErrorKind::kDenied || kind == ErrorKind::kInvalid;
    const bool unheard = untrusted || !http_.reached();
    progress.sent = progress.sent || (!looks && !unheard);
    return Failure(untrusted ? kind : ErrorKind::kUnavailable, answer.error().message);
  }
  const json parsed = ParseForeign(answer->body);
  progress.words = WordsOf(parsed);
  if (looks && answer->status == 404) return State::kUnknown;
  if (!answer->ok()) {
    const bool refused = !MayDoLater(answer->status);
    progress.sent = progress.sent || (!looks && !refused);
    std::string words = fmt::format("{} answered {}{}{}", HostOf(options_.url), answer->status,
                                    progress.words.empty() ? "" : ": ", progress.words);
    return Failure(refused ? ErrorKind::kInvalid : ErrorKind::kUnavailable, std::move(words));
  }
  progress.sent = progress.sent || !looks;
  const std::string state = Text(parsed, "state");
  if (state == "done") return State::kDone;
  if (state == "failed") return State::kFailed;
  if (state == "unknown") return State::kUnknown;
  // It was taken, and nothing more is said of it.
  return State::kRunning;
}

}  // namespace loadline::collector
