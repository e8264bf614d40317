#include "tests/support/ms_teams.h"

#include <re2/re2.h>

#include "tests/support/json_schema.h"

namespace loadline::test {
namespace {

using nlohmann::json;

constexpr std::size_t kMostBytes = 28 * 1024;

void CheckBlock(const json& block, std::vector<std::string>& wrong) {
  Check(block,
        {{"type", OneOf({"TextBlock"})},
         {"text", Text(1)},
         {"weight", OneOf({"Default", "Lighter", "Bolder"})},
         {"size", OneOf({"Small", "Default", "Medium", "Large", "ExtraLarge"})},
         {"wrap", Flag()},
         {"style", OneOf({"default", "heading"})},
         {"color", OneOf({"Default", "Dark", "Light", "Accent", "Good", "Warning", "Attention"})}},
        {"type", "text"}, "block", wrong);
}

void CheckCard(const json& card, std::vector<std::string>& wrong) {
  Check(card,
        {{"$schema", OneOf({"http://adaptivecards.io/schemas/adaptive-card.json"})},
         {"type", OneOf({"AdaptiveCard"})},
         {"version", OneOf({"1.0", "1.1", "1.2", "1.3", "1.4", "1.5"})},
         {"body", List()},
         {"msteams", Object()}},
        {"type", "version", "body"}, "card", wrong);
  if (!wrong.empty()) return;
  for (const json& block : card["body"]) CheckBlock(block, wrong);
  if (card.contains("msteams"))
    Check(card["msteams"], {{"width", OneOf({"full", "Full"})}}, {}, "msteams", wrong);
}

}  // namespace

std::vector<std::string> WhatTeamsRefuses(const json& message) {
  std::vector<std::string> wrong;
  Check(message, {{"type", OneOf({"message"})}, {"attachments", List(10)}}, {"type", "attachments"},
        "message", wrong);
  if (!wrong.empty()) return wrong;
  const ValueCheck nothing = [](const json& value) -> std::string {
    return value.is_null() ? "" : "is not null";
  };
  for (const json& attachment : message["attachments"]) {
    Check(attachment,
          {{"contentType", OneOf({"application/vnd.microsoft.card.adaptive"})},
           {"contentUrl", nothing},
           {"content", Object()}},
          {"contentType", "content"}, "attachment", wrong);
    if (wrong.empty()) CheckCard(attachment["content"], wrong);
  }
  return wrong;
}

std::vector<std::string> TeamsLinks(const json& message) {
  static const RE2 kLink(R"(\]\(([^)]*)\))");
  std::vector<std::string> links;
  for (const json& block : message["attachments"][0]["content"]["body"]) {
    const std::string text = block["text"];
    re2::StringPiece rest(text);
    std::string link;
    while (RE2::FindAndConsume(&rest, kLink, &link)) links.push_back(link);
  }
  return links;
}

std::vector<json> MsTeams::posted() const {
  const std::lock_guard lock(mutex_);
  return posted_;
}

std::vector<std::string> MsTeams::complaints() const {
  const std::lock_guard lock(mutex_);
  return complaints_;
}

Reply MsTeams::Answer(const SeenRequest& request) {
  const std::lock_guard lock(mutex_);
  if (request.method != "POST" || request.path.find("sig=s3cret") == std::string::npos)
    return {.status = 401, .body = R"({"error":{"code":"DirectApiAuthorizationRequired"}})"};
  if (request.body.size() > kMostBytes) return {.status = 413, .body = "Request Entity Too Large"};
  const json message = json::parse(request.body, nullptr, false);
  const std::vector<std::string> wrong =
      message.is_discarded() ? std::vector<std::string>{"no JSON"} : WhatTeamsRefuses(message);
  complaints_.insert(complaints_.end(), wrong.begin(), wrong.end());
  if (!wrong.empty()) return {.status = 400, .body = R"({"error":{"code":"InvalidBotAdaptiveCard"}})"};
  posted_.push_back(message);
  return {.status = 202};
}

}  // namespace loadline::test
