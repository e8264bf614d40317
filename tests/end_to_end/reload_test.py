#!/usr/bin/python3
"""The configuration read anew, by SIGHUP and by POST /-/reload: a bad one changes nothing, a good one takes effect, and
what was told is not told again."""

import itertools
import pathlib
import signal
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, "tests/support")
from alert_peers import Collector, Webhook, ask, wait_for  # noqa: E402

RULES = """\
route: {{receiver: hook, group_by: [alertname], group_wait: 0s, group_interval: 1s, repeat_interval: 24h}}
receivers:
- name: hook
  webhook_configs: [{{url: "{url}"{more}}}]
"""
ALERT = [{"labels": {"alertname": "it-burns"}, "endsAt": "2190-01-01T00:00:00Z"}]


class Reload(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="loadline-reload-")
        self.addCleanup(folder.cleanup)
        self.hook = Webhook()
        self.addCleanup(self.hook.close)
        self.collector = Collector(folder.name, self.rules(""))
        self.file = pathlib.Path(folder.name, "alerting.yml")
        self.collector.start()
        self.addCleanup(self.collector.stop)
        wait_for(self.collector.ready, 30, "it did not start")

    def rules(self, more):
        return RULES.format(url=self.hook.url, more=more)

    def shown(self):
        _, status = ask(self.collector.url + "/api/v2/status")
        return status["config"]["original"] if status else ""

    def reload(self):
        return ask(self.collector.url + "/-/reload", method="POST")[0]

    def alerts(self):
        status, alerts = ask(self.collector.url + "/api/v2/alerts")
        return alerts if status == 200 else None

    def log(self):
        return self.collector.log.read_text(encoding="utf-8")

    def test_a_bad_one_changes_nothing_and_a_good_one_takes_effect(self):
        self.assertEqual(ask(self.collector.url + "/api/v2/alerts", ALERT)[0], 200)
        wait_for(lambda: "it-burns" in self.hook.told(), 20, "nobody was told")
        before = self.shown()
        self.file.write_text(self.rules(", format: nonsense"), encoding="utf-8")
        with self.assertRaises(ValueError):  # the words of the refusal are no JSON
            self.reload()
        self.collector.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "the old one stays" in self.log(), 20, "SIGHUP was not heard")
        self.assertEqual(self.shown(), before)

        self.file.write_text(self.rules(", max_alerts: 7"), encoding="utf-8")
        self.assertEqual(self.reload(), 200)
        wait_for(lambda: "max_alerts: 7" in self.shown(), 20, "the new configuration does not show")
        self.file.write_text(self.rules(", max_alerts: 8"), encoding="utf-8")
        self.collector.process.send_signal(signal.SIGHUP)
        wait_for(lambda: "max_alerts: 8" in self.shown(), 20, "the new configuration does not show")
        alerts = wait_for(self.alerts, 20, "the alert is gone")
        self.assertEqual([alert["labels"]["alertname"] for alert in alerts], ["it-burns"])
        self.assertEqual(self.hook.told().count("it-burns"), 1)

    def test_what_is_done_meanwhile_is_answered(self):
        """Whoever is cut off asks again, and would have two silences of which they know one."""
        answered = {}
        over = threading.Event()

        def make(who):
            for i in itertools.count():
                if over.is_set():
                    return
                matcher = {"name": "by", "value": f"{who}-{i}", "isRegex": False}
                answered[matcher["value"]] = ask(self.collector.url + "/api/v2/silences", {
                    "matchers": [matcher], "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2190-01-01T00:00:00Z",
                    "createdBy": "test", "comment": "-"})[0]

        makers = [threading.Thread(target=make, args=(who,)) for who in range(4)]
        for maker in makers:
            maker.start()
        for _ in range(3):
            self.assertEqual(wait_for(self.reload, 20, "it is not reloaded"), 200)
            wait_for(lambda: 200 in list(answered.values())[-20:], 20, "nothing is taken")
            time.sleep(1)
        over.set()
        for maker in makers:
            maker.join()
        _, silences = wait_for(lambda: (shown := ask(self.collector.url + "/api/v2/silences"))[0] == 200 and shown, 20, "gone")
        made = {silence["matchers"][0]["value"] for silence in silences}
        self.assertEqual(made, {by for by, status in answered.items() if status == 200})

    def test_alertmanagers_probes_are_answered(self):
        for path in ("/-/healthy", "/-/ready"):
            with self.assertRaises(ValueError):  # "ok" is no JSON, and the answer is no refusal
                ask(self.collector.url + path)


if __name__ == "__main__":
    unittest.main()
