#!/usr/bin/python3
"""A real Prometheus posts its alerts to a real collector, and the real amtool lists, silences and expires."""

import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, "tests/support")
from alert_peers import Collector, Process, Webhook, ask, free_port, wait_for  # noqa: E402

RULES = """\
groups:
- name: always
  interval: 1s
  rules:
  - alert: DiskAlmostFull
    expr: vector(97) > 90
    labels: {severity: critical, namespace: shop}
    annotations: {summary: "the disk is {{ $value }} % full"}
"""


def alerting(url):
    return f"""\
route: {{receiver: ops, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}
receivers:
- name: ops
  webhook_configs: [{{url: "{url}"}}]
"""


class AlertingWithRealPeers(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loadline-test-")
        self.webhook = Webhook()
        self.collector = Collector(self.folder, alerting(self.webhook.url))
        self.collector.start()
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.addCleanup(self.webhook.close)
        self.addCleanup(self.collector.stop)
        wait_for(self.collector.ready, 20, "the collector did not start")

    def amtool(self, *arguments, good=True):
        done = subprocess.run(["amtool", f"--alertmanager.url={self.collector.url}", *arguments],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode == 0, good, done.stdout + done.stderr)
        return done.stdout if good else done.stderr

    def test_alerts_of_prometheus_are_told_silenced_expired_and_survive_a_kill(self):
        port = free_port()
        rules = pathlib.Path(self.folder, "rules.yml")
        rules.write_text(RULES, encoding="utf-8")
        target = self.collector.url.removeprefix("http://")
        config = pathlib.Path(self.folder, "prometheus.yml")
        config.write_text(
            f"rule_files: ['{rules}']\nalerting:\n  alertmanagers:\n  - static_configs: [{{targets: ['{target}']}}]\n",
            encoding="utf-8")
        prometheus = Process(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--rules.alert.resend-delay=1s"], self.folder)
        prometheus.start()
        self.addCleanup(prometheus.stop)
        wait_for(lambda: "DiskAlmostFull" in self.webhook.told(), 40, "nobody was told of Prometheus' alert")
        body = self.webhook.messages[0][2]["alerts"][0]
        self.assertEqual(body["annotations"]["summary"], "the disk is 97 % full")
        self.assertEqual(body["labels"], {"alertname": "DiskAlmostFull", "namespace": "shop", "severity": "critical"})
        self.assertIn(f":{port}/graph", body["generatorURL"])
        self.assertIn("DiskAlmostFull", self.amtool("alert", "query", "namespace=shop"))
        self.assertNotIn("DiskAlmostFull", self.amtool("alert", "query", "namespace=other"))

        silence = self.amtool("silence", "add", "alertname=DiskAlmostFull", "--comment=known", "--author=me").strip()
        self.assertIn(silence, self.amtool("silence", "query"))
        self.assertNotIn("DiskAlmostFull", self.amtool("alert", "query"))
        self.assertIn("DiskAlmostFull", self.amtool("alert", "query", "--silenced"))
        self.collector.kill()
        self.collector.start()
        wait_for(self.collector.ready, 20, "the collector did not come back")
        self.assertIn(silence, self.amtool("silence", "query"))
        self.assertIn("DiskAlmostFull", self.amtool("alert", "query", "--silenced"))
        self.amtool("silence", "expire", silence)
        self.assertNotIn(silence, self.amtool("silence", "query"))
        self.assertIn(silence, self.amtool("silence", "query", "--expired"))
        self.assertIn("DiskAlmostFull", self.amtool("alert", "query"))

        # Prometheus says that it is over.
        rules.write_text(RULES.replace("> 90", "> 99"), encoding="utf-8")
        prometheus.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "DiskAlmostFull" in self.webhook.told("resolved"), 40, "nobody heard of the end")
        self.assertEqual(self.webhook.told(), ["DiskAlmostFull"], "told once, not after the kill again")

    def test_amtool_adds_updates_and_imports_silences_and_shows_the_configuration(self):
        self.amtool("alert", "add", "Manual", "node=n1", "--annotation=summary=by hand")
        wait_for(lambda: "Manual" in self.webhook.told(), 20, "nobody was told of amtool's alert")
        first = self.amtool("silence", "add", "node=~n.*", "severity!=page", "--comment=x").strip()
        shown = json.loads(self.amtool("silence", "query", "-o", "json"))
        self.assertEqual([(m["name"], m["value"], m["isRegex"], m["isEqual"]) for m in shown[0]["matchers"]],
                         [("node", "n.*", True, True), ("severity", "page", False, False)])
        updated = self.amtool("silence", "update", first, "--duration=5h").strip()
        self.assertIn(first, updated, "extended in place")
        exported = pathlib.Path(self.folder, "silences.json")
        exported.write_text(json.dumps([{**shown[0], "id": ""}]), encoding="utf-8")
        self.amtool("silence", "import", str(exported))
        self.assertEqual(len(json.loads(self.amtool("silence", "query", "-o", "json"))), 2)
        self.amtool("silence", "expire", "00000000-0000-4000-8000-000000000000", good=False)
        self.assertIn("group_wait: 1s", self.amtool("config", "show"))
        self.assertNotIn(self.webhook.url, self.amtool("config", "show"), "the webhook's URL is a secret")
        self.assertIn("ops", self.amtool("config", "routes", "test", "severity=page"))

    def test_filters_groups_receivers_and_wrong_requests_answer_as_alertmanagers_do(self):
        def api(path, *arguments, **named):
            return ask(f"{self.collector.url}/api/v2/{path}", *arguments, **named)

        labels = {"alertname": "A", "x": "1"}
        self.assertEqual(api("alerts", [{"labels": labels}, {"labels": {"alertname": "B"}}])[0], 200)
        self.assertEqual(api("alerts", [{"labels": {}}, {"labels": {"alertname": "C"}}])[0], 400)
        named = [alert["labels"]["alertname"] for alert in api("alerts")[1]]
        self.assertEqual(sorted(named), ["A", "B", "C"], "the good one of a bad request is kept")
        self.assertEqual(len(api("alerts?filter=x%3D%221%22")[1]), 1)
        self.assertEqual(len(api("alerts?filter=x%3D1&filter=alertname%3DB")[1]), 0)
        self.assertEqual(len(api("alerts?receiver=op.*")[1]), 3)
        self.assertEqual(len(api("alerts?receiver=o")[1]), 0)
        self.assertEqual(api("alerts?filter=nonsense")[0], 400)
        self.assertEqual(api("alerts?active=perhaps")[0], 400)
        groups = api("alerts/groups")[1]
        self.assertEqual([group["labels"] for group in groups], [{"alertname": n} for n in "ABC"])
        self.assertEqual(api("receivers")[1], [{"name": "ops"}])
        self.assertEqual(api("silence/nobody")[0], 404)
        self.assertEqual(api("silences", {"matchers": [{"name": "a", "value": ".*", "isRegex": True}],
                                          "startsAt": "2020-01-01T00:00:00Z", "endsAt": "2199-01-01T00:00:00+01:00",
                                          "createdBy": "", "comment": ""})[0], 400, "it would mute everything")
        self.assertEqual(api("alerts", {"not": "a list"})[0], 400)
        self.assertEqual(api("nothing")[0], 404)
        self.assertEqual(api("status", [])[0], 405)
        # An alert whose end is past is over.
        api("alerts", [{"labels": labels, "endsAt": "2020-01-01T00:00:00Z"}])
        self.assertEqual(len(api("alerts?filter=alertname%3DA")[1]), 0)

    def test_times_are_read_in_all_forms_that_alertmanager_reads(self):
        began = "2026-01-02T03:04:00.000Z"
        for written in ("2026-01-02T03:04", "2026-01-02T03:04Z", "2026-01-02T03:04:00", "2026-01-02 03:04:00",
                        "2026-01-02T05:04:00.000+0200", "2026-01-02T03:04:00Z"):
            alert = {"labels": {"alertname": "A", "written": written}, "startsAt": written, "endsAt": ""}
            self.assertEqual(ask(self.collector.url + "/api/v2/alerts", [alert])[0], 200, written)
        alerts = ask(self.collector.url + "/api/v2/alerts")[1]
        self.assertEqual({alert["labels"]["written"]: alert["startsAt"] for alert in alerts},
                         {alert["labels"]["written"]: began for alert in alerts})
        self.assertEqual(len(alerts), 6)
        for wrong in ("yesterday", "2026-01-02T03", "2026-13-02", "03:04:00"):
            alert = {"labels": {"alertname": "A"}, "startsAt": wrong}
            self.assertEqual(ask(self.collector.url + "/api/v2/alerts", [alert])[0], 400, wrong)

    def test_only_who_may_write_writes(self):
        def post(url, **headers):
            return ask(url + "/api/v2/alerts", [{"labels": {"alertname": "Forged"}}], headers=headers)[0]

        self.assertEqual(post(self.collector.url, Origin="http://evil.example"), 403)
        self.assertEqual(post(self.collector.url, **{"Content-Type": "text/plain"}), 415)
        self.assertEqual(post(self.collector.url, Host="evil.example"), 421)
        self.assertEqual(ask(self.collector.url + "/api/v1/alerts", [])[0], 405)
        self.assertEqual(ask(self.collector.url + "/api/v2/alerts")[1], [])
        with tempfile.TemporaryDirectory(prefix="loadline-test-") as folder:
            token = pathlib.Path(folder, "token")
            token.write_text("opensesame\n", encoding="utf-8")
            token.chmod(0o600)
            guarded = Collector(folder, alerting(self.webhook.url), f"security:\n  write_token_file: {token}\n")
            guarded.start()
            self.addCleanup(guarded.stop)
            wait_for(guarded.ready, 20, "the collector did not start")
            self.assertEqual(post(guarded.url), 401)
            self.assertEqual(post(guarded.url, Authorization="Bearer guess"), 403)
            self.assertEqual(post(guarded.url, Authorization="Bearer opensesame"), 200)
            self.assertEqual(len(ask(guarded.url + "/api/v2/alerts")[1]), 1, "reading needs none")
            guarded.stop()


if __name__ == "__main__":
    for program in ("prometheus", "amtool"):
        if not shutil.which(program):
            print(f"{program} is not installed: .ci/install test")
            sys.exit(77)
    unittest.main()
