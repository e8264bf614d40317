// What comes over HTTP beside the API server's: answers of Azure and of Slack, and alerts and silences that
// others post.
#include <array>
#include <string>
#include <vector>

#include "collector/alert/posting.h"
#include "collector/alert/silence.h"
#include "collector/azure/azure_client.h"
#include "collector/azure/azure_tokens.h"
#include "collector/http/oauth2_tokens.h"
#include "collector/press/button.h"
#include "collector/press/press.h"
#include "collector/press/pressed_silence.h"
#include "collector/sink/slack_api.h"
#include "collector/web/alertmanager_json.h"
#include "collector/web/azure_alert.h"
#include "collector/web/press_form.h"
#include "schemas/base/foreign_json.h"
#include "schemas/base/time_text.h"
#include "tests/fuzz/canned_http.h"
#include "tests/fuzz/readers.h"

namespace loadline::fuzz {
namespace {

using namespace collector;

// Words of a fault are for a line of a log.
constexpr std::size_t kLongestWords = 1000;
// Nobody is waited for longer than the collector may live.
constexpr Duration kLongestWait = std::chrono::hours(24 * 366 * 50);

const Wall kNow = Wall(std::chrono::sys_days{std::chrono::year{2026} / 1 / 1});
const Wall kEnd = Wall(std::chrono::sys_days{std::chrono::year{2200} / 1 / 1});

void RequireWait(const std::optional<Duration>& wait) {
  if (wait) Require(*wait >= Duration::zero() && *wait <= kLongestWait);
}

void WhenToComeAgain(std::string_view text) {
  HttpResponse answer{.status = 429};
  answer.headers.emplace("retry-after", text);
  RequireWait(RetryAfter(answer, kNow));
}

void Instant(std::string_view text) {
  const auto at = ParseRfc3339(text);
  if (!at) return Require(at.error().message.size() <= kLongestWords);
  if (!*at) return;
  Require(**at >= Wall{} && **at <= kEnd);
  const auto again = ParseRfc3339(Rfc3339(**at));
  Require(again.has_value() && *again == std::chrono::floor<std::chrono::milliseconds>(**at));
}

void Entra(std::string_view text) {
  Answer(text);
  const ManualClock clock;
  AzureTokens tokens({}, clock);
  const auto token = tokens.Get("https://monitor.azure.com/.default");
  if (token) return Require(!token->empty());
  Require(!token.error().message.empty() && token.error().message.size() <= kLongestWords);
}

void AzureMonitor(std::string_view text) {
  const ItemAnswer judged = JudgeAzure(Answer(text), "ingest.example:443", kNow);
  Require(judged.detail.size() <= kLongestWords);
  RequireWait(judged.retry_after);
}

void Slack(std::string_view text) {
  Answer(text);
  const ManualClock clock;
  const SlackAnswer answer = SlackApi({}, clock).Call("chat.postMessage", "xoxb", {}, {});
  Require((answer.means == SlackAnswer::Means::kDone) == answer.detail.empty());
  Require(answer.detail.size() <= kLongestWords);
  RequireWait(answer.retry_after);
}

void PostedAlerts(std::string_view body) {
  std::vector<std::string> faults;
  const auto postings = ReadPostings(body, kNow, std::chrono::minutes(5), faults);
  if (!postings) return Require(!postings.error().message.empty());
  for (const Posting& posting : *postings) {
    Require(posting.starts_at <= posting.ends_at && !posting.labels.empty());
    const Condition condition = ConditionOf(posting);
    Require(!Fingerprint(condition.rule, condition.labels).empty());
    Require(condition.runbook.empty() || condition.runbook.starts_with("http"));
  }
}

// As it is shown it can be posted again.
void PostedSilence(std::string_view body) {
  const auto silence = ReadSilence(body);
  if (!silence) return Require(!silence.error().message.empty());
  const std::string shown = GettableSilence(*silence, kNow).dump();
  const auto again = ReadSilence(shown);
  Require(again.has_value() && GettableSilence(*again, kNow).dump() == shown);
  const auto stored = DecodeSilence(silence->id, EncodeSilence(*silence));
  Require(stored.has_value() && EncodeSilence(*stored) == EncodeSilence(*silence));
  (void)Silences().Set(*silence, kNow, "1");
}

void AlertOfAzure(std::string_view body) {
  const auto posting = PostingOfAzure(ParseForeign(body), kNow);
  if (!posting) return Require(!posting.error().message.empty());
  if (!*posting) return;
  Require((*posting)->starts_at <= (*posting)->ends_at && !(*posting)->labels.empty());
  for (const auto& [name, value] : (*posting)->labels) Require(!name.empty() && !value.empty());
}

// Whatever was pressed, who did so is a person, and what is shown of it is short.
void Pressed(std::string_view form) {
  const auto payload = PayloadOf(form);
  const auto press = ReadPress(payload ? *payload : std::string(form));
  if (!press) return Require(!press.error().message.empty() && press.error().message.size() <= kLongestWords);
  if (!*press) return;
  Require(IsSlackUser((*press)->user) && !(*press)->name.empty());
  Require((*press)->Who().size() <= 200 && (*press)->channel.size() <= 200);
  Require(((*press)->what == Press::What::kSilence) == ((*press)->lasts > Duration::zero()));
  Require(!IsBelow((*press)->response_url, "https://hooks.slack.com/") ||
          HostOf((*press)->response_url) == "hooks.slack.com:443");
}

void PressedButton(std::string_view name) {
  const Dispatcher::Group group{.key = std::string(name)};
  (void)MatchersOf(name, AlertBook(), {{"", group}});
  Require(NameOfGroup(group.key).size() <= 30);
}

void ServerOfTokens(std::string_view text) {
  Answer(text);
  const ManualClock clock;
  OAuth2Tokens tokens({.client_id = "c", .token_url = "https://login.example/token"}, clock);
  const auto token = tokens.Get({});
  // What goes into a header neither ends it nor is nothing.
  if (token)
    return Require(token->Reveal().size() > 7 && token->Reveal().find_first_of("\r\n") == std::string::npos);
  Require(!token.error().message.empty() && token.error().message.size() <= kLongestWords);
}

void WhereItLeads(std::string_view location) {
  const std::string to = RedirectedUrl("https://hook.example:8443/a/b?c", std::string(location));
  Require(to.empty() || to.starts_with("https://") || to.starts_with("http://"));
  Require(to.find_first_of(" \r\n") == std::string::npos);
}

constexpr std::array<Reader, 12> kReaders = {WhenToComeAgain, Instant,      Entra,         AzureMonitor,
                                             Slack,           PostedAlerts, PostedSilence, AlertOfAzure,
                                             ServerOfTokens,  WhereItLeads, Pressed,       PressedButton};

}  // namespace

std::span<const Reader> Readers() {
  return kReaders;
}

}  // namespace loadline::fuzz
