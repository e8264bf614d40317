#include <gtest/gtest.h>

#include "collector/alert/alert_config.h"

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

TEST(WithoutSecrets, WhatIsNoYamlIsNotShown) {
  EXPECT_EQ(WithoutSecrets("a: [password: x"), "");
}

}  // namespace
}  // namespace loadline::collector
