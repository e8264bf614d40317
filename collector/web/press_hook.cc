#include "collector/web/press_hook.h"

#include <charconv>
#include <utility>

#include "collector/web/press_form.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kForm = "application/x-www-form-urlencoded";

Answer Refusal(const Error& error) {
  if (error.kind == ErrorKind::kDenied) return ErrorAnswer(401, error.message);
  if (error.kind == ErrorKind::kInvalid) return ErrorAnswer(400, error.message);
  Answer answer = ErrorAnswer(503, error.message);
  answer.headers = {{"Retry-After", "1"}};
  return answer;
}

std::optional<std::size_t> Length(std::string_view text) {
  std::size_t length = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return length;
}

// By the form of the request alone.
std::optional<Answer> RefuseForm(const PressHookRequest& request, const PressHookOptions& options) {
  if (options.gate == nullptr || options.desk == nullptr)
    return ErrorAnswer(404, "slack.signing_secret_file is not set: no buttons are heard here");
  if (request.method != "POST") {
    Answer answer = ErrorAnswer(405, "only POST");
    answer.headers = {{"Allow", "POST"}};
    return answer;
  }
  if (!request.content_type.starts_with(kForm))
    return ErrorAnswer(415, "the body must be application/x-www-form-urlencoded");
  // Before anybody has shown who they are, no more is read than Slack would send.
  const std::optional<std::size_t> length = Length(request.content_length);
  if (!length) return ErrorAnswer(411, "the request must say how long it is");
  if (*length > kMostOfAPress) return ErrorAnswer(413, "the body is too large");
  return std::nullopt;
}

}  // namespace

std::optional<Answer> RefusePressHook(const PressHookRequest& request, const PressHookOptions& options,
                                      Wall now) {
  if (std::optional<Answer> refusal = RefuseForm(request, options)) return refusal;
  if (const Result<void> may = options.gate->MayBe(request.signature, now); !may) return Refusal(may.error());
  return std::nullopt;
}

Answer AnswerPressHook(const PressHookRequest& request, const PressHookOptions& options, Wall now) {
  const auto refused = [&](const char* reason, Answer answer) {
    if (options.count && options.gate != nullptr) options.count(reason);
    return answer;
  };
  namespace why = press_refusal;
  if (std::optional<Answer> refusal = RefuseForm(request, options))
    return refused(why::kForm, std::move(*refusal));
  if (request.body.size() > kMostOfAPress)
    return refused(why::kForm, ErrorAnswer(413, "the body is too large"));
  if (const Result<void> heard = options.gate->Admit(request.signature, request.body, now); !heard) {
    if (options.on_refused) options.on_refused(heard.error());
    const bool denied = heard.error().kind == ErrorKind::kDenied;
    return refused(denied ? why::kSignature : why::kBusy, Refusal(heard.error()));
  }
  const std::optional<std::string> payload = PayloadOf(request.body);
  if (!payload) return refused(why::kForm, ErrorAnswer(400, "expected a form with one field 'payload'"));
  Result<std::optional<Press>> press = ReadPress(*payload);
  if (!press) return refused(why::kForm, Refusal(press.error()));
  if (*press && !options.desk->Take(**std::move(press))) {
    const Error busy{ErrorKind::kUnavailable, "the collector is stopping or too busy: press it again"};
    return refused(why::kBusy, Refusal(busy));
  }
  return {.content_type = "text/plain; charset=utf-8"};
}

}  // namespace loadline::collector
