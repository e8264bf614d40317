#include "tests/support/slack.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace loadline::test {
namespace {

using nlohmann::json;

// UTF-16 units, the strictest way to count what Slack calls characters.
std::size_t Length(const std::string& text) {
  std::size_t units = 0;
  for (const unsigned char c : text) {
    if ((c & 0xc0) != 0x80) units += (c & 0xf8) == 0xf0 ? 2 : 1;
  }
  return units;
}

// In Slack's mrkdwn a bare < opens something; only links and dates are harmless.
std::optional<std::string> WhyTextRefused(const json& text, std::size_t most, bool plain_only) {
  if (!text.is_object() || !text.contains("text") || !text["text"].is_string()) return "no text object";
  const std::string kind = text.value("type", "");
  if (plain_only ? kind != "plain_text" : kind != "mrkdwn" && kind != "plain_text")
    return "wrong text type " + kind;
  if (text.contains("verbatim") && (kind != "mrkdwn" || !text["verbatim"].is_boolean()))
    return "verbatim is a flag of mrkdwn";
  if (text.contains("emoji") && (kind != "plain_text" || !text["emoji"].is_boolean()))
    return "emoji is a flag of plain_text";
  const std::size_t length = Length(text["text"]);
  if (length < 1) return "empty text";
  if (length > most)
    return "text of " + std::to_string(length) + " characters, at most " + std::to_string(most);
  return std::nullopt;
}

std::optional<std::string> WhySectionRefused(const json& block) {
  if (!block.contains("text") && !block.contains("fields")) return "section without text and fields";
  if (block.contains("text")) {
    if (auto why = WhyTextRefused(block["text"], 3000, false)) return why;
  }
  if (!block.contains("fields")) return std::nullopt;
  if (block["fields"].empty() || block["fields"].size() > 10) return "section with other than 1 to 10 fields";
  for (const json& field : block["fields"]) {
    if (auto why = WhyTextRefused(field, 2000, false)) return why;
  }
  return std::nullopt;
}

std::optional<std::string> WhyContextRefused(const json& block) {
  if (!block.contains("elements") || block["elements"].empty() || block["elements"].size() > 10) {
    return "context with other than 1 to 10 elements";
  }
  for (const json& element : block["elements"]) {
    if (auto why = WhyTextRefused(element, 2000, false)) return why;
  }
  return std::nullopt;
}

std::optional<std::string> WhyConfirmRefused(const json& confirm) {
  static const std::map<std::string, std::size_t> kTexts = {
      {"title", 100}, {"text", 300}, {"confirm", 30}, {"deny", 30}};
  for (const auto& [key, value] : confirm.items()) {
    if (!kTexts.contains(key) && key != "style") return "unknown key of confirm: " + key;
  }
  for (const auto& [key, most] : kTexts) {
    if (auto why = WhyTextRefused(confirm.value(key, json()), most, true))
      return "confirm's " + key + ": " + *why;
  }
  return std::nullopt;
}

std::optional<std::string> WhyButtonRefused(const json& button, std::set<std::string>& actions) {
  static const std::set<std::string> kKeys = {"type",  "text",  "action_id", "url",
                                              "value", "style", "confirm"};
  if (button.value("type", "") != "button") return "unknown element type in actions";
  for (const auto& [key, value] : button.items()) {
    if (!kKeys.contains(key)) return "unknown key of a button: " + key;
  }
  if (auto why = WhyTextRefused(button.value("text", json()), 75, true)) return why;
  if (Length(button.value("url", "")) > 3000) return "url longer than 3000";
  if (Length(button.value("value", "")) > 2000) return "value longer than 2000";
  if (Length(button.value("action_id", "")) > 255) return "action_id longer than 255";
  if (button.contains("action_id") && !actions.insert(button["action_id"]).second)
    return "action_id given twice";
  const std::string style = button.value("style", "primary");
  if (style != "primary" && style != "danger") return "unknown style " + style;
  return button.contains("confirm") ? WhyConfirmRefused(button["confirm"]) : std::nullopt;
}

std::optional<std::string> WhyActionsRefused(const json& block) {
  if (!block.contains("elements") || block["elements"].empty() || block["elements"].size() > 25) {
    return "actions with other than 1 to 25 elements";
  }
  std::set<std::string> actions;
  for (const json& element : block["elements"]) {
    if (auto why = WhyButtonRefused(element, actions)) return why;
  }
  return std::nullopt;
}

std::optional<std::string> WhyBlockRefused(const json& block) {
  const std::string type = block.is_object() ? block.value("type", "") : "";
  if (block.value("block_id", "").size() > 255) return "block_id longer than 255";
  if (type == "header") return WhyTextRefused(block.value("text", json()), 150, true);
  if (type == "section") return WhySectionRefused(block);
  if (type == "context") return WhyContextRefused(block);
  if (type == "actions") return WhyActionsRefused(block);
  if (type == "divider") return std::nullopt;
  return "unknown block type '" + type + "'";
}

void CollectText(const json& value, std::string& out) {
  if (value.is_object() && value.contains("text") && value["text"].is_string()) {
    out += value["text"].get<std::string>() + "\n";
  } else if (value.is_structured()) {
    for (const json& child : value) CollectText(child, out);
  }
}

// What the first group of `wanted` holds wherever it matches.
void CollectMatches(const std::string& text, const RE2& wanted, std::vector<std::string>& out) {
  re2::StringPiece rest(text);
  std::string match;
  while (RE2::FindAndConsume(&rest, wanted, &match)) out.push_back(match);
}

// What a reader could press: links in angle brackets, and, where the text is not verbatim, what looks like an
// address or the name of a person or a channel.
void CollectLinks(const json& value, std::vector<std::string>& links) {
  static const RE2 kLink("<(https?://[^|>]*)");
  static const RE2 kInBrackets("<[^>]*>");
  static const RE2 kLooksLikeLink(R"((\w+://\S+|\w+\.[a-z]{2,}|[@#]\w+))");
  if (value.is_object() && value.value("type", "") == "mrkdwn") {
    std::string text = value.value("text", "");
    CollectMatches(text, kLink, links);
    if (value.value("verbatim", false)) return;
    RE2::GlobalReplace(&text, kInBrackets, " ");
    CollectMatches(text, kLooksLikeLink, links);
  } else if (value.is_structured()) {
    for (const json& child : value) CollectLinks(child, links);
  }
}

std::optional<json> Parsed(const std::string& body) {
  json parsed = json::parse(body, nullptr, false);
  return parsed.is_object() ? std::optional(std::move(parsed)) : std::nullopt;
}

Reply Json(json body) {
  return {.headers = {{"Content-Type", "application/json"}}, .body = body.dump()};
}

Reply Error(const std::string& name) {
  return Json({{"ok", false}, {"error", name}});
}

}  // namespace

std::optional<std::string> WhySlackRefuses(const json& message) {
  const bool has_text = message.contains("text") && message["text"].is_string() && message["text"] != "";
  if (!has_text && !message.contains("blocks")) return "no_text";
  static const std::set<std::string> kKnown = {"text",      "blocks",          "channel",      "ts",
                                               "thread_ts", "mrkdwn",          "unfurl_links", "unfurl_media",
                                               "metadata",  "reply_broadcast", "parse",        "link_names",
                                               "username",  "icon_emoji",      "icon_url"};
  for (const auto& [key, value] : message.items()) {
    if (!kKnown.contains(key)) return "invalid_arguments: " + key;
  }
  if (has_text && Length(message["text"]) > 4000) return "msg_too_long";
  if (!message.contains("blocks")) return std::nullopt;
  const json& blocks = message["blocks"];
  if (!blocks.is_array() || blocks.empty() || blocks.size() > 50)
    return "invalid_blocks: other than 1 to 50 blocks";
  for (const json& block : blocks) {
    if (auto why = WhyBlockRefused(block)) return "invalid_blocks: " + *why;
  }
  std::string all;
  CollectText(blocks, all);
  if (Length(all) > 13000) return "msg_blocks_too_long";
  return std::nullopt;
}

std::vector<std::string> Pings(const json& message) {
  static const RE2 kMention("(<(?:!(?:channel|here|everyone|subteam)|@|#)[^>]*>)");
  std::vector<std::string> pings;
  CollectMatches(VisibleText(message), kMention, pings);
  return pings;
}

std::vector<std::string> Links(const json& message) {
  std::vector<std::string> links;
  const bool bare = !message.contains("blocks");
  if (bare) CollectLinks({{"type", "mrkdwn"}, {"text", message.value("text", "")}}, links);
  if (!bare) CollectLinks(message["blocks"], links);
  return links;
}

std::string VisibleText(const json& message) {
  std::string out = message.value("text", "") + "\n";
  if (message.contains("blocks")) CollectText(message["blocks"], out);
  return out;
}

Slack::Slack(Options options)
    : options_(std::move(options)),
      tokens_(options_.burst),
      server_([this](const SeenRequest& request) { return Answer(request); }) {}

std::vector<Slack::Posted> Slack::posted() const {
  std::lock_guard lock(mutex_);
  return posted_;
}

std::vector<Mono> Slack::taken() const {
  std::lock_guard lock(mutex_);
  return taken_;
}

std::vector<json> Slack::replies() const {
  std::lock_guard lock(mutex_);
  return replies_;
}

void Slack::Delete(const std::string& ts) {
  std::lock_guard lock(mutex_);
  std::erase_if(posted_, [&](const Posted& posted) { return posted.ts == ts; });
}

bool Slack::Limited(Mono now) {
  if (options_.per_second <= 0) return false;
  if (filled_ == Mono{}) filled_ = now;
  tokens_ = std::min(options_.burst, tokens_ + Seconds(now - filled_) * options_.per_second);
  filled_ = now;
  if (tokens_ < 1) return true;
  tokens_ -= 1;
  return false;
}

Reply Slack::Answer(const SeenRequest& request) {
  std::lock_guard lock(mutex_);
  if (Limited(request.at)) {
    ++limited_;
    return {.status = 429, .headers = {{"Retry-After", "1"}}, .body = "rate_limited"};
  }
  if (request.path.starts_with("/actions/")) return Response(request);
  return request.path.starts_with("/api/") ? Api(request) : Webhook(request);
}

// Each URL is good for five answers.
Reply Slack::Response(const SeenRequest& request) {
  const int number = std::atoi(request.path.c_str() + std::string("/actions/T0/").size());
  if (number < 1 || number >= next_url_ || !request.path.ends_with("/secret"))
    return {.status = 404, .body = "no_such_url"};
  if (number <= options_.expired_urls) return {.status = 404, .body = "expired_url"};
  if (++answered_[request.path] > 5) return {.status = 404, .body = "used_url"};
  std::optional<json> reply = Parsed(request.body);
  const auto type = request.headers.find("content-type");
  if (!reply || type == request.headers.end() || !type->second.starts_with("application/json"))
    return {.status = 400, .body = "invalid_payload"};
  json message = *reply;
  const std::string kind = message.value("response_type", "ephemeral");
  for (const char* key : {"response_type", "replace_original", "delete_original"}) message.erase(key);
  const auto why = WhySlackRefuses(message);
  if (why || (kind != "ephemeral" && kind != "in_channel")) {
    ++refused_;
    return {.status = 400, .body = why.value_or("invalid_response_type")};
  }
  replies_.push_back(std::move(*reply));
  return {.headers = {{"Content-Type", "text/plain"}}, .body = "ok"};
}

Reply Slack::Webhook(const SeenRequest& request) {
  if (request.path != "/services/T0/B0/secret") return {.status = 404, .body = "no_service"};
  const std::optional<json> message = Parsed(request.body);
  const auto type = request.headers.find("content-type");
  if (!message || type == request.headers.end() || !type->second.starts_with("application/json")) {
    ++refused_;
    return {.status = 400, .body = "invalid_payload"};
  }
  if (auto why = WhySlackRefuses(*message)) {
    ++refused_;
    return {.status = 400, .body = *why};
  }
  posted_.push_back({.message = *message, .first = *message, .at = request.at, .ts = {}, .thread_ts = {}});
  taken_.push_back(request.at);
  return {.headers = {{"Content-Type", "text/html"}}, .body = "ok"};
}

Reply Slack::Api(const SeenRequest& request) {
  const auto token = request.headers.find("authorization");
  if (token == request.headers.end()) return Error("not_authed");
  if (token->second != "Bearer " + options_.token) return Error("invalid_auth");
  const std::optional<json> message = Parsed(request.body);
  if (!message) return Error("invalid_json");
  const std::string channel = message->value("channel", "");
  if (channel != "C0" && channel != "#ops") return Error("channel_not_found");
  if (auto why = WhySlackRefuses(*message)) {
    ++refused_;
    return Error(why->substr(0, why->find(':')));
  }
  if (request.path == "/api/chat.postMessage") {
    const std::string thread = message->value("thread_ts", "");
    if (!thread.empty() && std::ranges::find(posted_, thread, &Posted::ts) == posted_.end())
      return Error("thread_not_found");
    const std::string ts = "1724236500." + std::to_string(100000 + next_ts_++);
    posted_.push_back(
        {.message = *message, .first = *message, .at = request.at, .ts = ts, .thread_ts = thread});
    taken_.push_back(request.at);
    return Json({{"ok", true}, {"channel", "C0"}, {"ts", ts}, {"message", *message}});
  }
  if (request.path != "/api/chat.update") return Error("unknown_method");
  if (channel != "C0") return Error("channel_not_found");  // update wants the id, not the name
  auto it = std::ranges::find(posted_, message->value("ts", ""), &Posted::ts);
  if (it == posted_.end()) return Error("message_not_found");
  it->message = *message;
  ++it->updates;
  taken_.push_back(request.at);
  return Json({{"ok", true}, {"channel", "C0"}, {"ts", it->ts}, {"text", message->value("text", "")}});
}

}  // namespace loadline::test
