#include <gtest/gtest.h>

#include "collector/alert_file/alert_config.h"
#include "collector/sink/sink_kind.h"

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
)",
                                           SpokenKinds());
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
      tls_config: {key: S3CRET, cert: shown}
      proxy_url: http://me:S3CRET@proxy.example:3128
      proxy_connect_header: {Proxy-Authorization: [S3CRET, S3CRET]}
    proxy_url: http://me:S3CRET@proxy.example:3128
    proxy_connect_header: {Proxy-Authorization: [S3CRET]}
    http_headers:
      X-Api-Key: {secrets: [S3CRET], values: [S3CRET], files: [/run/header]}
    tls_config: {key: S3CRET, cert: shown}
route: {receiver: ops}
receivers:
- name: ops
  slack_configs:
  - {api_url: "https://hooks.example/services/S3CRET", channel: c}
  - {app_token: S3CRET, channel: c}
  - {api_url: "https://slack.example/api/chat.postMessage", channel: c, http_config: {authorization: {type: Bearer, credentials: S3CRET}}}
  email_configs:
  - {to: o@b.c, auth_password: S3CRET, auth_secret: S3CRET, tls_config: {key: S3CRET, cert: shown},
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
  jira_configs: [{api_url: "https://jira.example/S3CRET", project: p, issue_type: bug, http_config: {basic_auth: {username: me, password: S3CRET}}, fields: {token: S3CRET}}]
  rocketchat_configs: [{token: S3CRET, token_id: S3CRET, channel: c}]
  mattermost_configs: [{webhook_url: "https://chat.example/hooks/S3CRET"}]
  incidentio_configs: [{url: "https://incident.example/S3CRET", alert_source_token: S3CRET}]
)";

TEST(WithoutSecrets, ASecretInEveryPlaceIsShownInNone) {
  // The file is one that is accepted: the places are real ones.
  const Result<AlertConfig> config = ParseAlertConfig(kSecretsEverywhere, "alerts.yml", SpokenKinds());
  ASSERT_TRUE(config) << config.error().message;
  for (const std::string& warning : config->warnings)
    EXPECT_EQ(warning.find("S3CRET"), std::string::npos) << warning;
  const std::string shown = WithoutSecrets(kSecretsEverywhere, SpokenKinds());
  EXPECT_EQ(shown.find("S3CRET"), std::string::npos) << shown;
  for (const char* plain : {"shown {{ .Status }}", "firing: shown", "cert: shown", "/run/header", "X-Token",
                            "https://login.example/secret", "http://proxy.example:3128/secret"})
    EXPECT_NE(shown.find(plain), std::string::npos) << plain << " in " << shown;
}

// Whatever a key is called: a kind that is new says what is a secret, and that is all there is to it.
TEST(WithoutSecrets, WhatAKindCallsASecretIsOne) {
  const std::vector<IntegrationKind> kinds = {
      {.name = "pager",
       .keys = Keys({{KeyType::kSecret, {"pin"}}, {KeyType::kUrl, {"where"}}, {KeyType::kText, {"who"}}}),
       .global = Keys({{KeyType::kSecret, {"pager_pin"}}})}};
  const std::string file = R"(
global: {pager_pin: S3CRET}
route: {receiver: ops}
receivers:
- name: ops
  pager_configs:
  - {pin: S3CRET, where: "https://pager.example/S3CRET", who: shown}
  - {<<: {pin: S3CRET}, pin: [S3CRET, {a: S3CRET}], who: shown}
)";
  const std::string shown = WithoutSecrets(file, kinds);
  EXPECT_EQ(shown.find("S3CRET"), std::string::npos) << shown;
  EXPECT_NE(shown.find("who: shown"), std::string::npos) << shown;
  EXPECT_NE(shown.find("https://pager.example/secret"), std::string::npos) << shown;
}

// What is called like a secret was one before keys had types, and is hidden for its name as well.
TEST(WithoutSecrets, AKeyThatIsCalledLikeASecretHasItsType) {
  const auto check = [](const KeyTypes& keys) {
    for (const auto& [key, type] : keys) {
      const bool called_so = key.ends_with("token") || key.ends_with("password") || key.ends_with("secret") ||
                             key.ends_with("_key") || key.ends_with("token_id");
      EXPECT_EQ(type == KeyType::kSecret, called_so) << key;
      EXPECT_EQ(type == KeyType::kUrl || type == KeyType::kLink, key.ends_with("url")) << key;
      EXPECT_EQ(type == KeyType::kFile, key.ends_with("_file")) << key;
    }
  };
  check(GlobalKeys(SpokenKinds()));
  for (const IntegrationKind& kind : SpokenKinds()) check(kind.keys);
  for (const IntegrationKind& kind : UnspokenKinds()) check(kind.keys);
}

TEST(WithoutSecrets, WhatIsNoYamlIsNotShown) {
  EXPECT_EQ(WithoutSecrets("a: [password: x", SpokenKinds()), "");
}

}  // namespace
}  // namespace loadline::collector
