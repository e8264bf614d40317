"""Configurations in Alertmanager's language as people get them wrong: good ones, changed in one or two places."""

import copy

import yaml

# With all that people write beside what Alertmanager's own examples have.
WHOLE = """\
global:
  resolve_timeout: 5m
  smtp_from: alerts@example.org
  smtp_smarthost: mail.example.org:587
  smtp_require_tls: true
  slack_api_url_file: /run/secrets/slack
  pagerduty_url: https://events.pagerduty.com/v2/enqueue
  http_config:
    follow_redirects: true
    basic_auth: {username: me, password_file: /run/secrets/password}
    tls_config: {insecure_skip_verify: false, server_name: example.org, min_version: TLS12}
templates: [said.tmpl, 'more*.tmpl']
route:
  receiver: rest
  group_by: [alertname, cluster]
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  labels: {team: ops, reason: '{{ .GroupLabels.alertname }}'}
  routes:
  - receiver: chat
    matchers: [severity="critical", 'team=~"a|b"', env!=dev, '"quoted name"=x', 'path!~"^/tmp/.*"']
    continue: true
    mute_time_intervals: [nights]
    group_by: ['...']
    routes:
    - {receiver: mail, match: {severity: page}, active_time_intervals: [office, weekend]}
    - {receiver: hook, match_re: {service: '^(foo|bar)$'}, repeat_interval: 1d}
  - {receiver: pager, matchers: ['{severity="critical",team="x"}']}
mute_time_intervals:
- name: nights
  time_intervals:
  - {times: [{start_time: '22:00', end_time: '24:00'}, {start_time: '00:00', end_time: '06:00'}]}
time_intervals:
- name: office
  time_intervals:
  - times: [{start_time: '09:00', end_time: '17:00'}]
    weekdays: ['monday:friday']
    location: Europe/Berlin
- name: weekend
  time_intervals:
  - {weekdays: [saturday, sunday], days_of_month: ['1:7', '-3:-1'], months: ['january:march', '12'], years: ['2020:2030']}
inhibit_rules:
- {source_matchers: [severity=critical], target_matchers: [severity=~"warning|info"], equal: [alertname, cluster]}
- {source_match: {alertname: NodeDown}, target_match_re: {alertname: 'Pod.*'}, equal: [node]}
- {name: third, source_matchers: ['a="b"'], target_matchers: ['c!="d"']}
receivers:
- name: rest
- name: chat
  slack_configs:
  - channel: '#alerts'
    send_resolved: true
    title: '{{ template "slack.default.title" . }}'
    text: '{{ range .Alerts }}{{ .Annotations.summary }}{{ end }}'
    color: '{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}'
    fields: [{title: Severity, value: '{{ .CommonLabels.severity }}', short: true}]
    actions: [{type: button, text: Runbook, url: 'https://example.org/{{ .CommonLabels.alertname }}'}]
  - {channel: '#other', api_url: 'https://hooks.slack.com/services/x', icon_emoji: ':fire:', link_names: true, short_fields: false}
- name: mail
  email_configs:
  - to: 'On call <oncall@example.org>, other@example.org'
    headers: {Subject: '{{ .Status }}', Reply-To: a@example.org}
    html: '<b>{{ .CommonLabels.alertname }}</b>'
    require_tls: false
    auth_username: me
    auth_password: secret
    tls_config: {ca_file: ca.pem}
- name: hook
  webhook_configs:
  - url: https://example.org/hook?a=b
    max_alerts: 10
    timeout: 10s
    http_config:
      authorization: {type: Bearer, credentials: token}
      proxy_url: http://proxy.example.org:3128
      no_proxy: localhost,10.0.0.0/8
      http_headers: {X-Team: {values: [ops]}}
  - url_file: /run/secrets/url
    http_config:
      oauth2: {client_id: a, client_secret: b, token_url: 'https://example.org/token', scopes: [x], endpoint_params: {c: d}}
- name: pager
  pagerduty_configs:
  - routing_key: key
    severity: '{{ .CommonLabels.severity }}'
    details: {firing: '{{ .Alerts.Firing | len }}', deep: {deeper: x}}
    images: [{src: 'https://example.org/a.png', alt: a, href: 'https://example.org'}]
    links: [{href: 'https://example.org', text: b}]
  - {service_key: key, client: me, client_url: 'https://example.org'}
  opsgenie_configs:
  - {api_key: key, priority: P1, tags: 'a,b', responders: [{name: ops, type: team}], update_alerts: true}
  msteams_configs: [{webhook_url: 'https://example.org/teams', title: t}]
  msteamsv2_configs: [{webhook_url_file: /run/secrets/teams}]
- name: others
  pushover_configs: [{user_key: a, token: b, priority: '1', retry: 1m, expire: 1h, ttl: 1h}]
  telegram_configs: [{bot_token: a, chat_id: -100123, parse_mode: HTML}]
  discord_configs: [{webhook_url: 'https://example.org/d'}]
  webex_configs: [{room_id: a, http_config: {authorization: {credentials: b}}}]
  sns_configs: [{topic_arn: 'arn:aws:sns:us-east-2:123456789012:My-Topic', sigv4: {region: us-east-2}, attributes: {a: b}}]
  jira_configs: [{api_url: 'https://example.org/j', project: OPS, issue_type: Bug, labels: [a], reopen_duration: 1h}]
  victorops_configs: [{api_key: a, routing_key: b, custom_fields: {c: d}}]
  wechat_configs: [{api_secret: a, corp_id: b, to_user: c}]
  rocketchat_configs: [{token: a, token_id: b, channel: c, fields: [{title: d, value: e, short: true}]}]
  mattermost_configs: [{webhook_url: 'https://example.org/m', channel: a, fields: [{title: b, value: c}]}]
  incidentio_configs: [{url: 'https://example.org/i', alert_source_token: a, metadata: {b: c}}]
tracing: {endpoint: 'localhost:4317', sampling_fraction: 0.5, insecure: true, headers: {X-A: {values: [b]}}}
event_recorder: {stdout_outputs: [{name: a}]}
"""

# Beside each configuration.
FILES = {"said.tmpl": '{{ define "said" }}{{ .Status }}{{ end }}', "broken.txt": "{{ if }}", "more.tmpl": "", "ca.pem": "none"}

ANYTHING = [None, True, False, 0, -1, 1.5, 7, 1_000_000_000_000, "", " ", "x", "x y", "\u00e9", "a\tb", "'", '"', "~", "yes", "on", "1e3", "0x10", "007",
            [], [None], [""], {}, {"a": "b"}, {"a": None}, {"a": {"b": "c"}}, {"": ""}, {1: 2}, ["a"], ["a", "a"], [["a"]], [{}], [{"a": 1}],
            "<secret>", "*", "...", "{{ .Foo", '{{ template "nope" . }}', "2024-01-01", 2024]
DURATIONS = ["1h", "0s", "0", 0, 5, "5", "-5m", "1d2h", "2h1d", "1.5h", "1h30m", "90s", "1w", "1y", "1ms", "1 h", "h", "1h1h", "300y", "10000000000h", ""]
URLS = ["http://x", "https://x/y?z=%41", "http://x/%zz", "ftp://x", "x", "//x", "http://", "http:///p", "http://a b", "http://[::1]:80/", "http://[::1",
        "http://x:99999", "http://x:y", "mailto:a@b", "http://u:p@x", " http://x", "http://x\n", "HTTP://X", "http://x#y", "https://{{ .A }}", "", None]
MATCHERS = ["a=b", "a=~b", "a!=b", "a!~b", "a==b", "a=~'('", "a=~(", 'a="b"', 'a="b', "a='b'", '"a"="b"', "a=b,c=d", "{a=b}", "{a=b,}", "{a=b", "{}", "=b", "a=",
            'a=""', "a", "a b=c", "a = b", "a=b c", "\u00e9=b", "a.b=c", "a-b=c", "1a=b", 'a="\\n"', 'a="\\x"', "a=\\n", "a=~\"[[:alpha:]]\"", "a=~\\d+", "a=~\"\\d\"",
            "a=~.*{5,2}", "a=~(?P<n>x)", "a=~(?!x)", "a=~x**", "a=~a{1001}", "{a=b}{c=d}", ",a=b", "a=b,", "a={b}", "a=\U0001f600", 'a="b"c', "a!b", "a<b", "a=~\"\\\\\"",
            {"a": "b"}, ["a=b"], 1, True, None]
REGEXES = ["x", "(", "^(a|b)$", "[", "*", "a**", "(?i)x", "(?<n>x)", "(?P<n>x)", "\\p{Greek}", "\\q", "x{2,1}", "x{1001}", "(?!x)", "\\b", "\\Qa", "\\C", 5, True, None, ""]
TIMES = ["00:00", "24:00", "24:01", "25:00", "9:00", "09:60", "09:00:00", "12", 540, "17:00", "", "a:b", " 09:00", None]
SPANS = ["monday", "Monday:FRIDAY", "friday:monday", "mon", "1", 1, "1:5", "5:1", "-1", "-3:-1", "-1:-3", "32", "0", "31", "-32", "january:march", "march:january", "13", "jan",
         "2020:2019", "1:-1", "-1:1", "a:b", "1:2:3", ":", "1:", "", " 1", "1 : 2", None]
PLACES = ["Europe/Berlin", "europe/berlin", "Nowhere/City", "UTC", "Local", "", "../etc/passwd", "/Europe/Berlin", "EST", "GMT+1", "Etc/GMT+1", None]
NAMES = ["alertname", "a b", "\u00e9", "", "1a", "a-b", "...", "__name__", "a", 1, None]
HOSTS = ["host:25", "host", ":25", "host:", "host:99999", "host:smtp", "[::1]:25", "::1:25", "a:b:c", "", "host:0", "host:-1", " host:25"]
ADDRESSES = ["a@b", "a", "a@b, c@d", "A B <a@b>", "a b@c", "<a@b", "{{ .A }}", "{{ .A", "", ",", "a@b;c@d"]
TEMPLATES = ["said.tmpl", "*.tmpl", "nope/*.tmpl", "broken.txt", "[", "", ".", "/", "said.tmpl/", "**/*.tmpl", "{a,b}", "\\"]
TEXTS = ["{{ .Status }}", "{{ .Foo", "{{ nope }}", '{{ template "nope" . }}', "{{ if }}", "{{ end }}", "}}", "{{/* a */}}", "{{ range .Alerts }}", "a", "", 5, True]
VERSIONS = ["TLS10", "TLS11", "TLS12", "TLS13", "TLS14", "tls12", "SSL3", 12, ""]
# Which values a key is given, by a word in it; the first that fits.
BY_KEY = [("interval", DURATIONS), ("timeout", DURATIONS), ("duration", DURATIONS), ("group_wait", DURATIONS), ("retry", DURATIONS), ("expire", DURATIONS),
          ("ttl", DURATIONS), ("url", URLS), ("matchers", MATCHERS), ("match", REGEXES), ("start_time", TIMES), ("end_time", TIMES),
          ("days", SPANS), ("months", SPANS), ("years", SPANS), ("location", PLACES), ("group_by", NAMES), ("equal", NAMES), ("smarthost", HOSTS),
          ("templates", TEMPLATES), ("version", VERSIONS), ("from", ADDRESSES), ("to", ADDRESSES), ("title", TEXTS), ("text", TEXTS), ("html", TEXTS), ("severity", TEXTS),
          ("labels", TEXTS), ("receiver", ["rest", "nobody", "", None, 5]), ("name", ["rest", "", None, 5, "a b"])]
KEYS = ["bogus", "name", "url", "url_file", "http_config", "send_resolved", "title", "matchers", "match", "match_re", "continue", "group_by", "receiver", "routes", "labels",
        "mute_time_intervals", "active_time_intervals", "time_intervals", "api_url", "api_key", "api_key_file", "bearer_token", "basic_auth", "authorization",
        "tls_config", "proxy_url", "no_proxy", "webhook_configs", "slack_configs", "email_configs", "nope_configs", "times", "weekdays", "location", "equal",
        "source_matchers", "target_match", "repeat_interval", "group_wait", "auth_password_file", "app_token", "timeout", "max_alerts", "tracing", "<<"]


def paths(value, path=()):
    """Of all that is in it."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in entries:
        yield (*path, key)
        yield from paths(inner, (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


class Slips:
    """Changes to good configurations, by chance."""

    def __init__(self, chance, texts):
        self.chance = chance
        self.good = [yaml.safe_load(text) for text in texts]

    def one(self):
        """The text of a configuration with one or two slips."""
        value = copy.deepcopy(self.chance.choice(self.good))
        for _ in range(self.chance.choice([1, 1, 1, 2])):
            self.slip(value)
        flow = self.chance.choice([None, False, False])
        text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=flow, width=1000)
        return self.mistyped(text) if self.chance.random() < 0.12 else text

    def value_for(self, path):
        words = " ".join(str(key) for key in path[-2:])
        fitting = next((values for word, values in BY_KEY if word in words), ANYTHING)
        return copy.deepcopy(self.chance.choice(fitting if self.chance.random() < 0.75 else ANYTHING))

    def slip(self, value):
        everywhere = list(paths(value))
        if not everywhere:
            return
        path = self.chance.choice(everywhere)
        holder, key = at(value, path[:-1]), path[-1]
        self.chance.choices([self.leave_out, self.give, self.take_from_elsewhere, self.rename, self.wrap, self.double, self.add],
                            [2, 6, 1, 1, 1, 1.5, 1.5])[0](value, holder, path, key, everywhere)

    def leave_out(self, _value, holder, _path, key, _everywhere):
        del holder[key]

    def give(self, _value, holder, path, key, _everywhere):
        holder[key] = self.value_for(path)

    def take_from_elsewhere(self, value, holder, _path, key, everywhere):
        holder[key] = copy.deepcopy(at(value, self.chance.choice(everywhere)))

    def rename(self, _value, holder, _path, key, everywhere):
        if isinstance(holder, dict):
            other = self.chance.choice([self.chance.choice(everywhere)[-1], self.chance.choice(KEYS), str(key).upper(), f"{key}s"])
            holder[other] = holder.pop(key)

    def wrap(self, _value, holder, _path, key, _everywhere):
        inner = holder[key]
        holder[key] = [inner] if not isinstance(inner, list) else (inner[0] if inner else None)

    def double(self, _value, holder, _path, key, _everywhere):
        if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))

    def add(self, _value, holder, path, _key, _everywhere):
        if isinstance(holder, dict):
            name = self.chance.choice(KEYS)
            holder[name] = self.value_for((*path[:-1], name))

    def mistyped(self, text):
        """A line of it written otherwise."""
        lines = text.split("\n")
        i = self.chance.randrange(len(lines))
        line = lines[i]
        lines[i] = self.chance.choice([" " + line, line[1:], line + ":", "- " + line, line.replace(":", "", 1), line + "\n" + line, "\t" + line, line + " # x",
                                       line.replace("'", '"'), line.replace("- ", "-", 1), line + " &a", "---\n" + line, line.replace(": ", ": !!str ", 1),
                                       line.replace(": ", ": &a ", 1), line.replace(": ", ": *a ", 1), line.replace(": ", ": |\n    ", 1)])
        return "\n".join(lines)
