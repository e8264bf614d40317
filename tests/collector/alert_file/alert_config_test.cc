#include "collector/alert_file/alert_config.h"

#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "collector/alert_file/explain_route.h"
#include "collector/alert_file/prometheus_duration.h"
#include "collector/sink/sink_kind.h"
#include "tests/support/temporary_folder.h"

namespace loadline::collector {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kWhole = R"(
global:
  resolve_timeout: 10m
  slack_api_url: https://hooks.slack.com/services/T/B/X
  smtp_smarthost: mail.example:587
  smtp_from: loadline@example
  smtp_auth_username: loadline
  smtp_auth_password_file: /run/secrets/smtp
route:
  receiver: everybody
  group_by: [alertname, namespace]
  group_wait: 10s
  routes:
    - matchers: ['severity=~"Sev[01]"']
      receiver: pager
      continue: true
      group_wait: 0s
      repeat_interval: 1h
    - match: {namespace: shop}
      receiver: shop
      group_by: ['...']
      active_time_intervals: [business]
      routes:
        - match_re: {container: "app|web"}
          group_interval: 1m30s
receivers:
  - name: everybody
    email_configs: [{to: "ops@example, second@example"}]
  - name: pager
    slack_configs: [{channel: "#pager", send_resolved: true}]
    webhook_configs: [{url: "http://127.0.0.1:9/hook"}]
  - name: shop
    victorops_configs: [{api_key: x, routing_key: y}]
inhibit_rules:
  - source_matchers: [alertname=ClusterDown]
    target_matchers: ['severity!="Sev0"']
    equal: [cluster]
time_intervals:
  - name: business
    time_intervals:
      - weekdays: ['monday:friday']
        times: [{start_time: '09:00', end_time: '17:00'}]
        location: UTC
)";

AlertConfig Parsed(std::string_view text) {
  Result<AlertConfig> config = ParseAlertConfig(text, "alerts.yml", SpokenKinds());
  EXPECT_TRUE(config) << config.error().message;
  return config ? *config : AlertConfig{};
}

std::string WithRoute(const std::string& more) {
  return "route:\n  receiver: r\n" + more + "\nreceivers:\n  - name: r\n";
}
TEST(AlertConfig, ARouteInheritsWhatItDoesNotSay) {
  const AlertConfig config = Parsed(kWhole);
  const Route& root = config.plan.root;
  EXPECT_EQ(root.group_wait, 10s);
  EXPECT_EQ(root.group_interval, 5min);
  EXPECT_EQ(root.routes[0].group_wait, 0s);
  EXPECT_EQ(root.routes[0].repeat_interval, 1h);
  EXPECT_THAT(root.routes[0].group_by, ElementsAre("alertname", "namespace"));
  const Route& inner = root.routes[1].routes[0];
  EXPECT_EQ(inner.receiver, "shop");
  EXPECT_TRUE(inner.group_by_all);
  EXPECT_EQ(inner.group_interval, 90s);
  EXPECT_FALSE(inner.continue_matching);
  EXPECT_TRUE(inner.active_time_intervals.empty()) << "hours are not inherited";
  EXPECT_EQ(inner.key, R"({}/{namespace="shop"}/{container=~"app|web"})");
}

TEST(AlertConfig, ARouteHasTheLabelsOfThoseAboveItAndMaySayThemAnew) {
  const auto config =
      ParseAlertConfig(WithRoute("  labels: {team: ops, why: '{{ .Status }}', odd: '{{ if }}'}\n"
                                 "  routes: [{labels: {team: shop, n: 1, none: null}}, {matchers: [a=b]}]"),
                       "f", SpokenKinds());
  ASSERT_TRUE(config) << config.error().message;
  const Route& root = config->plan.root;
  EXPECT_EQ(root.labels.at("team"), "ops");
  EXPECT_EQ(root.routes[0].labels.at("team"), "shop");
  EXPECT_EQ(root.routes[0].labels.at("why"), "{{ .Status }}");
  EXPECT_EQ(root.routes[0].labels.at("n"), "1");
  EXPECT_EQ(root.routes[0].labels.at("none"), "");
  EXPECT_EQ(root.routes[1].labels, root.labels);
  ASSERT_EQ(config->warnings.size(), 1U);
  EXPECT_THAT(config->warnings[0], HasSubstr("route: labels: odd: "));
  EXPECT_THAT(config->warnings[0], HasSubstr("it is left out"));
}

TEST(AlertConfig, AnIntegrationGetsWhatGlobalSays) {
  const AlertConfig config = Parsed(kWhole);
  ASSERT_EQ(config.integrations.size(), 3);
  const auto& email = config.integrations[0];
  EXPECT_EQ(email.name, "everybody/email[0]");
  EXPECT_EQ(email.values.at("smarthost"), "mail.example:587");
  EXPECT_EQ(email.values.at("auth_password_file"), "/run/secrets/smtp");
  EXPECT_FALSE(email.send_resolved) << "as Alertmanager has it for e-mail";
  const auto& slack = config.integrations[1];
  EXPECT_EQ(slack.values.at("api_url"), "https://hooks.slack.com/services/T/B/X");
  EXPECT_TRUE(slack.send_resolved);
  EXPECT_TRUE(config.integrations[2].send_resolved);
  EXPECT_EQ(config.plan.resolve_timeout, 10min);
}

TEST(AlertConfig, AWayToAReceiverThatIsNotKnownHereIsSaidWithItsLineAndWithoutItsSecret) {
  const auto config = ParseAlertConfig(R"(
route: {receiver: a}
receivers:
  - name: a
    email_configs:
      - to: a@b.example
        from: c@d.example
        smarthost: m:25
        auth_secret: s3cret
        tls_config: {ca_file: /ca, server_name: m, insecure_skip_verify: false}
    webhook_configs:
      - {url: "https://c.example/", http_config: {basic_auth: {username: u, password: s3cret}}}
)",
                                       "alerts.yml", SpokenKinds());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(
      config->warnings,
      ElementsAre("line 6: receiver 'a': email_configs[0]: auth_secret is not obeyed here",
                  "line 6: receiver 'a': email_configs[0]: tls_config.server_name is not obeyed here"));
}

// A template that is not understood has its built-in text, or is left out where there is none; the templates that
// Alertmanager comes with are here too.
TEST(AlertConfig, TextsOfReceiversThatAreNotUnderstoodAreNamedOneByOne) {
  const auto config = ParseAlertConfig(R"(
route: {receiver: a}
receivers:
  - name: a
    pagerduty_configs:
      - routing_key: k
        description: '{{ template "pagerduty.default.description" . }}'
        client_url: '{{ template "pagerduty.default.clientURL" . }}'
        class: '{{ template "my.class" . }}'
        details:
          one: '{{ define }}'
          two: fine
)",
                                       "alerts.yml", SpokenKinds());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(
      config->warnings,
      ElementsAre("line 9: receiver 'a': pagerduty_configs[0]: class: line 1 of the text: no template "
                  "'my.class'; the built-in text is used",
                  "line 11: receiver 'a': pagerduty_configs[0]: details.one: line 1 of the text: expected "
                  "the name of a template, in quotes; it is left out"));
  const auto& values = config->integrations.at(0).values;
  EXPECT_TRUE(values.contains("details.two"));
  EXPECT_FALSE(values.contains("details.one") || values.contains("class"));
  EXPECT_TRUE(values.contains("description") && values.contains("client_url"));
}

TEST(AlertConfig, HowMailIsEncryptedIsInheritedUnlessItIsSaid) {
  const auto config = ParseAlertConfig(R"(
global: {smtp_smarthost: "mail.example:465", smtp_from: a@example, smtp_require_tls: no,
         smtp_force_implicit_tls: yes, smtp_tls_config: {ca_file: /etc/ca.pem}}
route: {receiver: a}
receivers:
  - {name: a, email_configs: [{to: x@example}]}
  - {name: b, email_configs: [{to: x@example, require_tls: on, force_implicit_tls: off, tls_config: {ca_file: /own}}]}
)",
                                       "alerts.yml", SpokenKinds());
  ASSERT_TRUE(config) << config.error().message;
  const auto& inherited = config->integrations.at(0).values;
  EXPECT_EQ(inherited.at("require_tls"), "false");
  EXPECT_EQ(inherited.at("force_implicit_tls"), "true");
  EXPECT_EQ(inherited.at("tls_config.ca_file"), "/etc/ca.pem");
  const auto& own = config->integrations.at(1).values;
  EXPECT_EQ(own.at("require_tls"), "true");
  EXPECT_EQ(own.at("force_implicit_tls"), "false");
  EXPECT_EQ(own.at("tls_config.ca_file"), "/own");
}

TEST(AlertConfig, AWayThatIsNotSpokenHereIsAcceptedAndSaid) {
  EXPECT_THAT(Parsed(kWhole).warnings,
              ElementsAre("receiver 'shop': victorops_configs is not spoken here; nothing is sent that way"));
}

// It is tried on alerts that are made up; real ones may have what these lack, so that it stays.
TEST(AlertConfig, ATextThatCannotBeFilledInIsSaidWithItsLineAndStays) {
  const auto config = ParseAlertConfig(
      "route: {receiver: r}\nreceivers:\n  - name: r\n    slack_configs:\n      - api_url: 'https://x'\n"
      "        title: '{{ .Labels.alertname }}'\n        text: '{{ (index .Alerts.Firing 0).Status }}'\n",
      "alerts.yml", SpokenKinds());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(
      config->warnings,
      ElementsAre("line 7: receiver 'r': slack_configs[0]: text: line 1 of the text: index: index 0 is out "
                  "of range (with resolved alerts); the built-in text is used",
                  "line 6: receiver 'r': slack_configs[0]: title: line 1 of the text: a template.Data has "
                  "no '.Labels' (with firing alerts); the built-in text is used"));
  EXPECT_TRUE(config->integrations[0].values.contains("title"));
}

class TemplateFiles : public testing::Test {
 protected:
  // A configuration whose title is the text, beside files of templates.
  Result<AlertConfig> Read(const std::string& templates, const std::string& title) {
    const std::string path = folder_.path() + "/alerts.yml";
    std::ofstream(path) << "templates: " << templates << "\nroute: {receiver: r}\nreceivers:\n  - name: r\n"
                        << "    slack_configs: [{api_url: 'https://x', title: '" << title << "'}]\n";
    return ReadAlertConfig(path, SpokenKinds());
  }
  void Write(const std::string& name, const std::string& text) {
    std::ofstream(folder_.path() + "/" + name) << text;
  }
  static std::string Titled(const Result<AlertConfig>& config) {
    if (!config) return config.error().message;
    const auto text = TextTemplate::Parse(config->integrations.at(0).values.at("title"),
                                          config->integrations.at(0).templates);
    if (!text) return text.error().message;
    return text->Render({.values = {{"Status", "firing"}}}).value_or("cannot be filled in");
  }
  TemporaryFolder folder_;
};

TEST_F(TemplateFiles, StandBesideTheConfigurationAndAreReadByTheirPatterns) {
  Write("a.tmpl", "{{ define \"title\" }}{{ .Status }}{{ end }}");
  Write("b.tmpl", "{{ define \"title\" }}now {{ .Status }}{{ end }}whole");
  Write("c.txt", "{{ broken");
  const std::string title = "{{ template \"title\" . }}";
  EXPECT_EQ(Titled(Read("['a.tmpl']", title)), "firing");
  EXPECT_EQ(Titled(Read("['*.tmpl']", title)), "now firing");  // the later one counts
  EXPECT_EQ(Titled(Read("['[b]*', 'nothing/*.tmpl']", "{{ template \"b.tmpl\" . }}")), "whole");
  EXPECT_EQ(Titled(Read("['" + folder_.path() + "/a.*']", title)), "firing");
  // Read anew, it is what it is now.
  Write("a.tmpl", "{{ define \"title\" }}{{ .Status | toUpper }}{{ end }}");
  EXPECT_EQ(Titled(Read("['a.tmpl']", title)), "FIRING");
}

TEST(AlertConfig, AFolderIsNoFile) {
  EXPECT_EQ(ReadAlertConfig("/proc", SpokenKinds()).error().message, "reading /proc: Is a directory");
}

TEST_F(TemplateFiles, ThatCannotBeParsedAreAFaultWithFileAndLine) {
  Write("a.tmpl", "{{ define \"title\" }}\n{{ strings .Status }}{{ end }}");
  const auto config = Read("['*.tmpl']", "x");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error().message, folder_.path() + "/alerts.yml:1: configuration: templates: " +
                                        folder_.path() + "/a.tmpl:2: unknown function 'strings'");
}

TEST(AlertConfig, ATextBeyondTheKnownLanguageIsSaidWithItsLineAndLeftOut) {
  const auto config = ParseAlertConfig(
      "route: {receiver: r}\nreceivers:\n  - name: r\n    slack_configs:\n      - api_url: 'https://x'\n"
      "        title: '{{ template \"slack.title\" . }}'\n        text: '{{ .Status }}'\n",
      "alerts.yml", SpokenKinds());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->warnings,
              testing::ElementsAre("line 6: receiver 'r': slack_configs[0]: title: line 1 of the text: no "
                                   "template 'slack.title'; the built-in text is used"));
  EXPECT_FALSE(config->integrations[0].values.contains("title"));
  EXPECT_TRUE(config->integrations[0].values.contains("text"));
}

TEST(AlertConfig, ExplainsWhoWouldBeToldAndWhy) {
  const AlertConfig config = Parsed(kWhole);
  const Wall saturday = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21};
  const std::string words =
      ExplainRoute(config, {{"severity", "Sev1"}, {"namespace", "shop"}, {"container", "db"}}, saturday);
  EXPECT_EQ(words, R"({} takes everything
  {severity=~"Sev[01]"} matches, and goes on
  {namespace="shop"} matches
    {container=~"app|web"} does not match
-> pager in group {}/{severity=~"Sev[01]"}:{namespace="shop"}, after 0 s, then every 300 s, repeated every 3600 s
   by pager/slack[0]
   by pager/webhook[0]
-> shop in group {}/{namespace="shop"}:{container="db", namespace="shop", severity="Sev1"}, after 10 s, then every 300 s, repeated every 14400 s
   not now: outside its hours: business
   by nothing: the receiver has no way of being told
)");
}

TEST(AlertConfig, AFaultIsOneLineWithFileLineAndKey) {
  const auto fault = ParseAlertConfig("route:\n  receiver: r\n  colour: red\nreceivers: [{name: r}]\n",
                                      "alerts.yml", SpokenKinds());
  ASSERT_FALSE(fault);
  EXPECT_EQ(fault.error().message, "alerts.yml:3: route: unknown key 'colour'");
}

struct Case {
  const char* name;
  bool good;
  std::string text;
};

std::string WithReceiver(const std::string& more, const std::string& global = "") {
  return global + "\nroute: {receiver: r}\nreceivers:\n  - name: r\n" + more + "\n";
}
std::string WithHttp(const std::string& http) {
  return WithReceiver("    webhook_configs: [{url: 'http://h.example/', http_config: {" + http + "}}]");
}
std::string WithInterval(const std::string& interval) {
  return "route: {receiver: r, routes: [{receiver: r, mute_time_intervals: [t]}]}\nreceivers: [{name: r}]\n"
         "time_intervals:\n  - name: t\n    time_intervals:\n      - " +
         interval + "\n";
}

// Written from the documentation of Alertmanager's configuration; amtool is asked for its opinion below.
const std::vector<Case>& Cases() {
  static const std::vector<Case> kCases = {
      {"minimal", true, WithRoute("")},
      {"empty", false, ""},
      {"no route", false, "receivers: [{name: r}]\n"},
      {"no receiver at the root", false, "route: {group_by: [a]}\nreceivers: [{name: r}]\n"},
      {"undefined receiver", false, "route: {receiver: x}\nreceivers: [{name: r}]\n"},
      {"undefined receiver in a child", false, WithRoute("  routes: [{receiver: x}]")},
      {"receiver twice", false, "route: {receiver: r}\nreceivers: [{name: r}, {name: r}]\n"},
      {"matchers at the root", false, WithRoute("  matchers: [a=b]")},
      {"match at the root", false, WithRoute("  match: {a: b}")},
      {"continue at the root", false, WithRoute("  continue: true")},
      {"hours at the root", false, WithRoute("  mute_time_intervals: [t]")},
      {"unknown key in a route", false, WithRoute("  colour: red")},
      {"unknown key at the top", false, WithRoute("") + "colour: red\n"},
      {"group by all", true, WithRoute("  group_by: ['...']")},
      {"group by all and more", false, WithRoute("  group_by: ['...', a]")},
      {"group by twice the same", false, WithRoute("  group_by: [a, a]")},
      {"zero wait", true, WithRoute("  group_wait: 0s")},
      {"zero interval", false, WithRoute("  group_interval: 0s")},
      {"zero repeat", false, WithRoute("  repeat_interval: 0s")},
      {"compound duration", true, WithRoute("  repeat_interval: 1d12h30m")},
      {"duration without unit", false, WithRoute("  group_wait: 30")},
      {"duration out of order", false, WithRoute("  group_wait: 30s1m")},
      {"negative duration", false, WithRoute("  group_wait: -30s")},
      {"matchers of every form", true,
       WithRoute(
           "  routes:\n    - matchers: ['a=\"b\"', c!=d, 'e=~\"f|g\"', 'h!~i.*', '{j=\"k\",l=\"m\"}']")},
      {"matcher without operator", false, WithRoute("  routes: [{matchers: [foo]}]")},
      {"bad expression", false, WithRoute("  routes: [{matchers: ['a=~(']}]")},
      {"bad expression in match_re", false, WithRoute("  routes: [{match_re: {a: '('}}]")},
      {"match and match_re", true, WithRoute("  routes: [{match: {a: b}, match_re: {c: 'd.*'}}]")},
      {"nothing in match_re", false, WithRoute("  routes: [{match_re: {a: }}]")},
      {"undefined interval", false, WithRoute("  routes: [{receiver: r, mute_time_intervals: [t]}]")},
      {"inhibit rule", true,
       WithRoute("") + "inhibit_rules: [{source_match: {a: b}, target_match_re: {c: 'd.*'}, equal: [e]}]\n"},
      {"inhibit rule with matchers", true,
       WithRoute("") + "inhibit_rules: [{source_matchers: [a=b], target_matchers: [c=~d], equal: [e]}]\n"},
      {"inhibit rule with nothing in an expression", false,
       WithRoute("") + "inhibit_rules: [{source_match_re: {a: }, target_match: {c: d}}]\n"},
      {"inhibit rule with an unknown key", false, WithRoute("") + "inhibit_rules: [{source: {a: b}}]\n"},
      {"business hours", true,
       WithInterval(
           "{times: [{start_time: '09:00', end_time: '17:00'}], weekdays: ['monday:friday', saturday]}")},
      {"month ends", true,
       WithInterval(
           "{days_of_month: ['-3:-1', '1'], months: ['january:march', '12'], years: ['2026:2030']}")},
      {"backward time", false, WithInterval("{times: [{start_time: '17:00', end_time: '09:00'}]}")},
      {"half a time", false, WithInterval("{times: [{start_time: '09:00'}]}")},
      {"bad weekday", false, WithInterval("{weekdays: [funday]}")},
      {"bad day", false, WithInterval("{days_of_month: ['0']}")},
      {"negative to positive days", false, WithInterval("{days_of_month: ['-5:2']}")},
      {"zone", true, WithInterval("{location: 'UTC'}")},
      {"bad zone", false, WithInterval("{location: 'Mars/Olympus'}")},
      {"interval twice", false,
       WithRoute("") + "time_intervals: [{name: t, time_intervals: []}, {name: t, time_intervals: []}]\n"},
      {"old name of intervals", true,
       WithRoute("") + "mute_time_intervals: [{name: t, time_intervals: [{weekdays: [monday]}]}]\n"},
      {"slack without a URL", false, WithReceiver("    slack_configs: [{channel: x}]")},
      {"slack with its own URL", true,
       WithReceiver("    slack_configs: [{api_url: 'https://x.example/y', channel: x}]")},
      {"slack with the global URL", true,
       WithReceiver("    slack_configs: [{channel: x}]", "global: {slack_api_url: 'https://x.example/y'}")},
      {"slack with two global URLs", false,
       WithReceiver("", "global: {slack_api_url: 'https://x.example/y', slack_api_url_file: /f}")},
      {"slack with two URLs", false,
       WithReceiver("    slack_configs: [{api_url: 'https://x.example/y', api_url_file: /f, channel: x}]")},
      {"slack with a bad URL", false,
       WithReceiver("    slack_configs: [{api_url: 'ftp://x.example/y', channel: x}]")},
      {"slack with an unknown key", false,
       WithReceiver("    slack_configs: [{api_url: 'https://x.example/y', canal: x}]")},
      {"webhook", true, WithReceiver("    webhook_configs: [{url: 'http://127.0.0.1:1/'}]")},
      {"webhook without a URL", false, WithReceiver("    webhook_configs: [{send_resolved: false}]")},
      {"webhook with a bad URL", false, WithReceiver("    webhook_configs: [{url: 'nonsense'}]")},
      {"mail", true,
       WithReceiver(
           "    email_configs: [{to: a@b.example, from: c@d.example, smarthost: 'mail.example:25'}]")},
      {"mail without to", false,
       WithReceiver("    email_configs: [{from: c@d.example, smarthost: 'mail.example:25'}]")},
      {"mail without a smarthost", false,
       WithReceiver("    email_configs: [{to: a@b.example, from: c@d.example}]")},
      {"mail without a sender", false,
       WithReceiver("    email_configs: [{to: a@b.example, smarthost: 'm.example:25'}]")},
      {"mail with a smarthost without a port", false,
       WithReceiver("    email_configs: [{to: a@b.example, from: c@d.example, smarthost: mail.example}]")},
      {"mail with two passwords", false,
       WithReceiver("", "global: {smtp_auth_password: x, smtp_auth_password_file: /f}")},
      {"pagerduty", true, WithReceiver("    pagerduty_configs: [{routing_key: k}]")},
      {"pagerduty without a key", false, WithReceiver("    pagerduty_configs: [{client: c}]")},
      {"opsgenie without a key", false, WithReceiver("    opsgenie_configs: [{message: m}]")},
      {"victorops without a key", false, WithReceiver("    victorops_configs: [{routing_key: k}]")},
      {"webhook with all of HTTP", true,
       WithReceiver(
           "    webhook_configs: [{url: 'http://h.example/', max_alerts: 5, http_config: "
           "{follow_redirects: false, proxy_url: 'http://p.example:1', authorization: {credentials: x}, "
           "tls_config: {insecure_skip_verify: true}}}]")},
      {"webhook with two passwords", false,
       WithHttp("basic_auth: {username: a, password: b, password_file: /f}")},
      {"webhook with two tokens", false, WithHttp("bearer_token: x, bearer_token_file: /f")},
      {"webhook with token and password", false,
       WithHttp("bearer_token: x, basic_auth: {username: a, password: b}")},
      {"webhook with a Basic authorization", false, WithHttp("authorization: {type: Basic, credentials: x}")},
      {"webhook with two authorizations", false,
       WithHttp("authorization: {credentials: x}, basic_auth: {username: a, password: b}")},
      {"webhook with OAuth2", true,
       WithHttp("oauth2: {client_id: a, client_secret: b, token_url: 'http://t.example/'}")},
      {"webhook with OAuth2 without a client", false,
       WithHttp("oauth2: {client_secret: b, token_url: 'http://t.example/'}")},
      {"webhook with OAuth2 by two keys", false,
       WithHttp(
           "oauth2: {client_id: a, token_url: 'http://t.example/', client_certificate_key: k, "
           "client_certificate_key_file: f, grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer'}")},
      {"webhook with OAuth2 by an unknown signature", false,
       WithHttp(
           "oauth2: {client_id: a, token_url: 'http://t.example/', client_certificate_key: k, grant_type: "
           "'urn:ietf:params:oauth:grant-type:jwt-bearer', signature_algorithm: ES256}")},
      {"webhook with an unknown key of HTTP", false, WithHttp("colour: red")},
      {"webhook with an unknown key of TLS", false, WithHttp("tls_config: {colour: red}")},
      {"webhook with a negative bound", false,
       WithReceiver("    webhook_configs: [{url: 'http://h.example/', max_alerts: -1}]")},
      {"telegram", true,
       WithReceiver("    telegram_configs: [{bot_token: a, chat_id: 1, parse_mode: HTML}]")},
      {"telegram with an unknown mode", false,
       WithReceiver("    telegram_configs: [{bot_token: a, chat_id: 1, parse_mode: x}]")},
      {"webex without authorization", false, WithReceiver("    webex_configs: [{room_id: a}]")},
      {"opsgenie with a responder", true,
       WithReceiver("    opsgenie_configs: [{api_key: a, responders: [{type: team, name: x}]}]")},
      {"opsgenie with a responder of no kind", false,
       WithReceiver("    opsgenie_configs: [{api_key: a, responders: [{type: bogus, name: x}]}]")},
      {"opsgenie with a nameless responder", false,
       WithReceiver("    opsgenie_configs: [{api_key: a, responders: [{type: team}]}]")},
      {"victorops with a field of its own", true,
       WithReceiver("    victorops_configs: [{api_key: a, routing_key: b, custom_fields: {mine: x}}]")},
      {"victorops with a reserved field", false,
       WithReceiver(
           "    victorops_configs: [{api_key: a, routing_key: b, custom_fields: {entity_state: x}}]")},
      {"wechat with an unknown type", false,
       WithReceiver("    wechat_configs: [{api_secret: a, corp_id: b, message_type: x}]")},
      {"slack with fields and actions", true,
       WithReceiver(
           "    slack_configs: [{api_url: 'http://s.example/', channel: c, fields: [{title: a, value: b}], "
           "actions: [{type: button, text: a, url: b}]}]")},
      {"slack with a field without a title", false,
       WithReceiver("    slack_configs: [{api_url: 'http://s.example/', channel: c, fields: [{value: b}]}]")},
      {"slack with an action that does nothing", false,
       WithReceiver(
           "    slack_configs: [{api_url: 'http://s.example/', channel: c, actions: [{type: button, text: "
           "b}]}]")},
      {"mail with a header twice", false,
       WithReceiver(
           "    email_configs: [{to: a@b.c, from: c@d.e, smarthost: 'm:25', headers: {Subject: x, subject: "
           "y}}]")},
      {"mail with an empty port", false,
       WithReceiver("    email_configs: [{to: a@b.c, from: c@d.e, smarthost: 'm:'}]")},
      {"empty duration", false, WithRoute("  group_wait: ''")},
      {"a trailing comma in matchers", true, WithRoute("  routes: [{matchers: ['{a=b,}']}]")},
      {"unknown kind of receiver", false, WithReceiver("    pigeon_configs: [{loft: x}]")},
      {"unknown key in global", false, WithReceiver("", "global: {colour: red}")},
      {"a list where a mapping belongs", false, "route: [a]\nreceivers: []\n"},
      {"not YAML", false, "route: {receiver: r\n"},
  };
  return kCases;
}

// Of Alertmanager 0.35; Debian's judges some of them otherwise.
std::vector<Case> NewerCases() {
  return {
      {"weekdays over the end of the week", true, WithInterval("{weekdays: ['friday:monday']}")},
      {"slack that tells in threads", true,
       WithReceiver("    slack_configs: [{app_token: a, channel: c, post_updates_to_thread: true}]")},
      {"a webhook of slack that tells in threads", false,
       WithReceiver("    slack_configs: [{api_url: 'http://s.example/', post_updates_to_thread: true}]")},
      {"slack with credentials and no URL", false,
       WithReceiver("    slack_configs: [{http_config: {authorization: {credentials: a}}}]",
                    "global: {slack_app_token: b}")},
      {"slack with a word for a flag of a field", false,
       WithReceiver(
           "    slack_configs: [{api_url: 'http://s.example/', fields: [{title: a, value: b, short: x}]}]")},
      {"slack with an empty field", true,
       WithReceiver("    slack_configs: [{api_url: 'http://s.example/', fields: [null]}]")},
      {"telegram with a timeout", true,
       WithReceiver("    telegram_configs: [{bot_token: a, chat_id: 1, timeout: 10s}]")},
      {"jira without a URL", false, WithReceiver("    jira_configs: [{project: a, issue_type: b}]")},
      {"jira with the URL of global", true,
       WithReceiver("    jira_configs: [{project: a, issue_type: b}]",
                    "global: {jira_api_url: 'https://j.example'}")},
      {"pagerduty with details that are a word", false,
       WithReceiver("    pagerduty_configs: [{routing_key: a, details: '~'}]")},
      {"pagerduty with a key of details twice", false,
       WithReceiver("    pagerduty_configs: [{routing_key: a, details: {b: c, b: d}}]")},
      {"a timeout with a fraction", true,
       WithReceiver("    webhook_configs: [{url: 'http://a', timeout: 1.5s}]")},
      {"a timeout of weeks", false, WithReceiver("    webhook_configs: [{url: 'http://a', timeout: 1w}]")},
      {"a flag that is tagged as a word", false,
       WithReceiver("    webhook_configs: [{url: 'http://a', send_resolved: !!str true}]")},
      {"a proxy whose port is a word", false,
       WithReceiver("    webhook_configs: [{url: 'http://a', http_config: {proxy_url: 'http://x:y'}}]")},
      {"an empty matcher", true, WithRoute("  routes: [{matchers: [null]}]")},
      {"tracing", true,
       WithRoute("") + "tracing: {endpoint: 'localhost:4317', sampling_fraction: 0.5, insecure: true}\n"},
      {"tracing with an unknown key", false, WithRoute("") + "tracing: {endpoint: a, colour: red}\n"},
      {"tracing without an end", false, WithRoute("") + "tracing: {insecure: true}\n"},
      {"an event recorder whose output has no name", false,
       WithRoute("") + "event_recorder: {stdout_outputs: [{}]}\n"},
      {"jira with a summary that is not updated", true,
       WithReceiver("    jira_configs: [{api_url: 'https://j.example', project: a, issue_type: b, summary: "
                    "{template: c, "
                    "enable_update: false}}]")},
      {"mattermost with a field without a title", false,
       WithReceiver("    mattermost_configs: [{webhook_url: 'http://a', fields: [{value: b}]}]")},
      {"rocketchat with a field without a title", true,
       WithReceiver("    rocketchat_configs: [{token: a, token_id: b, fields: [{value: b}]}]")},
      {"rocketchat with an odd flag", false,
       WithReceiver("    rocketchat_configs: [{token: a, token_id: b, fields: [{short: b}]}]")},
  };
}

TEST(AlertConfig, AcceptsAndRefusesWhatTheDocumentationSays) {
  for (const std::vector<Case>& cases : {Cases(), NewerCases()}) {
    for (const Case& c : cases) {
      const auto config = ParseAlertConfig(c.text, "alerts.yml", SpokenKinds());
      EXPECT_EQ(config.has_value(), c.good) << c.name << (config ? "" : ": " + config.error().message);
    }
  }
}

// Of Alertmanager since 0.29; Debian's does not know the key.
TEST(AlertConfig, SlackIsSpokenToByAnAppOrByAWebhook) {
  const auto accepted = [](const std::string& global) {
    return ParseAlertConfig(WithReceiver("    slack_configs: [{channel: x}]", "global: {" + global + "}"),
                            "f", SpokenKinds())
        .has_value();
  };
  EXPECT_TRUE(accepted("slack_app_token: xoxb-1"));
  EXPECT_TRUE(accepted("slack_app_token: xoxb-1, slack_api_url: 'https://slack.com/api/chat.postMessage'"));
  EXPECT_FALSE(accepted("slack_app_token: xoxb-1, slack_api_url: 'https://x.example/y'"));
  EXPECT_FALSE(accepted("slack_app_token_file: /t, slack_api_url_file: /f"));
}

// Of Alertmanager since 0.30.
TEST(AlertConfig, OnlyAnAppChangesItsMessagesAndNoWebhook) {
  const auto told = [](const std::string& slack, const std::string& global = "") {
    const auto config = ParseAlertConfig(
        WithReceiver("    slack_configs:\n    - channel: x\n" + slack, "global: {" + global + "}"), "f",
        SpokenKinds());
    return config ? std::string() : config.error().message;
  };
  EXPECT_EQ(told("      api_url: 'https://slack.com/api/chat.postMessage'\n      update_message: yes\n"), "");
  EXPECT_EQ(told("      app_token: xoxb-1\n      update_message: true\n"), "");
  EXPECT_EQ(told("      api_url: 'https://x.example/y'\n      update_message: no\n"), "");
  EXPECT_THAT(told("      api_url: 'https://x.example/y'\n      update_message: yes\n"),
              HasSubstr("update_message: only an app may change its messages"));
  EXPECT_THAT(told("      update_message: true\n", "slack_api_url: 'https://x.example/y'"),
              HasSubstr("update_message"));
  EXPECT_THAT(told("      api_url_file: /f\n      update_message: true\n"), HasSubstr("update_message"));
}

TEST(AlertConfig, AMailMayHaveHtmlOfItsOwn) {
  const auto config = ParseAlertConfig(
      WithReceiver("    email_configs: [{to: a@b.c, from: d@e.f, smarthost: 'm:25', html: '<b>x</b>'}]"), "f",
      SpokenKinds());
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->integrations.at(0).values.at("html"), "<b>x</b>");
}

TEST(AlertConfig, AgreesWithAmtoolOnEveryCase) {
  if (std::system("command -v amtool >/dev/null") != 0)
    GTEST_SKIP() << "amtool is not installed (prometheus-alertmanager)";
  TemporaryFolder folder;
  for (const Case& c : Cases()) {
    const std::string path = folder.path() + "/alerts.yml";
    std::ofstream(path) << c.text;
    const bool accepted = std::system(("amtool check-config " + path + " >/dev/null 2>&1").c_str()) == 0;
    EXPECT_EQ(accepted, c.good) << c.name;
  }
}

TEST(PrometheusDuration, IsReadInItsUnitsFromLargeToSmall) {
  EXPECT_EQ(*ParsePrometheusDuration("1h30m"), 90min);
  EXPECT_EQ(*ParsePrometheusDuration("1500ms"), 1500ms);
  EXPECT_EQ(*ParsePrometheusDuration("1w"), 168h);
  EXPECT_EQ(*ParsePrometheusDuration("0"), 0s);
  for (const char* text : {"", "5", "s", "5x", "1m1m", "-1s", "1.5h"})
    EXPECT_FALSE(ParsePrometheusDuration(text)) << text;
}

}  // namespace
}  // namespace loadline::collector
