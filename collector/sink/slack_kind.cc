// Slack in Alertmanager's language: an incoming webhook, or an app's token. Alertmanager has two ways to
// name a token: app_token, or the authorization of an api_url that is chat.postMessage's.
#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "collector/alert_file/section_checks.h"
#include "collector/sink/http_config.h"
#include "collector/sink/sink_kind.h"
#include "collector/sink/slack_bot.h"
#include "collector/sink/slack_webhook.h"

namespace loadline::collector {
namespace {

constexpr std::string_view kPostMessage = "/chat.postMessage";
constexpr std::string_view kBraces = "{{";
// Of a message in Alertmanager's form, whose place is taken by blocks of our own.
constexpr std::array kIgnored = {"color",       "title_link", "pretext",      "fields",       "footer",
                                 "fallback",    "image_url",  "thumb_url",    "mrkdwn_in",    "actions",
                                 "callback_id", "link_names", "short_fields", "message_text", "timeout"};

SlackMessageOptions TextsOf(const IntegrationConfig& config, const SinkParts& parts) {
  const bool heard = ValueOf(config, "buttons", "true") != "false";
  return {.page_url = parts.page_url,
          .own = {.title = TextOf(config, "title"), .text = TextOf(config, "text")},
          .buttons = heard ? parts.buttons : PressButtons{}};
}

// Of a webhook of the old kind, and of programs that speak like Slack, which let the message say where it goes.
std::map<std::string, TextTemplate> PlaceOf(const IntegrationConfig& config) {
  std::map<std::string, TextTemplate> place;
  for (const char* key : {"channel", "username", "icon_emoji", "icon_url"}) {
    if (std::optional<TextTemplate> text = TextOf(config, key)) place.emplace(key, std::move(*text));
  }
  return place;
}

bool IsByLabels(const IntegrationConfig& config) {
  return ValueOf(config, "channel").find(kBraces) != std::string::npos;
}

Result<std::unique_ptr<Sink>> MakeBot(const IntegrationConfig& config, bool by_app, HttpWayOptions way,
                                      const SinkParts& parts) {
  const std::string token = by_app ? "app_token" : "http_config.authorization.credentials";
  SlackBotOptions options{.token = ValueOf(config, token),
                          .token_file = ValueOf(config, token + "_file"),
                          .channel = ValueOf(config, "channel"),
                          .edit = ValueOf(config, "update_message", "true") != "false" ||
                                  ValueOf(config, "post_updates_to_thread") == "true",
                          .api = {.way = std::move(way)},
                          .message = TextsOf(config, parts)};
  std::string url = ValueOf(config, by_app ? "app_url" : "api_url");
  if (url.ends_with(kPostMessage)) url.resize(url.size() - kPostMessage.size());
  if (!url.empty()) options.api.url = url;
  if (IsByLabels(config)) {
    options.channel.clear();
    options.channel_template = TextOf(config, "channel");
  }
  return std::make_unique<SlackBot>(std::move(options), parts.clock);
}

Result<std::unique_ptr<Sink>> Make(const IntegrationConfig& config, const SinkParts& parts) {
  const std::string url = ValueOf(config, "api_url");
  const bool by_app = !(ValueOf(config, "app_token") + ValueOf(config, "app_token_file")).empty();
  Result<HttpWayOptions> way = HttpWayOf(config);
  if (!way) return Failure(way.error());
  if (by_app || url.ends_with(kPostMessage)) return MakeBot(config, by_app, std::move(*way), parts);
  return std::make_unique<SlackWebhook>(SlackWebhookOptions{.url = url,
                                                            .url_file = ValueOf(config, "api_url_file"),
                                                            .message = TextsOf(config, parts),
                                                            .place = PlaceOf(config),
                                                            .place_by_labels = IsByLabels(config),
                                                            .way = std::move(*way)},
                                        parts.clock);
}

bool ByApp(const KeyValues& values) {
  const auto given = [&](const char* key) { return values.contains(key) && !values.at(key).empty(); };
  return given("app_token") || given("app_token_file");
}

bool PostsMessages(const KeyValues& values) {
  return values.contains("api_url") && values.at("api_url").ends_with(kPostMessage);
}

// What the way that was chosen cannot do without, and Alertmanager finds out when it sends.
std::vector<KeyDoubt> Doubts(const KeyValues& values, const TemplateSetPtr& templates) {
  if (!ByApp(values) && !PostsMessages(values)) return {};
  std::vector<KeyDoubt> doubts;
  const auto given = [&](const std::string& key) { return values.contains(key) && !values.at(key).empty(); };
  const std::string credentials = "http_config.authorization.credentials";
  if (!ByApp(values) && !given(credentials) && !given(credentials + "_file")) {
    doubts.emplace_back(
        "api_url",
        "chat.postMessage needs a token: app_token_file, or http_config.authorization.credentials_file");
  }
  if (!given("channel")) {
    doubts.emplace_back("channel", "a bot token needs a channel");
  } else if (const auto parsed = TextTemplate::Parse(values.at("channel"), templates); !parsed) {
    doubts.emplace_back("channel", parsed.error().message);
  }
  return doubts;
}

// Of how it is reached, without what `global` gives.
KeyValues OwnValues(const YamlMap& map) {
  KeyValues own;
  for (const char* key : {"app_token", "app_token_file"}) own[key] = Word(map.node(), key);
  return own;
}

void Check(const YamlMap& map, const KeyValues& values) {
  ListOfWords(map, "mrkdwn_in");
  CheckFields(map, true);
  Elements(map, "actions", [&](const YAML::Node& action) {
    OnlyKeys(map, action, "actions", {"type", "text", "url", "style", "name", "value"}, {"confirm"});
    if (action.IsNull()) return;
    const YAML::Node confirm = action["confirm"].IsDefined() ? action["confirm"] : YAML::Node();
    OnlyKeys(map, confirm, "confirm", {"text", "title", "ok_text", "dismiss_text"});
    if (confirm.IsMap() && !Says(confirm, "text")) map.Fail("actions", "a confirmation needs a text");
    if (!Says(action, "type") || !Says(action, "text"))
      map.Fail("actions", "an action needs a type and a text");
    if (!Says(action, "url") && !Says(action, "name")) map.Fail("actions", "an action needs a url or a name");
  });
  const bool bot = ByApp(values) || PostsMessages(values);
  // The token of `global` is not for a section that has credentials of its own.
  const bool own_way =
      Says(map.node(), "api_url") || Says(map.node(), "api_url_file") || ByApp(OwnValues(map));
  if (!own_way && ByApp(values) && Says(Inner(map, "http_config"), "authorization"))
    map.Fail("no Slack URL for the credentials of http_config, neither here nor in global");
  for (const char* key : {"update_message", "post_updates_to_thread"}) {
    if (bot || !values.contains(key) || values.at(key) != "true") continue;
    map.Fail(
        key,
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
                                    {kUrl, {"app_url"}},
                                    {kLink, {"icon_url", "image_url", "thumb_url"}},
                                    {kTemplate, {"title", "text"}},
                                    {kText,
                                     {"channel", "username", "color", "title_link", "pretext", "footer",
                                      "fallback", "callback_id", "icon_emoji", "message_text"}},
                                    {kList, {"fields", "actions", "mrkdwn_in"}},
                                    {kFlag,
                                     {"short_fields", "link_names", "update_message",
                                      "post_updates_to_thread", "buttons"}},
                                    {kTimeout, {"timeout"}},
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
                      .ignores =
                          [](const std::string& key) {
                            const std::string outer = key.substr(0, key.find('.'));
                            return std::ranges::find(kIgnored, outer) != kIgnored.end();
                          },
                      .doubts = Doubts},
          .make = Make};
}

}  // namespace kinds
}  // namespace loadline::collector
