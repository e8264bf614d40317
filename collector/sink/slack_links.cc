#include "collector/sink/slack_links.h"

#include <algorithm>

#include "collector/sink/slack_blocks.h"

namespace loadline::collector {
namespace {

bool EndsAddress(char c) {
  return static_cast<unsigned char>(c) <= ' ' || std::string_view("<>|\"").find(c) != std::string_view::npos;
}

std::size_t NextAddress(std::string_view text) {
  return std::min({text.find("http://"), text.find("https://"), text.size()});
}

// Of the address at the front. A sentence may end behind it.
std::size_t AddressLength(std::string_view text) {
  auto length = static_cast<std::size_t>(std::ranges::find_if(text, EndsAddress) - text.begin());
  while (std::string_view(".,;:)!?'").find(text[length - 1]) != std::string_view::npos) --length;
  return length;
}

void AddAddresses(std::string_view text, std::vector<std::string>& addresses) {
  while (true) {
    text.remove_prefix(NextAddress(text));
    if (text.empty()) return;
    const auto end = static_cast<std::size_t>(std::ranges::find_if(text, EndsAddress) - text.begin());
    addresses.emplace_back(text.substr(0, end));
    addresses.emplace_back(text.substr(0, AddressLength(text)));
    text.remove_prefix(end);
  }
}

bool IsAddress(std::string_view text) {
  return !text.empty() && NextAddress(text) == 0 && std::ranges::none_of(text, EndsAddress);
}

// Nobody can go on with the name of the host, only with what comes behind it.
bool GoesOn(std::string_view address, std::string_view configured) {
  if (!address.starts_with(configured)) return false;
  const std::size_t host = configured.find("://") + 3;
  return configured.find('/', host) != std::string_view::npos ||
         (configured.size() > host && address.substr(configured.size()).starts_with('/'));
}

}  // namespace

std::vector<std::string> ConfiguredLinks(const Notification& notification, const std::string& page_url,
                                         const OwnTexts& own) {
  std::vector<std::string> links;
  for (const auto& text : {own.title, own.text}) {
    if (!text) continue;
    for (const std::string& piece : text->Literals()) AddAddresses(piece, links);
  }
  const auto add = [&](const std::string& url) {
    if (IsAddress(url)) links.push_back(SlackEscape(url));
  };
  add(page_url);
  for (const Alert& alert : notification.alerts) {
    add(alert.runbook);
    if (!alert.posted) continue;
    add(alert.posted->generator_url);
    for (const auto& [name, value] : alert.posted->annotations) {
      if (name.ends_with("url") || name.ends_with("link")) add(value);
    }
  }
  return links;
}

std::string WithLinks(std::string_view text, std::span<const std::string> configured) {
  std::string out;
  while (!text.empty()) {
    const std::size_t angle = std::min(text.find('<'), text.size());
    const std::size_t at = std::min(angle, NextAddress(text));
    out += text.substr(0, at);
    text.remove_prefix(at);
    if (text.empty()) break;
    // What stands in angle brackets is the template's: strangers' are escaped.
    const std::size_t length =
        at == angle ? std::min(text.find('>'), text.size() - 1) + 1 : AddressLength(text);
    const std::string_view piece = text.substr(0, length);
    const bool link = at != angle && std::ranges::any_of(configured, [&](const std::string& known) {
                        return piece == known || GoesOn(piece, known);
                      });
    if (link) out += '<';
    out += piece;
    if (link) out += '>';
    text.remove_prefix(length);
  }
  return out;
}

std::string WithoutLinks(std::string_view text) {
  constexpr std::string_view kNoWidth = "\u200b";
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    const bool joined = i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) > ' ';
    if (joined && std::string_view(".:@#").find(text[i]) != std::string_view::npos) out += kNoWidth;
  }
  return out;
}

}  // namespace loadline::collector
