#include "collector/sink/slack_webhook.h"

#include <fmt/core.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "collector/alert_text/alert_words.h"
#include "collector/sink/slack_shown.h"
#include "collector/sink/written_json.h"

namespace loadline::collector {
namespace {

// Slack did not understand the message: ours is the fault, and plain text may still pass.
bool MessageRefused(const HttpResponse& answer) {
  return answer.status == 400 || answer.status == 413;
}

}  // namespace

SlackWebhook::SlackWebhook(SlackWebhookOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), url_(options_.url_file), http_(options_.way, clock) {}

SinkTraits SlackWebhook::traits() const {
  const std::size_t url = std::hash<std::string>()(options_.url.Reveal() + options_.url_file);
  return {.per_second = 0.95,
          .burst = 3,
          .digest = options_.place_by_labels ? 1U : 2'000U,
          .names = kNamedInDigest,
          .place = fmt::format("slack webhook {:x}", url)};
}

Outcome SlackWebhook::Send(std::span<const Notification> batch, const std::stop_token& stop) {
  const Result<Secret> url = options_.url.empty() ? url_.Read() : Result<Secret>(options_.url);
  if (!url) return {Verdict::kRetry, url.error().message, options_.setting_retry};
  const nlohmann::json place = Place(batch.front());
  nlohmann::json message = SlackMessage(batch, options_.message);
  message.update(place);
  Result<HttpResponse> answer = Post(*url, message, stop);
  if (answer && MessageRefused(*answer)) {
    nlohmann::json plain = PlainSlackMessage(batch);
    plain.update(place);
    answer = Post(*url, plain, stop);
  }
  if (!answer) return {Verdict::kRetry, answer.error().message};
  return Judge(*answer, HostOf(url->Reveal()));
}

std::vector<ShownMessage> SlackWebhook::Show(std::span<const Notification> batch, Wall /*now*/) const {
  nlohmann::json message = SlackMessage(batch, options_.message);
  message.update(Place(batch.front()));
  return {ShownSlackMessage(message)};
}

nlohmann::json SlackWebhook::Place(const Notification& notification) const {
  nlohmann::json place = nlohmann::json::object();
  if (options_.place.empty()) return place;
  const TextData data = TemplateData(notification, options_.message.page_url, OneLine);
  for (const auto& [key, text] : options_.place) {
    if (std::string said = text.Render(data).value_or(""); !said.empty()) place[key] = std::move(said);
  }
  return place;
}

Result<HttpResponse> SlackWebhook::Post(const Secret& url, const nlohmann::json& message,
                                        const std::stop_token& stop) {
  return http_.Do({.method = "POST",
                   .url = url.Reveal(),
                   .headers = {"Content-Type: application/json"},
                   .body = Written(message),
                   .timeout = options_.timeout,
                   .max_answer = 64 * kKiB,
                   .stop = stop});
}

Outcome SlackWebhook::Judge(const HttpResponse& answer, const std::string& host) const {
  if (answer.ok()) return {Verdict::kDelivered, {}};
  const std::string words = Cut(OneLine(answer.body), 80);
  std::string detail =
      fmt::format("HTTP {} from {}{}{}", answer.status, host, words.empty() ? "" : ": ", words);
  if (MayDoLater(answer.status)) {
    return {Verdict::kRetry, std::move(detail), RetryAfter(answer, clock_.WallNow())};
  }
  if (MessageRefused(answer)) return {Verdict::kRefused, std::move(detail)};
  return {Verdict::kRetry, std::move(detail), options_.setting_retry};
}

}  // namespace loadline::collector
