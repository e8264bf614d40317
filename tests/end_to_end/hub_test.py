#!/usr/bin/python3
"""Two collectors of two clusters tell one hub, Loadline's own or the real Alertmanager: neither ends nor joins the
alert of the other."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, "tests/support")
from alert_peers import Alertmanager, Collector, Webhook, ask, free_port, wait_for  # noqa: E402

BLIND = "rules: {CollectorBlind: {for: 1s}}\n"
ROUTE = "route: {receiver: r, group_by: [alertname], group_wait: 1s, group_interval: 1s, repeat_interval: 4h}\n"


class TwoClustersAndAHub(unittest.TestCase):
    def folder(self):
        folder = tempfile.mkdtemp(prefix="loadline-test-")
        self.addCleanup(shutil.rmtree, folder, True)
        return folder

    def run_with(self, hub, own):
        hub.start()
        self.addCleanup(hub.stop)
        wait_for(hub.ready, 30, "the hub did not start")
        port = free_port()
        clusters = {}
        for name in ("a", "b"):
            folder = self.folder()
            clusters[name] = Collector(
                folder, f"{ROUTE}receivers: [{{name: r, alertmanager_configs: [{{url: '{hub.url}'}}]}}]\n",
                f"cluster: {{name: {name}}}\n{BLIND}", agents=f"tcp://127.0.0.1:{port if name == 'a' else free_port()}")
            clusters[name].state = pathlib.Path(folder, "state")
            clusters[name].start()
            self.addCleanup(clusters[name].stop)

        def firing():
            alerts = ask(hub.url + "/api/v2/alerts")[1] or []
            return sorted(alert["labels"].get("cluster") for alert in alerts
                          if alert["labels"]["alertname"] == "CollectorBlind")

        wait_for(lambda: firing() == sorted(["a", "b", *own]), 40, "the hub has not one alert for each")
        # An agent comes to a. b has said that it is blind, and will not say it again for hours.
        agent = subprocess.Popen(
            [os.path.join(os.environ.get("LOADLINE_BIN", "build/dev/bin"), "loadline-honest-agent"),
             f"tcp://127.0.0.1:{port}", clusters["a"].state, "1000", "n1"], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.stdin.close)
        wait_for(lambda: firing() == sorted(["b", *own]), 60, "the hub did not hear that a sees again")
        time.sleep(5)
        self.assertEqual(firing(), sorted(["b", *own]))
        return clusters

    def ended(self, webhook):
        return {alert["labels"].get("cluster") for _, _, body in webhook.messages for alert in body["alerts"]
                if alert["status"] == "resolved"}

    def test_a_hub_of_ours_tells_of_each_and_ends_only_what_is_over(self):
        webhook = Webhook()
        self.addCleanup(webhook.close)
        hub = Collector(self.folder(), f"{ROUTE}receivers: [{{name: r, webhook_configs: [{{url: '{webhook.url}'}}]}}]\n",
                        f"cluster: {{name: hub}}\n{BLIND}")
        clusters = self.run_with(hub, ["hub"])
        wait_for(lambda: self.ended(webhook), 20, "nobody heard of the end")
        self.assertEqual(self.ended(webhook), {"a"})
        for name, collector in (*clusters.items(), ("hub", hub)):
            state = ask(collector.url + "/api/v1/collector")[1]
            self.assertEqual((state["cluster"], state["collector"]["alerts_posted_as_ours"]), (name, 0))

    def test_alertmanager_keeps_them_apart(self):
        webhook = Webhook()
        self.addCleanup(webhook.close)
        route = ROUTE.replace("[alertname]", "[alertname, cluster]")
        self.run_with(Alertmanager(self.folder(), f"""\
{route}receivers: [{{name: r, webhook_configs: [{{url: '{webhook.url}'}}]}}]
"""), [])
        wait_for(lambda: self.ended(webhook), 20, "nobody heard of the end")
        self.assertEqual(self.ended(webhook), {"a"})


if __name__ == "__main__":
    unittest.main()
