#include "tests/support/slack_press.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "collector/http/http_client.h"
#include "collector/http/signature.h"

namespace loadline::test {
namespace {

using nlohmann::json;

// As browsers encode a form.
std::string Encoded(const std::string& text) {
  constexpr const char* kHex = "0123456789ABCDEF";
  std::string out;
  for (const unsigned char c : text) {
    if (std::isalnum(c) != 0 || std::string("-_.*").find(static_cast<char>(c)) != std::string::npos) {
      out += static_cast<char>(c);
    } else if (c == ' ') {
      out += '+';
    } else {
      out += {'%', kHex[c >> 4U], kHex[c & 15U]};
    }
  }
  return out;
}

json ButtonOf(const json& message, const std::string& action) {
  for (const json& block : message.value("blocks", json::array())) {
    if (block.value("type", "") != "actions") continue;
    for (const json& element : block.at("elements")) {
      if (element.value("action_id", "") == action) return element;
    }
  }
  throw std::out_of_range("no button " + action);
}

}  // namespace

PressRequest PressOf(const json& message, const std::string& ts, const Pressing& pressing) {
  json button = pressing.forged_value ? json{{"type", "button"}, {"action_id", pressing.action}}
                                      : ButtonOf(message, pressing.action);
  if (pressing.forged_value) button["value"] = *pressing.forged_value;
  for (const char* shown : {"confirm", "style", "url"}) button.erase(shown);
  button["block_id"] = "b1";
  button["action_ts"] = "1724236501.000000";
  const json payload = {
      {"type", "block_actions"},
      {"user",
       {{"id", pressing.user},
        {"username", pressing.user_name},
        {"name", pressing.user_name},
        {"team_id", "T0"}}},
      {"api_app_id", "A0"},
      {"token", "verification"},
      {"container", {{"type", "message"}, {"message_ts", ts}, {"channel_id", "C0"}, {"is_ephemeral", false}}},
      {"trigger_id", "1.2.abc"},
      {"team", {{"id", "T0"}, {"domain", "shop"}}},
      {"channel", {{"id", "C0"}, {"name", "ops"}}},
      {"message", message},
      {"state", {{"values", json::object()}}},
      {"padding", std::string(pressing.padding, 'x')},
      {"response_url", pressing.response_url},
      {"actions", json::array({std::move(button)})}};
  return SignedPayload(payload.dump(), pressing);
}

PressRequest SignedPayload(const std::string& payload, const Pressing& pressing) {
  const Wall at = SystemClock().WallNow() - pressing.age;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  const std::string timestamp = std::to_string(seconds);
  std::string body = "payload=" + Encoded(payload);
  const std::string signature =
      "v0=" + collector::HmacSha256("v0:" + timestamp + ":" + body, Secret(pressing.secret));
  return {.headers = {"Content-Type: " + pressing.content_type, "X-Slack-Signature: " + signature,
                      "X-Slack-Request-Timestamp: " + timestamp},
          .body = std::move(body)};
}

int Send(const std::string& url, const PressRequest& request) {
  collector::HttpClient client;
  const auto answer =
      client.Do({.method = "POST", .url = url, .headers = request.headers, .body = request.body});
  return answer ? answer->status : 0;
}

}  // namespace loadline::test
