#include "collector/sink/slack_reply.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "collector/alert/repair_label.h"
#include "collector/match/matcher.h"
#include "collector/press/button.h"
#include "collector/sink/slack_blocks.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

constexpr std::size_t kMatchers = 1'500;
constexpr std::size_t kWords = 300;

json Reply(std::string text) {
  json blocks = json::array({SlackSection(text)});
  return {{"text", std::move(text)}, {"blocks", std::move(blocks)}, {"replace_original", false}};
}

// An ephemeral message: Slack shows it to who pressed, and keeps it nowhere.
json ToOne(std::string text) {
  json reply = Reply(std::move(text));
  reply["response_type"] = "ephemeral";
  return reply;
}

json ToAll(const Press& press, std::string text) {
  json reply = Reply(std::move(text));
  reply["response_type"] = "in_channel";
  if (!press.message_ts.empty()) reply["thread_ts"] = press.message_ts;
  return reply;
}

// An id that was looked at (IsSlackUser), so that it is no other mark-up.
std::string Mention(const Press& press) {
  return fmt::format("<@{}>", press.user);
}

std::string Quoted(const Matchers& matchers) {
  return SlackEscaped(MatchersText(matchers), kMatchers);
}

// Of one alert; what was silenced of a group is shown by any of its alerts.
std::string PageOf(const Press& press, const std::string& page_url) {
  const PressedName name = ReadName(press.name);
  return page_url + "/#/alerts" + (name.group || name.id.empty() ? "" : "/" + std::string(name.id));
}

}  // namespace

json SlackSilenced(const Press& press, const Silence& silence, const std::string& page_url) {
  std::string text = fmt::format("*Silenced* until {} by {}: {}", SlackDate(silence.ends_at), Mention(press),
                                 Quoted(silence.matchers));
  if (!page_url.empty())
    text += fmt::format("\n<{}|Look at it or take it back>", SlackEscape(PageOf(press, page_url)));
  return ToAll(press, std::move(text));
}

json SlackSilencedAlready(const Silence& silence) {
  return ToOne(fmt::format("It is silenced until {} already, by {}: {}", SlackDate(silence.ends_at),
                           SlackEscaped(silence.created_by, kWords), Quoted(silence.matchers)));
}

json SlackDecided(const Press& press, const Alert& asked) {
  return ToAll(press, fmt::format("*{}* by {}: {} node {} ({})",
                                  press.what == Press::What::kApprove ? "Approved" : "Refused",
                                  Mention(press), SlackEscaped(LabelValue(asked.labels, "step"), kWords),
                                  SlackEscaped(LabelValue(asked.labels, "node"), kWords),
                                  SlackEscaped(LabelValue(asked.labels, kRepairLabel), kWords)));
}

json SlackNotDone(const std::string& why) {
  return ToOne("Nothing was done: " + SlackEscaped(why, kWords));
}

}  // namespace loadline::collector
