#include "collector/sink/slack_api.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <set>

#include "collector/alert_text/alert_words.h"
#include "collector/sink/written_json.h"
#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"

namespace loadline::collector {
namespace {

using Means = SlackAnswer::Means;
using nlohmann::json;

}  // namespace

Means MeaningOfSlackError(const std::string& name) {
  static const std::set<std::string> kLater = {"ratelimited",      "rate_limited",    "internal_error",
                                               "fatal_error",      "request_timeout", "service_unavailable",
                                               "team_added_to_org"};
  static const std::set<std::string> kMessage = {
      "msg_too_long",      "msg_blocks_too_long", "too_many_attachments", "no_text",
      "invalid_arguments", "invalid_json",        "json_not_object"};
  static const std::set<std::string> kGone = {"message_not_found",  "cant_update_message", "is_inactive",
                                              "edit_window_closed", "thread_not_found",    "block_mismatch"};
  if (kLater.contains(name)) return Means::kLater;
  if (kMessage.contains(name) || name.starts_with("invalid_blocks")) return Means::kMessage;
  if (kGone.contains(name)) return Means::kGone;
  return Means::kSetting;
}

SlackApi::SlackApi(SlackApiOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), http_(options_.way, clock) {}

SlackAnswer SlackApi::Call(const std::string& method, const Secret& token, const json& arguments,
                           const std::stop_token& stop) {
  const Result<HttpResponse> response =
      http_.Do({.method = "POST",
                .url = options_.url + "/" + method,
                .headers = {"Content-Type: application/json; charset=utf-8"},
                .bearer = token,
                .body = Written(arguments),
                .timeout = options_.timeout,
                .stop = stop});
  if (!response) return {.means = Means::kLater, .detail = response.error().message};
  SlackAnswer answer = Judge(*response);
  if (!answer.detail.empty())
    answer.detail = fmt::format("{} {}: {}", HostOf(options_.url), method, answer.detail);
  return answer;
}

SlackAnswer SlackApi::Judge(const HttpResponse& response) const {
  if (MayDoLater(response.status)) {
    return {.means = Means::kLater,
            .detail = fmt::format("HTTP {}", response.status),
            .retry_after = RetryAfter(response, clock_.WallNow())};
  }
  if (!response.ok()) {
    const bool message = response.status == 400 || response.status == 413;
    return {.means = message ? Means::kMessage : Means::kSetting,
            .detail = fmt::format("HTTP {}", response.status)};
  }
  const json body = ParseForeign(response.body);
  const auto ok = body.is_object() ? body.find("ok") : body.end();
  if (!body.is_object() || ok == body.end() || !ok->is_boolean()) {
    return {.means = Means::kLater, .detail = "an answer that is not Slack's"};
  }
  if (ok->get<bool>()) {
    return {.means = Means::kDone, .detail = {}, .channel = Text(body, "channel"), .ts = Text(body, "ts")};
  }
  const std::string name = Cut(OneLine(Text(body, "error")), 80);
  return {.means = MeaningOfSlackError(name),
          .detail = name.empty() ? "refused without a reason" : name,
          .retry_after = RetryAfter(response, clock_.WallNow())};
}

}  // namespace loadline::collector
