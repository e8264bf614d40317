// The pieces of which messages to Slack are made: Block Kit's blocks, within Slack's limits, of text in which nothing is
// mark-up but what is ours.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "schemas/base/clock.h"

namespace loadline::collector {

// & < > as entities; what must not be shown as it is (schemas/base/printable.h) but line breaks as spaces.
std::string SlackEscape(std::string_view text);
// Escaped text of at most `bytes`, cut neither inside a character nor inside an entity.
std::string SlackCut(std::string_view text, std::size_t bytes);
// Both, of a text in one line.
std::string SlackEscaped(std::string_view text, std::size_t bytes);
// An instant, shown in each reader's own time zone, with UTC where that cannot be done.
std::string SlackDate(Wall at);

// Of text that is escaped. Verbatim: Slack makes links and mentions only of what stands in angle brackets, which is
// ours, and not of a process that calls itself https://...
nlohmann::json SlackMarkdown(std::string text);
nlohmann::json SlackSection(std::string text);
nlohmann::json SlackContext(std::string text);
// Of text that is not escaped: it is, and cut to what Slack takes.
nlohmann::json SlackHeader(const std::string& text);
nlohmann::json SlackPlain(std::string_view text, std::size_t bytes);

}  // namespace loadline::collector
