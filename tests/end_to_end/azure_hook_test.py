#!/usr/bin/python3
"""An alert of Azure reaches a real collector by its webhook, is told to a receiver, and is over when Azure says so."""

import json
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, "tests/support")
from alert_peers import Collector, Webhook, ask, wait_for  # noqa: E402

SAMPLES = pathlib.Path("../shared/data/azure/common_alert_schema")
TOKEN = "a-long-random-token-of-an-action-group"


class AlertsOfAzure(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="loadline-test-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        self.webhook = Webhook()
        self.addCleanup(self.webhook.close)
        token = os.path.join(self.folder, "token")
        with open(os.open(token, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(TOKEN + "\n")
        rules = (f"route: {{receiver: ops, group_by: [alertname], group_wait: 0s, group_interval: 1s}}\n"
                 f"receivers: [{{name: ops, webhook_configs: [{{url: '{self.webhook.url}'}}]}}]\n")
        self.collector = Collector(self.folder, rules, f"azure:\n  webhook_token_file: {token}\n")
        self.collector.start()
        self.addCleanup(self.collector.stop)
        wait_for(self.collector.ready, 20, "the collector did not start")

    def post(self, payload, token=TOKEN):
        return ask(f"{self.collector.url}/api/azure/alerts/{token}", payload)[0]

    def test_it_is_told_and_ends_when_azure_says_so(self):
        payload = json.loads((SAMPLES / "02_test_metric_static_fired_full.json").read_text())
        rule = payload["data"]["essentials"]["alertRule"]
        self.assertEqual(self.post(payload), 200)
        wait_for(lambda: rule in self.webhook.told(), 10, "nobody was told")
        alerts = ask(self.collector.url + "/api/v2/alerts")[1]
        self.assertEqual([alert["labels"]["source"] for alert in alerts], ["azure"])
        payload["data"]["essentials"]["monitorCondition"] = "Resolved"
        self.assertEqual(self.post(payload), 200)
        wait_for(lambda: rule in self.webhook.told("resolved"), 10, "nobody was told of its end")
        self.assertEqual(ask(self.collector.url + "/api/v2/alerts")[1], [])

    def test_who_does_not_know_the_token_is_not_heard(self):
        payload = json.loads((SAMPLES / "02_test_metric_static_fired_full.json").read_text())
        self.assertEqual(self.post(payload, "a-guess"), 401)
        self.assertEqual(ask(self.collector.url + "/api/azure/alerts", {})[0], 401)
        self.assertEqual(self.post({"schemaId": "other"}), 400)
        self.assertEqual(ask(self.collector.url + "/api/v2/alerts")[1], [])
        self.assertNotIn(TOKEN, pathlib.Path(self.folder, "log").read_text())


if __name__ == "__main__":
    if not SAMPLES.is_dir():
        print(f"{SAMPLES} is not there")
        sys.exit(77)
    unittest.main(verbosity=2)
