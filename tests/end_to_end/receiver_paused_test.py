#!/usr/bin/python3
"""A receiver that wants to be left alone for an hour: the other one is told so at once, and everybody can see it."""

import http.server
import shutil
import sys
import tempfile
import threading
import unittest
import urllib.request

sys.path.insert(0, "tests/support")
from alert_peers import Collector, Webhook, ask, wait_for  # noqa: E402


class OutOfQuota(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_POST(self):
        OutOfQuota.asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(429)
        self.send_header("Retry-After", "3600")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class ReceiverPaused(unittest.TestCase):
    def test_the_other_receiver_is_told_with_the_reason_and_the_pause_is_shown(self):
        folder = tempfile.mkdtemp(prefix="loadline-test-")
        self.addCleanup(shutil.rmtree, folder, True)
        quota = http.server.ThreadingHTTPServer(("127.0.0.1", 0), OutOfQuota)
        threading.Thread(target=quota.serve_forever, daemon=True).start()
        self.addCleanup(quota.server_close)
        self.addCleanup(quota.shutdown)
        other = Webhook()
        self.addCleanup(other.close)
        collector = Collector(folder, f"""\
route: {{receiver: ops, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 1h}}
receivers:
- name: ops
  webhook_configs: [{{url: "http://127.0.0.1:{quota.server_port}/"}}, {{url: "{other.url}"}}]
""", "rules: {ReceiverFailing: {for: 0s}}\n")
        collector.start()
        self.addCleanup(collector.stop)
        wait_for(collector.ready, 20, "the collector did not start")
        self.assertEqual(ask(collector.url + "/api/v2/alerts", [{"labels": {"alertname": "Disk"}}])[0], 200)

        wait_for(lambda: "ReceiverFailing" in other.told(), 40, "nobody was told that the receiver is paused")
        told = next(alert for _, _, body in other.messages for alert in body["alerts"]
                    if alert["labels"]["alertname"] == "ReceiverFailing")
        self.assertEqual(told["labels"]["receiver"], "ops/webhook[0]")
        self.assertIn("HTTP 429", told["annotations"]["summary"])
        self.assertEqual(OutOfQuota.asked, 1, "it is left alone")
        self.assertIn("Disk", other.told(), "and the other heard of everything")

        ways = {way["name"]: way for way in ask(collector.url + "/api/v1/collector")[1]["collector"]["receivers"]}
        self.assertIsNotNone(ways["ops/webhook[0]"]["paused_until"])
        self.assertIsNotNone(ways["ops/webhook[0]"]["waiting_since"])
        self.assertIsNone(ways["ops/webhook[1]"]["paused_until"])
        with urllib.request.urlopen(collector.url + "/metrics", timeout=10) as answer:
            metrics = answer.read().decode()
        self.assertIn('loadline_sink_paused_until_timestamp_seconds{receiver="ops/webhook[0]"} ', metrics)
        self.assertNotIn('loadline_sink_paused_until_timestamp_seconds{receiver="ops/webhook[1]"} ', metrics)


if __name__ == "__main__":
    unittest.main()
