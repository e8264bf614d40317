#include "collector/sink/slack_shown.h"

#include <fmt/core.h>

#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "collector/sink/written_json.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// <!date^...|what older programs show> and <URL|words> as a reader sees them.
std::string WithoutAngles(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t open = text.find('<');
    const std::size_t close = open == std::string_view::npos ? open : text.find('>', open);
    if (close == std::string_view::npos) break;
    const std::string_view inside = text.substr(open + 1, close - open - 1);
    out += text.substr(0, open);
    const std::size_t bar = inside.rfind('|');
    if (bar == std::string_view::npos) {
      out += inside;
    } else if (inside.starts_with("!")) {
      out += inside.substr(bar + 1);
    } else {
      out += fmt::format("{} ({})", inside.substr(bar + 1), inside.substr(0, bar));
    }
    text.remove_prefix(close + 1);
  }
  return out.append(text);
}

std::string Readable(const json& text) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kEntities = {
      {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}}};
  std::string out = WithoutAngles(text.value("text", ""));
  for (const auto& [entity, character] : kEntities) {
    for (std::size_t at = 0; (at = out.find(entity, at)) != std::string::npos; at += character.size())
      out.replace(at, entity.size(), character);
  }
  return out;
}

std::string ElementText(const json& element) {
  if (element.value("type", "") != "button") return Readable(element);
  const std::string words = fmt::format("[{}]", Readable(element.at("text")));
  return element.contains("url") ? words + " " + element["url"].get<std::string>() : words;
}

std::string BlockText(const json& block) {
  std::string text;
  if (block.contains("text")) text = Readable(block["text"]) + "\n";
  if (block.value("type", "") == "header") text += std::string(text.size() - 1, '=') + "\n";
  for (const char* list : {"fields", "elements"}) {
    if (!block.contains(list)) continue;
    for (const json& item : block[list]) text += ElementText(item) + "\n";
  }
  return text;
}

}  // namespace

ShownMessage ShownSlackMessage(const json& message) {
  std::string text;
  for (const json& block : message.value("blocks", json::array()))
    text += (text.empty() ? "" : "\n") + BlockText(block);
  return {.text = std::move(text), .body = Written(message)};
}

}  // namespace loadline::collector
