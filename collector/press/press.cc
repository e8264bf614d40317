#include "collector/press/press.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "collector/press/button.h"
#include "schemas/base/foreign_json.h"
#include "schemas/base/json_fields.h"
#include "schemas/base/printable.h"

namespace loadline::collector {
namespace {

using nlohmann::json;

// Slack's own bounds of what a button has.
constexpr std::size_t kLongestAction = 255;
constexpr std::size_t kLongestValue = 2'000;
constexpr std::size_t kLongestUser = 30;
constexpr std::size_t kLongestName = 60;
constexpr std::size_t kLongestTs = 30;
constexpr std::size_t kLongestUrl = 1'000;

// What is no text, or too long for one that Slack wrote, is none.
std::string ShortText(const json& object, const char* key, std::size_t most) {
  const json& value = Part(object, key);
  if (!value.is_string() || value.get_ref<const std::string&>().size() > most) return "";
  return value.get<std::string>();
}

// A name that people gave themselves, for one line.
std::string Shown(const json& object, const char* key) {
  const json& value = Part(object, key);
  return value.is_string() ? Spaced(Cut(value.get_ref<const std::string&>(), kLongestName)) : "";
}

std::string FirstOf(std::string one, std::string other) {
  return one.empty() ? std::move(other) : std::move(one);
}

bool IsTs(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return std::isdigit(c) != 0 || c == '.'; });
}

// Nothing: no button of ours, or a link.
std::optional<Press> PressOf(const json& action) {
  const std::string id = ShortText(action, "action_id", kLongestAction);
  Press press{.name = ShortText(action, "value", kLongestValue), .user = {}};
  const auto silence = std::ranges::find(kSilenceButtons, id, &SilenceButton::action);
  if (silence != kSilenceButtons.end()) {
    press.lasts = silence->lasts;
  } else if (id.starts_with(kApproveAction)) {
    press.what = Press::What::kApprove;
  } else if (id.starts_with(kRefuseAction)) {
    press.what = Press::What::kRefuse;
  } else {
    return std::nullopt;
  }
  return press.name.empty() ? std::nullopt : std::optional(std::move(press));
}

}  // namespace

std::string Press::Who() const {
  return user_name.empty() ? "Slack " + user : fmt::format("{} (Slack {})", user_name, user);
}

Result<std::optional<Press>> ReadPress(std::string_view payload) {
  const json said = ParseMended(payload);
  if (!said.is_object() || !Part(said, "type").is_string())
    return Failure(ErrorKind::kInvalid, "the payload is none of Slack's");
  if (said["type"] != "block_actions") return std::nullopt;
  const json& actions = Part(said, "actions");
  if (!actions.is_array() || actions.empty())
    return Failure(ErrorKind::kInvalid, "the payload names no action");
  std::optional<Press> press = PressOf(actions[0]);
  if (!press) return std::nullopt;
  const json& user = Part(said, "user");
  press->user = ShortText(user, "id", kLongestUser);
  if (!IsSlackUser(press->user))
    return Failure(ErrorKind::kInvalid, "the payload does not say who pressed the button");
  press->user_name = FirstOf(Shown(user, "username"), Shown(user, "name"));
  const json& channel = Part(said, "channel");
  press->channel = FirstOf(Shown(channel, "name"), Shown(channel, "id"));
  press->message_ts = ShortText(Part(said, "container"), "message_ts", kLongestTs);
  if (!IsTs(press->message_ts)) press->message_ts.clear();
  press->response_url = ShortText(said, "response_url", kLongestUrl);
  return press;
}

bool IsSlackUser(std::string_view id) {
  return id.size() > 1 && id.size() <= kLongestUser && (id[0] == 'U' || id[0] == 'W') &&
         std::ranges::all_of(id,
                             [](unsigned char c) { return std::isdigit(c) != 0 || std::isupper(c) != 0; });
}

bool IsBelow(std::string_view url, std::string_view base) {
  const auto of_a_path = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view("/-_.~%=").find(static_cast<char>(c)) != std::string_view::npos;
  };
  return base.ends_with('/') && url.size() > base.size() && url.size() <= kLongestUrl &&
         url.starts_with(base) && std::ranges::all_of(url.substr(base.size()), of_a_path);
}

}  // namespace loadline::collector
