#include "collector/sink/slack_blocks.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "collector/alert_text/alert_words.h"
#include "collector/sink/entities.h"
#include "schemas/base/printable.h"

namespace loadline::collector {

using nlohmann::json;

std::string SlackEscape(std::string_view text) {
  return WithEntities(text, QuotesToo::kNo);
}

std::string SlackCut(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  std::string cut = Cut(text, bytes);
  // An entity is at most five bytes: an & without its ; near the end was cut through.
  const std::size_t start = cut.rfind('&');
  if (start != std::string::npos && cut.find(';', start) == std::string::npos)
    cut = cut.substr(0, start) + "...";
  return cut;
}

std::string SlackEscaped(std::string_view text, std::size_t bytes) {
  return SlackCut(SlackEscape(OneLine(text)), bytes);
}

std::string SlackDate(Wall at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  return fmt::format("<!date^{}^{{date_short_pretty}} {{time_secs}}|{}>", seconds, Utc(at));
}

json SlackMarkdown(std::string text) {
  return {{"type", "mrkdwn"}, {"text", std::move(text)}, {"verbatim", true}};
}

json SlackSection(std::string text) {
  return {{"type", "section"}, {"text", SlackMarkdown(std::move(text))}};
}

json SlackContext(std::string text) {
  return {{"type", "context"}, {"elements", json::array({SlackMarkdown(std::move(text))})}};
}

json SlackHeader(const std::string& text) {
  constexpr std::size_t kHeader = 150;
  return {{"type", "header"}, {"text", SlackPlain(text, kHeader)}};
}

json SlackPlain(std::string_view text, std::size_t bytes) {
  return {{"type", "plain_text"}, {"text", SlackEscaped(text, bytes)}, {"emoji", false}};
}

}  // namespace loadline::collector
