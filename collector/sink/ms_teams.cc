#include "collector/sink/ms_teams.h"

#include <fmt/core.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "collector/alert_text/alert_words.h"
#include "collector/sink/default_texts.h"
#include "collector/sink/http_config.h"
#include "collector/sink/own_texts.h"
#include "collector/sink/sink_kind.h"
#include "collector/sink/webhook.h"
#include "collector/sink/written_json.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr std::size_t kMostMessage = 28'000;
constexpr std::size_t kText = 20'000;  // of it, before what JSON makes of some characters
constexpr std::size_t kTitle = 1'000;
constexpr std::size_t kNamed = 25;  // alerts of Sev0 and Sev1 in a message about many groups
constexpr std::size_t kLine = 400;

// A card's text is Markdown. What strangers wrote makes no link, which would need both brackets together.
std::string Harmless(std::string_view text) {
  std::string out;
  for (const char c : SpacedLines(text)) {
    if (c == '(' && out.ends_with(']')) out += ' ';
    out += c;
  }
  return out;
}

std::string DefaultText(const json& data, std::size_t more, std::size_t room) {
  std::string text;
  if (const json firing = AlertsThatAre(data, "firing"); !firing.empty())
    text += "\n# Alerts Firing:\n" + AlertListText(firing, kMarkdownList, more, room / 2) + "\n";
  if (const json resolved = AlertsThatAre(data, "resolved"); !resolved.empty())
    text += "\n# Alerts Resolved:\n" + AlertListText(resolved, kMarkdownList, 0, room / 2) + "\n";
  return text;
}

std::string DigestText(std::span<const Notification> batch) {
  std::string text;
  std::size_t named = 0;
  for (const Alert* alert : MostSevereFirst(batch)) {
    if (named == 2 * kNamed) break;
    const std::string line =
        fmt::format("{} {}: {}", StateWord(*alert), Title(*alert), OneLine(alert->summary));
    text += "- " + Cut(Harmless(line), kLine) + "\n";
    ++named;
  }
  const Tally tally = Count(batch);
  if (tally.total() > named) text += fmt::format("\nand {} more\n", tally.total() - named);
  return text;
}

json Message(const std::string& title, const std::string& text, bool fires) {
  const json heading = {{"type", "TextBlock"},
                        {"text", Cut(title, kTitle)},
                        {"weight", "Bolder"},
                        {"size", "Medium"},
                        {"wrap", true},
                        {"style", "heading"},
                        {"color", fires ? "Attention" : "Good"}};
  json body = json::array({heading});
  if (!text.empty()) body.push_back({{"type", "TextBlock"}, {"text", text}, {"wrap", true}});
  const json card = {{"$schema", "http://adaptivecards.io/schemas/adaptive-card.json"},
                     {"type", "AdaptiveCard"},
                     {"version", "1.2"},
                     {"body", std::move(body)},
                     {"msteams", {{"width", "full"}}}};
  return {{"type", "message"},
          {"attachments", json::array({{{"contentType", "application/vnd.microsoft.card.adaptive"},
                                        {"contentUrl", nullptr},
                                        {"content", card}}})}};
}

}  // namespace

json MsTeamsMessage(std::span<const Notification> batch, const MsTeamsOptions& options) {
  const Notification& first = batch.front();
  bool fires = first.others_fire;
  for (const Notification& notification : batch) fires = fires || AnyFiring(notification);
  const bool digest = batch.size() > 1;
  const TextData data = digest ? TextData() : TemplateData(first, options.page_url, Harmless);
  const json shown = data.Escaped();
  const std::string title =
      digest ? Headline(Count(batch))
             : options.texts.Say("title", data, SubjectText(shown, fires ? first.more : 0));
  json message;
  // Quotes and what is no ASCII may take more bytes on the wire than here.
  for (std::size_t room = kText; room > 0; room /= 2) {
    const std::string text =
        digest ? DigestText(batch) : options.texts.Say("text", data, DefaultText(shown, first.more, room));
    message = Message(title, Cut(text, room), fires);
    if (Written(message).size() <= kMostMessage) break;
  }
  return message;
}

MsTeams::MsTeams(MsTeamsOptions options, const Clock& clock)
    : options_(std::move(options)), clock_(clock), url_(options_.url), http_(options_.way, clock) {}

SinkTraits MsTeams::traits() const {
  const std::size_t url = std::hash<std::string>()(options_.url.text.Reveal() + options_.url.file);
  return {.per_second = 1,
          .burst = 4,
          .digest = 2'000,
          .names = kNamed,
          .place = fmt::format("teams webhook {:x}", url)};
}

Outcome MsTeams::Send(std::span<const Notification> batch, const std::stop_token& stop) {
  const Result<Secret> url = url_.Read();
  if (!url) return {Verdict::kRetry, url.error().message, options_.setting_retry};
  const Result<HttpResponse> answer = http_.Do({.method = "POST",
                                                .url = url->Reveal(),
                                                .headers = {"Content-Type: application/json"},
                                                .body = Written(MsTeamsMessage(batch, options_)),
                                                .timeout = options_.timeout,
                                                .max_answer = 64 * kKiB,
                                                .stop = stop});
  if (!answer) return {Verdict::kRetry, answer.error().message};
  const std::string host = HostOf(url->Reveal());
  if (answer->ok() && answer->body.find("returned HTTP error") != std::string::npos)
    return {Verdict::kRetry, fmt::format("{}: {}", host, Cut(OneLine(answer->body), 160))};
  return JudgeHttp(*answer, host, clock_.WallNow(), answer->body);
}

std::vector<ShownMessage> MsTeams::Show(std::span<const Notification> batch, Wall /*now*/) const {
  const json message = MsTeamsMessage(batch, options_);
  std::string text;
  for (const json& block : message["attachments"][0]["content"]["body"])
    text += block["text"].get<std::string>() + "\n";
  return {{.text = std::move(text), .body = Written(message)}};
}

namespace {

Result<std::unique_ptr<Sink>> Make(const IntegrationConfig& config, const SinkParts& parts) {
  Result<HttpWayOptions> way = HttpWayOf(config);
  if (!way) return Failure(way.error());
  return std::make_unique<MsTeams>(MsTeamsOptions{.url = {.text = ValueOf(config, "webhook_url"),
                                                          .file = ValueOf(config, "webhook_url_file")},
                                                  .texts = {config, {"title", "text"}},
                                                  .page_url = parts.page_url,
                                                  .way = std::move(*way)},
                                   parts.clock);
}

}  // namespace

namespace kinds {

SinkKind Msteamsv2() {
  using enum KeyType;
  return {.section = {.name = "msteamsv2",
                      .keys = Keys({{kUrl, {"webhook_url"}},
                                    {kFile, {"webhook_url_file"}},
                                    {kTemplate, {"title", "text"}},
                                    {kHttp, {"http_config"}}}),
                      .needs = {{.own = {"webhook_url", "webhook_url_file"},
                                 .global = {"", ""},
                                 .what = "one of webhook_url and webhook_url_file must be given"}}},
          .make = Make};
}

}  // namespace kinds
}  // namespace loadline::collector
