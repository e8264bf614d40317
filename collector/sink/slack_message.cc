#include "collector/sink/slack_message.h"

#include <fmt/core.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "collector/alert_text/alert_words.h"
#include "collector/match/matcher.h"
#include "collector/sink/slack_blocks.h"
#include "collector/sink/slack_buttons.h"
#include "collector/sink/slack_links.h"
#include "schemas/base/printable.h"
#include "schemas/base/units.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// Slack's limits are in characters; bytes are never fewer, so counting bytes stays inside whatever they
// count.
constexpr std::size_t kSection = 2'900;  // of 3,000
constexpr std::size_t kField = 1'900;    // of 2,000
// All blocks together: undocumented, seen refused near 13,200.
constexpr std::size_t kMessage = 11'000;
constexpr std::size_t kPlain = 3'900;  // of 4,000, where there is text alone
constexpr std::size_t kNamedAlerts = 12;
constexpr std::size_t kLink = 500;  // among other words

std::string When(const Alert& alert) {
  std::string text = "since " + SlackDate(alert.since);
  if (alert.resolved) {
    text += fmt::format(", resolved {} after {}", SlackDate(*alert.resolved),
                        FormatSeconds(Seconds(*alert.resolved - alert.since)));
  }
  if (alert.occurrences > 1) text += fmt::format(", {} times", alert.occurrences);
  return text;
}

json Footer(std::span<const Notification> batch) {
  return SlackContext(batch.size() == 1 ? SlackEscaped(batch[0].reason, 300)
                                        : fmt::format("{} messages in one", batch.size()));
}

// What stands below whatever was said.
void Finish(std::span<const Notification> batch, const SlackMessageOptions& options, json& blocks) {
  for (json& buttons : SlackButtons(batch, options.page_url, options.buttons))
    blocks.push_back(std::move(buttons));
  blocks.push_back(Footer(batch));
}

json OneAlert(const Alert& alert) {
  json fields = json::array({SlackMarkdown("*Severity*\n" + std::string(Name(alert.severity))),
                             SlackMarkdown("*When*\n" + When(alert))});
  const std::string where = Where(alert);
  if (!where.empty()) fields.push_back(SlackMarkdown("*Where*\n" + SlackEscaped(where, kField)));
  if (!alert.graph.empty()) fields.push_back(SlackMarkdown("*Lately*\n" + SlackEscaped(alert.graph, kField)));
  json blocks = json::array({SlackHeader(StateWord(alert) + " " + Title(alert))});
  if (!alert.summary.empty())
    blocks.push_back(SlackSection(SlackCut(SlackEscape(Worded(alert, alert.summary)), kSection)));
  blocks.push_back({{"type", "section"}, {"fields", std::move(fields)}});
  if (!alert.reason.empty())
    blocks.push_back(
        SlackSection("*Why* " + SlackCut(SlackEscape(Worded(alert, alert.reason)), kSection - 20)));
  const Alert* alone = &alert;
  if (const std::string labels = FurtherLabels(alert, {&alone, 1}); !labels.empty())
    blocks.push_back(SlackContext(SlackEscaped(labels, kField)));
  return blocks;
}

std::string GroupHeadline(std::span<const Notification> batch) {
  const std::string text = Headline(Count(batch));
  if (batch.size() > 1) return text + " (digest)";
  const std::string group = LabelsText(batch[0].group_labels);
  return batch[0].group_labels.empty() ? text : text + " " + group;
}

std::string Link(std::string url, std::string_view words) {
  for (std::size_t at = 0; (at = url.find('|', at)) != std::string::npos;) url.replace(at, 1, "%7C");
  return fmt::format("<{}|{}>", SlackEscape(url), words);
}

// `others`: what it is told with.
std::string Entry(const Alert& alert, std::span<const Alert* const> others) {
  std::string text = fmt::format("*{}* {}", StateWord(alert), SlackEscaped(Title(alert), 300));
  if (!alert.summary.empty()) text += "\n" + SlackEscaped(alert.summary, 300);
  if (!alert.reason.empty()) text += "\n_Why_ " + SlackEscaped(alert.reason, 300);
  if (const std::string labels = FurtherLabels(alert, others); !labels.empty())
    text += "\n" + SlackEscaped(labels, 300);
  text += "\n" + When(alert);
  for (const AlertLink& link : Links(alert)) {
    if (link.url.size() <= kLink) text += " " + Link(link.url, link.words);
  }
  return text;
}

// What is not named, in numbers: no alert may vanish because it came in a crowd.
std::string Rest(const Tally& tally, std::size_t named) {
  std::string text = fmt::format("*and {} more*; in all:", tally.total() - named);
  std::size_t lines = 0;
  for (const auto& [what, count] : tally.by_rule) {
    if (++lines > 20) {
      text += "\n…";
      break;
    }
    text += fmt::format("\n• {} {}: {}", Name(what.first), SlackEscaped(what.second, 80), count);
  }
  if (tally.more > 0) text += fmt::format("\n• further alerts of the same groups: {}", tally.more);
  return text;
}

// What is grave is named in any crowd, if only in a line.
std::string GraveLines(std::span<const Alert* const> alerts, std::size_t& named) {
  constexpr std::size_t kLine = 100;  // as many as kNamedInDigest, beside those that are told in full
  std::string text;
  for (const Alert* alert : alerts) {
    if (alert->state != AlertState::kFiring || alert->severity > Severity::kSev1) break;
    const std::string line =
        fmt::format("• *{}* {}\n", StateWord(*alert), SlackEscaped(Title(*alert), kLine));
    if (text.size() + line.size() > kSection) break;
    text += line;
    ++named;
  }
  return text;
}

json Many(std::span<const Notification> batch) {
  const Tally tally = Count(batch);
  const std::vector<const Alert*> alerts = MostSevereFirst(batch);
  json blocks = json::array({SlackHeader(GroupHeadline(batch))});
  std::size_t named = 0;
  std::size_t bytes = 0;
  for (; named < alerts.size() && named < kNamedAlerts; ++named) {
    std::string entry = Entry(*alerts[named], alerts);
    bytes += entry.size();
    if (bytes > kMessage - 2 * kSection) break;
    blocks.push_back(SlackSection(std::move(entry)));
  }
  if (std::string grave = GraveLines(std::span(alerts).subspan(named), named); !grave.empty())
    blocks.push_back(SlackSection(std::move(grave)));
  if (tally.total() > named) blocks.push_back(SlackSection(Rest(tally, named)));
  return blocks;
}

// What a phone's lock screen shows, and all there is where blocks cannot be shown.
std::string Fallback(std::span<const Notification> batch) {
  const std::vector<const Alert*> alerts = MostSevereFirst(batch);
  if (alerts.empty()) return SlackEscape(GroupHeadline(batch));
  std::string text =
      alerts.size() == 1 && Count(batch).more == 0 ? "" : SlackEscape(GroupHeadline(batch)) + ": ";
  text += StateWord(*alerts[0]) + " " + SlackEscaped(Title(*alerts[0]), 300);
  if (!alerts[0]->summary.empty()) text += ": " + SlackEscaped(alerts[0]->summary, 1'000);
  return SlackCut(text, 3'000);
}

// In the words of the receiver's own templates; what they do not say is said as ever. Fails where they cannot
// be filled in.
Result<json> OwnMessage(std::span<const Notification> batch, const SlackMessageOptions& options) {
  const TextData data = TemplateData(batch[0], options.page_url, SlackEscape);
  const std::vector<std::string> links = ConfiguredLinks(batch[0], options.page_url, options.own);
  std::string title = Fallback(batch);
  if (options.own.title) {
    const Result<std::string> own = options.own.title->Render(data);
    if (!own) return Failure(own.error());
    title = WithLinks(*own, links);
  }
  json blocks = json::array();
  if (!OneLine(title).empty()) blocks.push_back(SlackSection("*" + SlackCut(OneLine(title), 300) + "*"));
  if (options.own.text) {
    const Result<std::string> own = options.own.text->Render(data);
    if (!own) return Failure(own.error());
    if (own->find_first_not_of(" \t\r\n") != std::string::npos)
      blocks.push_back(SlackSection(SlackCut(WithLinks(*own, links), kSection)));
  }
  Finish(batch, options, blocks);
  return json{{"text", title.empty() ? Fallback(batch) : SlackCut(OneLine(title), 3'000)},
              {"blocks", std::move(blocks)}};
}

}  // namespace

json SlackMessage(std::span<const Notification> batch, const SlackMessageOptions& options) {
  std::string failed;
  if (batch.size() == 1 && (options.own.title || options.own.text)) {
    Result<json> message = OwnMessage(batch, options);
    if (message) return *std::move(message);
    failed = InsteadOfOwn(message.error());
  }
  const bool one = batch.size() == 1 && batch[0].alerts.size() == 1 && batch[0].more == 0;
  json blocks = one ? OneAlert(batch[0].alerts[0]) : Many(batch);
  Finish(batch, options, blocks);
  if (!failed.empty()) blocks.push_back(SlackContext(SlackEscape(failed)));
  return {{"text", Fallback(batch)}, {"blocks", std::move(blocks)}};
}

json PlainSlackMessage(std::span<const Notification> batch) {
  return {
      {"text", SlackCut(WithoutLinks(Fallback(batch)), kPlain)}, {"parse", "none"}, {"link_names", false}};
}

json SlackHistoryMessage(const Notification& changes) {
  const std::string text = SlackHistory(changes);
  json blocks = json::array();
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = text.size();
    if (end - start > kSection) end = text.rfind('\n', start + kSection);
    blocks.push_back(SlackSection(text.substr(start, end - start)));
    start = end + 1;
  }
  return {{"text", text}, {"blocks", std::move(blocks)}};
}

std::string SlackHistory(const Notification& changes) {
  constexpr std::size_t kLines = 10;
  std::string text = SlackEscaped(changes.reason, 300);
  std::size_t lines = 0;
  for (const Alert& alert : changes.alerts) {
    if (++lines > kLines) break;
    text += fmt::format("\n• *{}* {}", StateWord(alert), SlackEscaped(Title(alert), 150));
    if (alert.state == AlertState::kFiring) {
      text += ": " + SlackEscaped(alert.summary, 200);
    } else if (alert.resolved) {
      text += fmt::format(" after {}", FormatSeconds(Seconds(*alert.resolved - alert.since)));
    }
  }
  const std::size_t unsaid = changes.alerts.size() - std::min(changes.alerts.size(), kLines) + changes.more;
  if (unsaid > 0) text += fmt::format("\n… and {} more", unsaid);
  return text;
}

}  // namespace loadline::collector
