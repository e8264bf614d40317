// Kinds of receivers that Alertmanager speaks and we do not: a row each.
#include <fmt/core.h>

#include "collector/alert_file/integration_kind.h"
#include "collector/alert_file/section_checks.h"

namespace loadline::collector {
namespace {

using enum KeyType;

void CheckPushover(const YamlMap& map, const KeyValues& /*values*/) {
  AtMostOne(map, map.node(), {"html", "monospace"});
}

void CheckSns(const YamlMap& map, const KeyValues& /*values*/) {
  int given = 0;
  for (const char* key : {"target_arn", "topic_arn", "phone_number"}) given += Says(map.node(), key) ? 1 : 0;
  // Alertmanager's condition is an exclusive or, which three make true again.
  if (given % 2 == 0) map.Fail("one of target_arn, topic_arn and phone_number must be given");
  const YAML::Node sigv4 = Inner(map, "sigv4");
  OnlyKeys(map, sigv4, "sigv4",
           {"region", "access_key", "secret_key", "profile", "role_arn", "external_id", "session_name",
            "use_fips_sts_endpoint", "service_name"},
           {"tags"});
  if (Says(sigv4, "access_key") != Says(sigv4, "secret_key"))
    map.Fail("sigv4: access_key and secret_key are given together or not at all");
}

void CheckTelegram(const YamlMap& map, const KeyValues& /*values*/) {
  static const std::set<std::string> kModes = {"", "Markdown", "MarkdownV2", "HTML"};
  if (const std::string mode = Word(map.node(), "parse_mode"); !kModes.contains(mode))
    map.Fail("parse_mode", fmt::format("'{}' is none of Markdown, MarkdownV2 and HTML", mode));
  if (Word(map.node(), "chat_id") == "0") map.Fail("missing chat");
}

void CheckVictorops(const YamlMap& map, const KeyValues& /*values*/) {
  static const std::set<std::string> kReserved = {"routing_key",         "message_type",    "state_message",
                                                  "entity_display_name", "monitoring_tool", "entity_id",
                                                  "entity_state"};
  const YAML::Node fields = Inner(map, "custom_fields");
  if (!fields.IsMap()) return;
  for (const auto& entry : fields) {
    if (kReserved.contains(entry.first.Scalar()))
      map.Fail("custom_fields", fmt::format("'{}' is reserved", entry.first.Scalar()));
  }
}

void CheckWechat(const YamlMap& map, const KeyValues& values) {
  OneOf(map, "message_type", {"text", "markdown"}, values);
}

void CheckWebex(const YamlMap& map, const KeyValues& /*values*/) {
  if (!Says(Inner(map, "http_config"), "authorization")) map.Fail("http_config.authorization is needed");
}

void CheckRocketchat(const YamlMap& map, const KeyValues& /*values*/) {
  CheckFields(map, false);
  Elements(map, "actions", [&](const YAML::Node& action) {
    OnlyKeys(map, action, "actions",
             {"type", "text", "url", "imageurl", "iswebview", "webviewheightratio", "msg", "msginchatwindow",
              "msgprocessingtype"});
    if (action.IsNull()) return;
    for (const char* flag : {"iswebview", "msginchatwindow"}) ExpectFlag(map, action, flag);
  });
}

void CheckMattermost(const YamlMap& map, const KeyValues& /*values*/) {
  CheckFields(map, true);
  Elements(map, "attachments", [&](const YAML::Node& attachment) {
    OnlyKeys(map, attachment, "attachments",
             {"fallback", "color", "pretext", "text", "author_name", "author_link", "author_icon", "title",
              "title_link", "thumb_url", "footer", "footer_icon", "image_url"},
             {"fields"});
    if (attachment.IsMap()) CheckFields(YamlMap(attachment, map.what() + ": attachments"), true);
  });
  OnlyKeys(map, Inner(map, "props"), "props", {"card"});
  const YAML::Node priority = Inner(map, "priority");
  OnlyKeys(map, priority, "priority", {"priority", "requested_ack", "persistent_notifications"});
  if (!priority.IsMap()) return;
  for (const char* flag : {"requested_ack", "persistent_notifications"}) ExpectFlag(map, priority, flag);
}

// summary and description are a text, or a mapping with the text as `template`.
void CheckJira(const YamlMap& map, const KeyValues& /*values*/) {
  ListOfWords(map, "labels");
  for (const char* key : {"summary", "description"}) {
    const YAML::Node text = Inner(map, key);
    if (!text.IsDefined() || text.IsScalar()) continue;
    OnlyKeys(map, text, key, {"template", "enable_update"});
    if (text.IsMap()) ExpectFlag(map, text, "enable_update");
  }
}

KeyNeed OneUrl(const std::string& key) {
  const std::string file = key + "_file";
  return {.own = {key, file},
          .global = {"", ""},
          .what = fmt::format("one of {} and {} must be given", key, file)};
}

std::vector<IntegrationKind> Rows() {
  return {
      {.name = "victorops",
       .keys = Keys({{kSecret, {"api_key", "routing_key"}},
                     {kFile, {"api_key_file"}},
                     {kUrl, {"api_url"}},
                     {kText, {"message_type", "state_message", "entity_display_name", "monitoring_tool"}},
                     {kMapping, {"custom_fields"}},
                     {kHttp, {"http_config"}}}),
       .needs = {{.own = {"api_key", "api_key_file"},
                  .global = {"victorops_api_key", "victorops_api_key_file"},
                  .what = "no VictorOps API key, neither here nor in global"},
                 {.own = {"routing_key"}, .global = {""}, .what = "missing routing key"}},
       .global = Keys({{kSecret, {"victorops_api_key"}},
                       {kFile, {"victorops_api_key_file"}},
                       {kUrl, {"victorops_api_url"}}}),
       .check = CheckVictorops},
      {.name = "pushover",
       .keys = Keys({{kSecret, {"user_key", "token"}},
                     {kFile, {"user_key_file", "token_file"}},
                     {kLink, {"url"}},
                     {kText, {"title", "message", "url_title", "device", "sound", "priority"}},
                     {kTimeout, {"retry", "expire", "ttl"}},
                     {kFlag, {"html", "monospace"}},
                     {kHttp, {"http_config"}}}),
       .needs = {{.own = {"user_key", "user_key_file"}, .global = {"", ""}, .what = "missing user key"},
                 {.own = {"token", "token_file"}, .global = {"", ""}, .what = "missing token"}},
       .check = CheckPushover},
      {.name = "wechat",
       .send_resolved = false,
       .keys =
           Keys({{kSecret, {"api_secret"}},
                 {kFile, {"api_secret_file"}},
                 {kUrl, {"api_url"}},
                 {kText, {"corp_id", "message", "to_user", "to_party", "to_tag", "agent_id", "message_type"}},
                 {kHttp, {"http_config"}}}),
       .needs = {{.own = {"api_secret", "api_secret_file"},
                  .global = {"wechat_api_secret", "wechat_api_secret_file"},
                  .what = "no WeChat secret, neither here nor in global"},
                 {.own = {"corp_id"},
                  .global = {"wechat_api_corp_id"},
                  .what = "no WeChat corporation, neither here nor in global"}},
       .global = Keys({{kSecret, {"wechat_api_secret"}},
                       {kFile, {"wechat_api_secret_file"}},
                       {kUrl, {"wechat_api_url"}},
                       {kText, {"wechat_api_corp_id"}}}),
       .check = CheckWechat},
      {.name = "telegram",
       .keys = Keys({{kSecret, {"bot_token"}},
                     {kFile, {"bot_token_file", "chat_id_file"}},
                     {kUrl, {"api_url"}},
                     {kWhole, {"chat_id", "message_thread_id"}},
                     {kText, {"message", "parse_mode"}},
                     {kFlag, {"disable_notifications"}},
                     {kTimeout, {"timeout"}},
                     {kHttp, {"http_config"}}}),
       .needs = {{.own = {"bot_token", "bot_token_file"},
                  .global = {"telegram_bot_token", "telegram_bot_token_file"},
                  .what = "no bot token, neither here nor in global"},
                 {.own = {"chat_id", "chat_id_file"}, .global = {"", ""}, .what = "missing chat"}},
       .global = Keys({{kSecret, {"telegram_bot_token"}},
                       {kFile, {"telegram_bot_token_file"}},
                       {kUrl, {"telegram_api_url"}}}),
       .check = CheckTelegram},
      {.name = "sns",
       .keys = Keys({{kLink, {"api_url"}},
                     {kText, {"topic_arn", "phone_number", "target_arn", "subject", "message"}},
                     {kMapping, {"attributes"}},
                     {kTree, {"sigv4"}},
                     {kFlag, {"use_aws_http_client"}},
                     {kHttp, {"http_config"}}}),
       .check = CheckSns},
      {.name = "discord",
       .keys = Keys({{kUrl, {"webhook_url"}},
                     {kFile, {"webhook_url_file"}},
                     {kLink, {"avatar_url"}},
                     {kText, {"content", "title", "message", "username"}},
                     {kHttp, {"http_config"}}}),
       .needs = {OneUrl("webhook_url")}},
      {.name = "msteams",
       .keys = Keys({{kUrl, {"webhook_url"}},
                     {kFile, {"webhook_url_file"}},
                     {kText, {"title", "summary", "text"}},
                     {kHttp, {"http_config"}}}),
       .needs = {OneUrl("webhook_url")}},
      {.name = "webex",
       .keys = Keys({{kUrl, {"api_url"}}, {kText, {"message", "room_id"}}, {kHttp, {"http_config"}}}),
       .needs = {{.own = {"room_id"}, .global = {""}, .what = "missing room_id"}},
       .global = Keys({{kUrl, {"webex_api_url"}}}),
       .check = CheckWebex},
      {.name = "jira",
       .keys = Keys({{kUrl, {"api_url"}},
                     {kText,
                      {"api_type", "project", "priority", "issue_type", "reopen_transition",
                       "resolve_transition", "wont_fix_resolution"}},
                     {kAny, {"summary", "description"}},
                     {kList, {"labels"}},
                     {kTree, {"fields"}},
                     {kDuration, {"reopen_duration"}},
                     {kHttp, {"http_config"}}}),
       .needs = {{.own = {"project"}, .global = {""}, .what = "missing project"},
                 {.own = {"issue_type"}, .global = {""}, .what = "missing issue_type"},
                 {.own = {"api_url"},
                  .global = {"jira_api_url"},
                  .what = "no Jira URL, neither here nor in global"}},
       .global = Keys({{kUrl, {"jira_api_url"}}}),
       .check = CheckJira},
      {.name = "rocketchat",
       .send_resolved = false,
       .keys = Keys({{kSecret, {"token", "token_id"}},
                     {kFile, {"token_file", "token_id_file"}},
                     {kUrl, {"api_url"}},
                     {kLink, {"icon_url", "image_url", "thumb_url"}},
                     {kText, {"channel", "color", "title", "title_link", "text", "emoji", "message_text"}},
                     {kList, {"fields", "actions"}},
                     {kFlag, {"short_fields", "link_names"}},
                     {kHttp, {"http_config"}}}),
       .needs = {{.own = {"token", "token_file"},
                  .global = {"rocketchat_token", "rocketchat_token_file"},
                  .what = "no Rocket.Chat token, neither here nor in global"},
                 {.own = {"token_id", "token_id_file"},
                  .global = {"rocketchat_token_id", "rocketchat_token_id_file"},
                  .what = "no Rocket.Chat token id, neither here nor in global"}},
       .global = Keys({{kSecret, {"rocketchat_token", "rocketchat_token_id"}},
                       {kFile, {"rocketchat_token_file", "rocketchat_token_id_file"}},
                       {kUrl, {"rocketchat_api_url"}}}),
       .check = CheckRocketchat},
      {.name = "mattermost",
       .keys = Keys(
           {{kUrl, {"webhook_url"}},
            {kFile, {"webhook_url_file"}},
            {kLink, {"icon_url", "image_url", "thumb_url"}},
            {kText,
             {"channel", "username", "text", "fallback", "color", "pretext", "author_name", "author_link",
              "author_icon", "title", "title_link", "footer", "footer_icon", "icon_emoji", "type"}},
            {kList, {"fields", "attachments"}},
            {kTree, {"priority", "props"}},
            {kHttp, {"http_config"}}}),
       .needs = {{.own = {"webhook_url", "webhook_url_file"},
                  .global = {"mattermost_webhook_url", "mattermost_webhook_url_file"},
                  .what = "no Mattermost URL, neither here nor in global"}},
       .global = Keys({{kUrl, {"mattermost_webhook_url"}}, {kFile, {"mattermost_webhook_url_file"}}}),
       .check = CheckMattermost},
      {.name = "incidentio",
       .keys = Keys({{kUrl, {"url"}},
                     {kFile, {"url_file", "alert_source_token_file"}},
                     {kSecret, {"alert_source_token"}},
                     {kCount, {"max_alerts"}},
                     {kTimeout, {"timeout"}},
                     {kMapping, {"metadata"}},
                     {kHttp, {"http_config"}}}),
       .needs = {OneUrl("url")}},
  };
}

}  // namespace

const std::vector<IntegrationKind>& UnspokenKinds() {
  static const std::vector<IntegrationKind> kRows = Rows();
  return kRows;
}

}  // namespace loadline::collector
