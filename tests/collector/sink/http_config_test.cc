#include "collector/sink/http_config.h"

#include <gmock/gmock.h>

#include <fstream>

#include "collector/sink/sink_kind.h"
#include "tests/collector/sink/incident_sample.h"
#include "tests/collector/sink/sample_notification.h"
#include "tests/support/http_server.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using sample::FileWith;
using sample::Firing;
using sample::Of;
using sample::SinkOf;
using sample::Tell;
using test::Reply;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

// The first section of a file.
IntegrationConfig SectionOf(const std::string& file, const std::string& name = "alerts.yml") {
  const auto config = ParseAlertConfig(file, name, SpokenKinds());
  EXPECT_TRUE(config) << config.error().message;
  if (!config) return {};
  EXPECT_THAT(config->warnings, IsEmpty());
  return config->integrations.front();
}

std::string Hook(const std::string& http, const std::string& global = "") {
  return FileWith("webhook", "url: 'http://h.example/', http_config: {" + http + "}", global);
}

TEST(HttpConfig, EveryKeyOfItIsObeyed) {
  const auto way = HttpWayOf(SectionOf(Hook(R"yaml(
      basic_auth: {username: me, password: pw},
      http_headers: {X-Tenant: {values: [a, b]}, X.Key: {secrets: [s], files: [/f]}},
      proxy_url: 'http://u:p@proxy.example:3128', no_proxy: 'a.example,10.0.0.0/8',
      proxy_connect_header: {X-A: [one, two], X-B: [three]},
      tls_config: {ca_file: /ca, cert_file: /cert, key_file: /key, server_name: n, insecure_skip_verify: true,
                   min_version: TLS11, max_version: TLS13},
      follow_redirects: false, enable_http2: false)yaml")));
  ASSERT_TRUE(way) << way.error().message;
  EXPECT_EQ(way->basic->username.text.Reveal(), "me");
  EXPECT_EQ(way->basic->password.text.Reveal(), "pw");
  ASSERT_EQ(way->headers.size(), 2);
  EXPECT_EQ(way->headers[0].name, "X-Tenant");
  EXPECT_THAT(way->headers[0].values, ElementsAre("a", "b"));
  EXPECT_EQ(way->headers[1].name, "X.Key");
  EXPECT_EQ(way->headers[1].secrets.at(0).text.Reveal(), "s");
  EXPECT_EQ(way->headers[1].secrets.at(1).file, "/f");
  const HttpProxy& proxy = way->client.proxy;
  EXPECT_EQ(proxy.by, HttpProxy::By::kUrl);
  EXPECT_EQ(proxy.url.Reveal(), "http://u:p@proxy.example:3128");
  EXPECT_EQ(proxy.past, "a.example,10.0.0.0/8");
  ASSERT_EQ(proxy.connect_headers.size(), 3);
  EXPECT_EQ(proxy.connect_headers[1].first + proxy.connect_headers[1].second.Reveal(), "X-Atwo");
  EXPECT_EQ(way->client.ca_file, "/ca");
  EXPECT_EQ(way->client.certificate_file, "/cert");
  EXPECT_EQ(way->client.key_file, "/key");
  EXPECT_EQ(way->client.server_name, "n");
  EXPECT_TRUE(way->client.any_certificate);
  EXPECT_EQ(way->client.oldest_tls, TlsVersion::kTls11);
  EXPECT_EQ(way->client.newest_tls, TlsVersion::kTls13);
  EXPECT_FALSE(way->client.http2);
  EXPECT_FALSE(way->follow_redirects);
}

TEST(HttpConfig, OAuth2HasItsOwnWay) {
  std::string scopes = "s0";
  for (int i = 1; i < 12; ++i) scopes += ", s" + std::to_string(i);
  const auto way = HttpWayOf(
      SectionOf(Hook("oauth2: {client_id: c, client_secret: s, token_url: 'https://t/', scopes: [" + scopes +
                     "], endpoint_params: {audience: a, some_ref: b}, proxy_from_environment: true, "
                     "tls_config: {insecure_skip_verify: true}}")));
  ASSERT_TRUE(way) << way.error().message;
  const OAuth2Options& oauth2 = *way->oauth2;
  EXPECT_EQ(oauth2.client_id, "c");
  EXPECT_EQ(oauth2.client_secret.text.Reveal(), "s");
  EXPECT_EQ(oauth2.token_url.Reveal(), "https://t/");
  EXPECT_EQ(oauth2.scopes.at(2), "s2") << "in the order of the file";
  EXPECT_EQ(oauth2.scopes.size(), 12);
  EXPECT_EQ(oauth2.parameters.size(), 2);
  EXPECT_TRUE(oauth2.client.any_certificate);
  EXPECT_FALSE(way->client.any_certificate) << "the receiver's own certificate is looked at";
}

TEST(HttpConfig, OAuth2MayBeByASignedAssertion) {
  const auto way = HttpWayOf(
      SectionOf(Hook("oauth2: {client_id: c, token_url: 'https://t/', grant_type: "
                     "'urn:ietf:params:oauth:grant-type:jwt-bearer', "
                     "client_certificate_key_file: key.pem, client_certificate_key_id: k, "
                     "signature_algorithm: RS384, iss: i, "
                     "audience: a, claims: {n: 5, flag: true, 'https://x/y.z': w, roles: [r1, '2']}}")));
  ASSERT_TRUE(way) << way.error().message;
  ASSERT_TRUE(way->oauth2->jwt);
  const JwtOptions& jwt = *way->oauth2->jwt;
  EXPECT_THAT(jwt.key.file, testing::EndsWith("key.pem"));
  EXPECT_EQ(jwt.key_id, "k");
  EXPECT_EQ(jwt.algorithm, "RS384");
  EXPECT_EQ(jwt.issuer, "i");
  EXPECT_EQ(jwt.audience, "a");
  EXPECT_EQ(jwt.claims,
            (std::map<std::string, std::string>{
                {"n", "5"}, {"flag", "true"}, {"https://x/y.z", R"("w")"}, {"roles", R"(["r1",2])"}}));
}

TEST(HttpConfig, AuthorizationHasManyNames) {
  const auto authorization = [](const std::string& http) {
    return *HttpWayOf(SectionOf(Hook(http)))->authorization;
  };
  EXPECT_EQ(authorization("authorization: {credentials: x}").type, "Bearer");
  EXPECT_EQ(authorization("authorization: {type: ' Splunk ', credentials: x}").type, "Splunk");
  EXPECT_EQ(authorization("authorization: {credentials_file: /f}").credentials.file, "/f");
  EXPECT_EQ(authorization("bearer_token: x").credentials.text.Reveal(), "x");
  EXPECT_EQ(authorization("bearer_token_file: /f").credentials.file, "/f");
}

TEST(HttpConfig, ASectionHasItsOwnWholeOrTheWholeOfGlobals) {
  const std::string global =
      "global: {http_config: {authorization: {credentials: g}, proxy_url: 'http://p/'}}\n";
  const auto inherited = HttpWayOf(SectionOf(FileWith("webhook", "url: 'http://h/'", global)));
  EXPECT_EQ(inherited->authorization->credentials.text.Reveal(), "g");
  EXPECT_EQ(inherited->client.proxy.by, HttpProxy::By::kUrl);
  const auto own = HttpWayOf(SectionOf(Hook("follow_redirects: false", global)));
  EXPECT_FALSE(own->authorization);
  EXPECT_EQ(own->client.proxy.by, HttpProxy::By::kEnvironment);
}

TEST(HttpConfig, TheEnvironmentsProxyIsUsedUnlessItSaysOtherwise) {
  const auto by = [](const std::string& http) { return HttpWayOf(SectionOf(Hook(http)))->client.proxy.by; };
  EXPECT_EQ(by(""), HttpProxy::By::kEnvironment);
  EXPECT_EQ(by("proxy_from_environment: true"), HttpProxy::By::kEnvironment);
  EXPECT_EQ(by("proxy_from_environment: false"), HttpProxy::By::kNone);
}

TEST(HttpConfig, FilesStandBesideTheConfiguration) {
  const IntegrationConfig section =
      SectionOf(Hook("authorization: {credentials_file: token}, http_headers: {X: {files: [h]}}, "
                     "tls_config: {ca_file: /etc/ca.pem}"),
                "/etc/loadline/alerts.yml");
  const auto way = HttpWayOf(section);
  EXPECT_EQ(way->authorization->credentials.file, "/etc/loadline/token");
  EXPECT_EQ(way->headers.at(0).secrets.at(0).file, "/etc/loadline/h");
  EXPECT_EQ(way->client.ca_file, "/etc/ca.pem");
}

TEST(HttpConfig, WhatCannotBeDoneIsRefusedAtTheStart) {
  const std::pair<const char*, const char*> kCases[] = {
      {"authorization: {credentials_ref: x}", "authorization.credentials_ref: there is no secret manager"},
      {"tls_config: {ca_ref: x}", "tls_config.ca_ref: there is no secret manager"},
      {"tls_config: {ca: nonsense}", "tls_config: ca: expected PEM"},
      {"oauth2: {client_id: a, client_secret: b, token_url: c, tls_config: {cert: x, key: y}}",
       "oauth2: tls_config: cert"},
      {"oauth2: {client_id: a, token_url: c, client_certificate_key_ref: x}",
       "client_certificate_key_ref: there is no secret manager"}};
  for (const auto& [http, words] : kCases) {
    const auto way = HttpWayOf(SectionOf(Hook(http)));
    ASSERT_FALSE(way) << http;
    EXPECT_THAT(way.error().message, HasSubstr(words));
  }
}

TEST(HttpConfig, WhatIsWrongInItIsNamedWithItsLineAndKey) {
  const auto config = ParseAlertConfig(R"(route: {receiver: r}
receivers:
- name: r
  webhook_configs:
  - url: http://h/
    http_config:
      tls_config:
        min_version: TLS9
)",
                                       "alerts.yml", SpokenKinds());
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message,
            "alerts.yml:8: receiver 'r': webhook_configs[0]: http_config: tls_config: min_version: 'TLS9' is "
            "none of "
            "TLS10, TLS11, TLS12, TLS13");
}

// From the file to the wire, by each kind that Alertmanager gives it to.
TEST(HttpConfig, EveryReceiverOfHttpGoesTheWayThatItSays) {
  const std::pair<const char*, const char*> kKinds[] = {
      {"webhook", "url: 'URL'"},
      {"webhook", "format: common_alert_schema, url: 'URL'"},
      {"alertmanager", "url: 'URL'"},
      {"slack", "channel: c, api_url: 'URL'"},
      {"slack", "channel: c, app_token: t, app_url: 'URL'"},
      {"msteamsv2", "webhook_url: 'URL'"},
      {"pagerduty", "routing_key: k, url: 'URL'"},
      {"opsgenie", "api_key: k, api_url: 'URL'"}};
  SystemClock clock;
  for (const auto& [kind, keys] : kKinds) {
    test::HttpServer server;
    std::string section = keys;
    section.replace(section.find("URL"), 3, server.Url());
    const std::string http =
        ", http_config: {basic_auth: {username: me, password: pw}, http_headers: {X-Key: {secrets: [s]}}}";
    auto sink = SinkOf(FileWith(kind, section + http), "", clock);
    ASSERT_TRUE(sink) << section;
    server.Queue({.status = 307, .headers = {{"Location", "/moved"}}});
    (void)Tell(*sink, Of({Firing("a")}));
    const auto seen = server.seen();
    ASSERT_EQ(seen.size(), 2) << kind;
    EXPECT_EQ(seen[1].path, "/moved") << kind;
    EXPECT_EQ(seen[1].body, seen[0].body) << kind;
    const bool own =
        section.find("app_token") != std::string::npos || section.find("api_key") != std::string::npos;
    EXPECT_EQ(seen[1].headers.at("authorization") == "Basic bWU6cHc=", !own) << kind;
    EXPECT_EQ(seen[1].headers.at("x-key"), "s") << kind;
  }
}

TEST(HttpConfig, AServerOfTokensThatFailsIsARetryWithItsReason) {
  test::HttpServer hook;
  test::HttpServer tokens([](const test::SeenRequest&) {
    return Reply{.status = 401, .body = R"({"error": "invalid_client"})"};
  });
  SystemClock clock;
  auto sink = SinkOf(FileWith("webhook", "url: '" + hook.Url() +
                                             "', http_config: {oauth2: {client_id: c, client_secret: "
                                             "s3cret, token_url: '" +
                                             tokens.Url() + "'}}"),
                     "", clock);
  const Outcome outcome = Tell(*sink, Of({Firing("a")}));
  EXPECT_EQ(outcome.verdict, Verdict::kRetry);
  EXPECT_THAT(outcome.detail, HasSubstr("no token of OAuth 2 from 127.0.0.1"));
  EXPECT_THAT(outcome.detail, HasSubstr("HTTP 401, invalid_client"));
  EXPECT_THAT(hook.seen(), IsEmpty());
}

}  // namespace
}  // namespace loadline::collector
