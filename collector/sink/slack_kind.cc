// Slack in Alertmanager's language: an incoming webhook, or an app's token. Alertmanager has two ways to
// name a token: app_token, or the authorization of an api_url that is chat.postMessage's.
#include <string_view>

#include "collector/alert_file/section_checks.h"
#include "collector/sink/sink_kind.h"
#include "collector/sink/slack_bot.h"
#include "collector/sink/slack_webhook.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kPostMessage = "/chat.postMessage";

SlackMessageOptions TextsOf(const IntegrationConfig& config, const std::string& page_url) {
  return {.page_url = page_url, .own = {.title = TextOf(config, "title"), .text = TextOf(config, "text")}};
}

Result<std::unique_ptr<Sink>> MakeBot(const IntegrationConfig& config, bool by_app, const SinkParts& parts) {
  const std::string token = by_app ? "app_token" : "http_config.authorization.credentials";
  SlackBotOptions options{.token = ValueOf(config, token),
                          .token_file = ValueOf(config, token + "_file"),
                          .channel = ValueOf(config, "channel"),
                          .edit = ValueOf(config, "update_message", "true") != "false",
                          .message = TextsOf(config, parts.page_url)};
  std::string url = ValueOf(config, by_app ? "app_url" : "api_url");
  if (url.ends_with(kPostMessage)) url.resize(url.size() - kPostMessage.size());
  if (!url.empty()) options.api.url = url;
  if (options.channel.empty()) return Failure(ErrorKind::kInvalid, "a bot token needs a channel");
  if (options.token.empty() && options.token_file.empty()) {
    return Failure(ErrorKind::kInvalid,
                   "chat.postMessage needs a token: app_token_file, or "
                   "http_config.authorization.credentials_file");
  }
  return std::make_unique<SlackBot>(std::move(options), parts.clock);
}

Result<std::unique_ptr<Sink>> Make(const IntegrationConfig& config, const SinkParts& parts) {
  const std::string url = ValueOf(config, "api_url");
  const bool by_app = !(ValueOf(config, "app_token") + ValueOf(config, "app_token_file")).empty();
  if (by_app || url.ends_with(kPostMessage)) return MakeBot(config, by_app, parts);
  return std::make_unique<SlackWebhook>(SlackWebhookOptions{.url = url,
                                                            .url_file = ValueOf(config, "api_url_file"),
                                                            .message = TextsOf(config, parts.page_url)},
                                        parts.clock);
}

void Check(const YamlMap& map, const KeyValues& values) {
  ListOfWords(map, "mrkdwn_in");
  Elements(map, "fields", [&](const YAML::Node& field) {
    OnlyKeys(map, field, "fields", {"title", "value", "short"});
    if (!Says(field, "title") || !Says(field, "value"))
      map.Fail("fields", "a field needs a title and a value");
  });
  Elements(map, "actions", [&](const YAML::Node& action) {
    OnlyKeys(map, action, "actions", {"type", "text", "url", "style", "name", "value", "confirm"});
    const YAML::Node confirm = action["confirm"].IsDefined() ? action["confirm"] : YAML::Node();
    OnlyKeys(map, confirm, "confirm", {"text", "title", "ok_text", "dismiss_text"});
    if (confirm.IsMap() && !Says(confirm, "text")) map.Fail("actions", "a confirmation needs a text");
    if (!Says(action, "type") || !Says(action, "text"))
      map.Fail("actions", "an action needs a type and a text");
    if (!Says(action, "url") && !Says(action, "name")) map.Fail("actions", "an action needs a url or a name");
  });
  const auto given = [&](const char* key) {
    const auto value = values.find(key);
    return value == values.end() ? std::string_view() : std::string_view(value->second);
  };
  const bool by_app = !given("app_token").empty() || !given("app_token_file").empty();
  if (given("update_message") == "true" && !by_app && !given("api_url").ends_with(kPostMessage)) {
    map.Fail(
        "update_message",
        "only an app may change its messages: api_url must be https://slack.com/api/chat.postMessage, or "
        "app_token be given");
  }
}

// An app's token and a webhook's URL are two ways to one channel, as Alertmanager has it; a URL that is the
// app's own names no webhook.
void CheckGlobal(const YamlMap& map, const KeyValues& global) {
  const auto value = [&](const char* key) {
    const auto found = global.find(key);
    return found == global.end() ? std::string() : found->second;
  };
  const bool by_app = !value("slack_app_token").empty() || !value("slack_app_token_file").empty();
  std::string app_url = value("slack_app_url");
  if (app_url.empty()) app_url = "https://slack.com/api/chat.postMessage";
  const bool by_url = !value("slack_api_url").empty() && value("slack_api_url") != app_url;
  if (by_app && (by_url || !value("slack_api_url_file").empty()))
    map.Fail("only one of slack_app_token and slack_api_url");
}

}  // namespace

namespace kinds {

SinkKind Slack() {
  using enum KeyType;
  return {.section = {.name = "slack",
                      .send_resolved = false,
                      .keys = Keys({{kUrl, {"api_url"}},
                                    {kSecret, {"app_token"}},
                                    {kFile, {"api_url_file", "app_token_file"}},
                                    {kLink, {"app_url", "icon_url", "image_url", "thumb_url"}},
                                    {kTemplate, {"title", "text"}},
                                    {kText,
                                     {"channel", "username", "color", "title_link", "pretext", "fields",
                                      "footer", "fallback", "callback_id", "icon_emoji", "mrkdwn_in",
                                      "actions", "message_text"}},
                                    {kFlag, {"short_fields", "link_names", "update_message"}},
                                    {kDuration, {"timeout"}},
                                    {kHttp, {"http_config"}}}),
                      .needs = {{.own = {"api_url", "api_url_file", "app_token", "app_token_file"},
                                 .global = {"slack_api_url", "slack_api_url_file", "slack_app_token",
                                            "slack_app_token_file"},
                                 .what = "no Slack URL or token, neither here nor in global"}},
                      .global = Keys({{kUrl, {"slack_api_url", "slack_app_url"}},
                                      {kSecret, {"slack_app_token"}},
                                      {kFile, {"slack_api_url_file", "slack_app_token_file"}}}),
                      .check = Check,
                      .check_global = CheckGlobal,
                      .obeyed = {"http_config.authorization.credentials"}},
          .make = Make};
}

}  // namespace kinds
}  // namespace loadline::collector
