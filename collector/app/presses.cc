#include "collector/app/presses.h"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "collector/press/pressed_silence.h"
#include "collector/sink/slack_reply.h"
#include "collector/sink/written_json.h"
#include "collector/web/silence_id.h"
#include "schemas/base/printable.h"

namespace loadline::collector {

using nlohmann::json;
namespace why = press_refusal;

Presses::Presses(PressChoice choice, std::string page_url, AlertDesk& desk, RepairDesk* repairs)
    : choice_(std::move(choice)),
      page_url_(std::move(page_url)),
      desk_(desk),
      repairs_(repairs),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

void Presses::Close() {
  thread_.request_stop();
  queue_.Close();
  if (thread_.joinable()) thread_.join();
}

void Presses::Run(const std::stop_token& stop) {
  constexpr Duration kAlways = std::chrono::hours(1);
  while (true) {
    const std::optional<Press> press = queue_.Pop(kAlways);
    if (!press && stop.stop_requested()) return;
    if (!press) continue;
    const std::optional<json> reply = Do(*press);
    if (!reply && stop.stop_requested()) return;
    Say(*press, reply ? *reply : NotDone(why::kBusy, "the collector is starting or too busy: press it again"),
        stop);
  }
}

json Presses::NotDone(const char* reason, const std::string& words) const {
  if (refused_) refused_(reason);
  return SlackNotDone(words);
}

std::optional<json> Presses::Do(const Press& press) {
  if (const Result<void> may = MayPress(press, choice_.rights); !may) {
    spdlog::warn("{} pressed a button in Slack: {}", Printable(press.Who()), may.error().message);
    return NotDone(why::kRights, may.error().message);
  }
  return press.what == Press::What::kSilence ? Silence(press) : Decide(press);
}

std::optional<json> Presses::Silence(const Press& press) {
  Result<PressedSilence> set;
  const bool done = desk_.With(
      [&](Alerting& alerting, Wall now) { set = SetSilence(alerting, press, now, NewSilenceId()); });
  if (!done) return std::nullopt;
  if (!set) return NotDone(why::kNothing, set.error().message);
  if (!set->news) return SlackSilencedAlready(set->silence);
  spdlog::info("{} silenced {} in Slack", Printable(press.Who()),
               Printable(MatchersText(set->silence.matchers)));
  return SlackSilenced(press, set->silence, page_url_);
}

std::optional<json> Presses::Decide(const Press& press) {
  if (repairs_ == nullptr) return NotDone(why::kNothing, "no node is repaired here");
  const std::shared_ptr<const AlertsShown> shown = desk_.Shown();
  const Alert* asked = shown ? AskingFor(press.name, *shown) : nullptr;
  if (asked == nullptr) return NotDone(why::kNothing, "this step asks for no approval any more");
  const Result<void> decided = repairs_->Decide(press.name, press.what == Press::What::kApprove, press.Who());
  if (decided) return SlackDecided(press, *asked);
  if (decided.error().kind == ErrorKind::kUnavailable) return std::nullopt;
  return NotDone(why::kNothing, decided.error().message);
}

void Presses::Say(const Press& press, const json& reply, const std::stop_token& stop) {
  if (press.response_url.empty() || stop.stop_requested()) return;
  if (!IsBelow(press.response_url, choice_.answers_below)) {
    spdlog::warn("a press in Slack is not answered: it asks for an answer elsewhere than slack.response_url");
    return;
  }
  constexpr int kTries = 2;
  std::string why;
  for (int i = 0; i < kTries; ++i) {
    const Result<HttpResponse> answer =
        http_.Do({.method = "POST",
                  .url = press.response_url,
                  .headers = {"Content-Type: application/json; charset=utf-8"},
                  .body = Written(reply),
                  .timeout = std::chrono::seconds(5),
                  .max_answer = 64 * kKiB,
                  .stop = stop});
    if (answer && answer->ok()) return;
    why = answer ? fmt::format("HTTP {}", answer->status) : answer.error().message;
    if (answer && !MayDoLater(answer->status)) break;
  }
  spdlog::warn("what was pressed in Slack is not answered there: {}", why);
}

}  // namespace loadline::collector
