#include <gtest/gtest.h>

#include <set>

#include "collector/alert/alert_config.h"
#include "collector/alert/integration_keys.h"

namespace loadline::collector {
namespace {

TEST(WithoutSecrets, HidesWhatCouldBeUsedAndKeepsTheRest) {
  const std::string shown = WithoutSecrets(R"(
global: {smtp_auth_password: hunter2, smtp_from: a@b.c, slack_api_url: "https://hooks/T/B/x"}
route: {receiver: ops}
receivers:
- name: ops
  webhook_configs:
  - url: https://me:pw@example.org/key
    http_config: {authorization: {credentials: abc}, basic_auth: {username: me, password_file: /run/p}}
  pagerduty_configs: [{routing_key: r00t}]
)");
  for (const char* secret : {"hunter2", "me:pw", "hooks/T", "example.org/key", "abc", "r00t"})
    EXPECT_EQ(shown.find(secret), std::string::npos) << secret;
  for (const char* plain :
       {"a@b.c", "receiver: ops", "username: me", "https://example.org/secret", "/run/p", "<secret>"})
    EXPECT_NE(shown.find(plain), std::string::npos) << plain << " in " << shown;
}

// Each place where Alertmanager's language has a secret, and where people put one. S3CRET stands in each.
constexpr const char* kSecretsEverywhere = R"(
global:
  smtp_from: a@b.c
  smtp_smarthost: mail.example:587
  smtp_auth_password: S3CRET
  smtp_auth_secret: S3CRET
  slack_api_url: https://hooks.example/S3CRET
  opsgenie_api_key: S3CRET
  wechat_api_secret: S3CRET
  wechat_api_corp_id: corp
  victorops_api_key: S3CRET
  telegram_bot_token: S3CRET
  rocketchat_token: S3CRET
  rocketchat_token_id: S3CRET
  mattermost_webhook_url: https://chat.example/hooks/S3CRET
  smtp_tls_config: {key: S3CRET, cert: shown}
  http_config: &http
    oauth2:
      client_id: me
      client_secret: S3CRET
      token_url: https://me:S3CRET@login.example/S3CRET
      endpoint_params: {grant: S3CRET, assertion: S3CRET}
      tls_config: {key: S3CRET}
      proxy_url: http://me:S3CRET@proxy.example:3128
      proxy_connect_header: {Proxy-Authorization: [S3CRET, S3CRET]}
    proxy_url: http://me:S3CRET@proxy.example:3128
    proxy_connect_header: {Proxy-Authorization: [S3CRET]}
    http_headers:
      X-Api-Key: {secrets: [S3CRET], values: [S3CRET], files: [/run/header]}
    tls_config: {key: S3CRET}
route: {receiver: ops}
receivers:
- name: ops
  slack_configs:
  - {api_url: "https://hooks.example/services/S3CRET", channel: c}
  - {app_token: S3CRET, channel: c}
  - {api_url: "https://slack.example/api/chat.postMessage", channel: c, http_config: {authorization: {type: Bearer, credentials: S3CRET}}}
  email_configs:
  - {to: o@b.c, auth_password: S3CRET, auth_secret: S3CRET, tls_config: {key: S3CRET},
     headers: {Subject: "shown {{ .Status }}", X-Token: S3CRET}}
  webhook_configs:
  - {url: "https://me:S3CRET@hook.example/S3CRET?token=S3CRET", http_config: {basic_auth: {username: me, password: S3CRET}}}
  - {url: "https://hook.example/S3CRET", http_config: {bearer_token: S3CRET}, payload: {api_token: S3CRET, where: "https://u:S3CRET@x.example/"}}
  - {url: "https://hook.example/S3CRET", http_config: *http}
  alertmanager_configs: [{url: "https://me:S3CRET@am.example/S3CRET"}]
  pagerduty_configs: [{routing_key: S3CRET, service_key: S3CRET, details: {password: S3CRET, firing: shown}}]
  opsgenie_configs: [{api_key: S3CRET}]
  victorops_configs: [{api_key: S3CRET, routing_key: S3CRET, custom_fields: {token: S3CRET}}]
  pushover_configs: [{user_key: S3CRET, token: S3CRET}]
  wechat_configs: [{api_secret: S3CRET}]
  telegram_configs: [{bot_token: S3CRET, chat_id: 7}]
  sns_configs: [{topic_arn: arn, sigv4: {access_key: S3CRET, secret_key: S3CRET}}]
  discord_configs: [{webhook_url: "https://discord.example/S3CRET"}]
  msteams_configs: [{webhook_url: "https://teams.example/S3CRET"}]
  msteamsv2_configs: [{webhook_url: "https://teams.example/S3CRET"}]
  webex_configs: [{room_id: room, http_config: {authorization: {credentials: S3CRET}}}]
  jira_configs: [{project: p, issue_type: bug, http_config: {basic_auth: {username: me, password: S3CRET}}, fields: {token: S3CRET}}]
  rocketchat_configs: [{token: S3CRET, token_id: S3CRET, channel: c}]
  mattermost_configs: [{webhook_url: "https://chat.example/hooks/S3CRET"}]
  incidentio_configs: [{url: "https://incident.example/S3CRET", alert_source_token: S3CRET}]
)";

TEST(WithoutSecrets, ASecretInEveryPlaceIsShownInNone) {
  // The file is one that is accepted: the places are real ones.
  const Result<AlertConfig> config = ParseAlertConfig(kSecretsEverywhere, "alerts.yml");
  ASSERT_TRUE(config) << config.error().message;
  for (const std::string& warning : config->warnings)
    EXPECT_EQ(warning.find("S3CRET"), std::string::npos) << warning;
  const std::string shown = WithoutSecrets(kSecretsEverywhere);
  EXPECT_EQ(shown.find("S3CRET"), std::string::npos) << shown;
  for (const char* plain : {"shown {{ .Status }}", "firing: shown", "cert: shown", "/run/header", "X-Token",
                            "https://login.example/secret", "http://proxy.example:3128/secret"})
    EXPECT_NE(shown.find(plain), std::string::npos) << plain << " in " << shown;
}

// A key that is new here is looked at by somebody: it is a secret, an address or one of these.
TEST(WithoutSecrets, NoKeyIsForgotten) {
  static const std::set<std::string> kOpen = {"actions",
                                              "agent_id",
                                              "api_type",
                                              "attachments",
                                              "attributes",
                                              "auth_identity",
                                              "auth_username",
                                              "author_icon",
                                              "author_link",
                                              "author_name",
                                              "callback_id",
                                              "channel",
                                              "chat_id",
                                              "class",
                                              "client",
                                              "color",
                                              "component",
                                              "content",
                                              "corp_id",
                                              "custom_fields",
                                              "dcr",
                                              "description",
                                              "details",
                                              "device",
                                              "disable_notifications",
                                              "emoji",
                                              "endpoint",
                                              "entity",
                                              "entity_display_name",
                                              "expire",
                                              "fallback",
                                              "fields",
                                              "footer",
                                              "footer_icon",
                                              "force_implicit_tls",
                                              "format",
                                              "from",
                                              "group",
                                              "hello",
                                              "hours",
                                              "html",
                                              "icon_emoji",
                                              "images",
                                              "issue_type",
                                              "labels",
                                              "link_names",
                                              "links",
                                              "max_alerts",
                                              "message",
                                              "message_text",
                                              "message_thread_id",
                                              "message_type",
                                              "metadata",
                                              "min_severity",
                                              "monitoring_tool",
                                              "monospace",
                                              "mrkdwn_in",
                                              "note",
                                              "parse_mode",
                                              "payload",
                                              "phone_number",
                                              "pretext",
                                              "priority",
                                              "project",
                                              "props",
                                              "reopen_duration",
                                              "reopen_transition",
                                              "require_tls",
                                              "resolve_timeout",
                                              "resolve_transition",
                                              "responders",
                                              "retry",
                                              "room_id",
                                              "send_resolved",
                                              "severity",
                                              "short_fields",
                                              "sigv4",
                                              "smarthost",
                                              "smtp_auth_identity",
                                              "smtp_auth_username",
                                              "smtp_force_implicit_tls",
                                              "smtp_from",
                                              "smtp_hello",
                                              "smtp_require_tls",
                                              "smtp_smarthost",
                                              "sound",
                                              "source",
                                              "state_message",
                                              "stream",
                                              "subject",
                                              "summary",
                                              "tags",
                                              "target_arn",
                                              "text",
                                              "threading",
                                              "timeout",
                                              "title",
                                              "title_link",
                                              "to",
                                              "to_party",
                                              "to_tag",
                                              "to_user",
                                              "topic_arn",
                                              "ttl",
                                              "type",
                                              "update_alerts",
                                              "update_message",
                                              "url_title",
                                              "username",
                                              "wechat_api_corp_id",
                                              "wont_fix_resolution"};
  const auto check = [](const std::string& key) {
    const bool hidden = IsSecretKey(key) || key.ends_with("url") || key.ends_with("_file") ||
                        key == "headers" || key.ends_with("http_config") || key.ends_with("tls_config");
    EXPECT_TRUE(hidden != kOpen.contains(key)) << key;
  };
  for (const std::string& key : GlobalKeys()) check(key);
  for (const auto& [kind, keys] : AllIntegrationKeys()) {
    for (const std::string& key : keys.keys) check(key);
  }
}

TEST(WithoutSecrets, WhatIsNoYamlIsNotShown) {
  EXPECT_EQ(WithoutSecrets("a: [password: x"), "");
}

}  // namespace
}  // namespace loadline::collector
