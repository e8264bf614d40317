#!/usr/bin/python3
"""Labels of routes beside Alertmanager's current release: what webhooks, texts of Slack and the API say of them."""

import json
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, "tests/support")
import alertmanager_programs  # noqa: E402
from alert_peers import Alertmanager, Collector, Webhook, ask, wait_for  # noqa: E402

SAID = '{{ routeLabels "why" }}|{{ .RouteLabels.team }}|{{ routeLabels "none" }}|{{ routeLabels "loop" }}|{{ len .RouteLabels }}|{{ .NotificationReason }}'


def alerting(hook, slack):
    return f"""
templates: ['*.tmpl']
global: {{slack_api_url: "{slack}"}}
route:
  receiver: all
  group_by: [alertname]
  group_wait: 1s
  labels:
    team: ops
    reason: '{{{{ .GroupLabels.alertname }}}}'
    why: '{{{{ template "why" . }}}} ({{{{ routeLabels "reason" }}}}, {{{{ len .Alerts }}}}, {{{{ .NotificationReason }}}})'
    loop: '{{{{ routeLabels "pool" }}}}'
    pool: '{{{{ routeLabels "loop" }}}}'
    broken: '{{{{ index .Alerts 99 }}}}'
    empty: ''
  routes:
  - matchers: [severity=critical]
    labels: {{reason: 'critical {{{{ .CommonLabels.zone }}}}', zone: '{{{{ .CommonLabels.zone }}}}', 'odd name': '{{{{ .Status }}}}'}}
    routes:
    - {{matchers: [zone=east], labels: {{team: east}}, group_by: [alertname, zone]}}
receivers:
- name: all
  webhook_configs: [{{url: "{hook}"}}]
  slack_configs: [{{channel: '#a', title: t, text: 'said; {SAID}', fallback: f}}]
"""


ALERTS = [{"alertname": "Slow", "severity": "warning", "zone": "east"}, {"alertname": "Down", "severity": "critical", "zone": "west"},
          {"alertname": "Gone", "severity": "critical", "zone": "east", "pod": "<!here> {{ .Status }}"}]


class Side:
    def __init__(self, kind, program=None):
        self.folder = tempfile.mkdtemp(prefix="loadline-test-")
        self.hook, self.slack = Webhook(), Webhook()
        self.target = kind(self.folder, alerting(self.hook.url, self.slack.url))
        self.target.rules.with_name("a.tmpl").write_text('{{ define "why" }}{{ .Status }} of {{ .Receiver }}{{ end }}', encoding="utf-8")
        if program:
            self.target.command[0] = program
        self.target.start()
        wait_for(self.target.ready, 30, "it did not start")
        since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        ask(self.target.url + "/api/v2/alerts", [{"labels": labels, "startsAt": since} for labels in ALERTS])

    def told(self):
        """By the rule, what its webhook has as labels of the route."""
        wait_for(lambda: len(self.hook.messages) == len(ALERTS) == len(self.slack.messages), 60, "not all was told")
        return {body["groupLabels"]["alertname"]: body["routeLabels"] for _, _, body in self.hook.messages}

    def texts(self):
        return sorted(text for _, _, body in self.slack.messages for text in texts_in(body))

    def groups(self):
        _, groups = ask(self.target.url + "/api/v2/alerts/groups")
        return {group["labels"]["alertname"]: group["routeLabels"] for group in groups}

    def close(self):
        self.target.stop()
        self.hook.close()
        self.slack.close()
        shutil.rmtree(self.folder, True)


def texts_in(body):
    """What stands behind "said; " in any of a message's texts, once."""
    found = []

    def look(value):
        if isinstance(value, str) and "said; " in value:
            found.append(value[value.index("said; "):].splitlines()[0])
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            look(inner)
    look(body)
    return set(found)


class RouteLabels(unittest.TestCase):
    def test_they_are_those_of_alertmanager(self):
        try:
            program = alertmanager_programs.program("alertmanager")
        except alertmanager_programs.NotBuilt as why:
            self.skipTest(f"Alertmanager cannot be built: {why}")
        sides = []
        try:
            sides += [Side(Collector)]
            sides += [Side(Alertmanager, program)]
            told = [side.told() for side in sides]
            self.assertEqual(told[1]["Gone"]["team"], "east")
            self.assertEqual(told[1]["Gone"]["why"], "firing of all (critical east, 1, unknown)")
            self.assertNotIn("loop", told[1]["Gone"])
            self.assertEqual(*(json.dumps(one, indent=1, sort_keys=True) for one in told))
            self.assertEqual(sides[0].texts(), sides[1].texts())
            self.assertEqual(sides[0].groups(), sides[1].groups())
            self.assertEqual(sides[0].groups(), told[0])
        finally:
            for side in sides:
                side.close()


if __name__ == "__main__":
    unittest.main()
