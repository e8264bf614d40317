#!/usr/bin/python3
"""Real agents on nodes whose clocks are wrong, or are set while they run, beside one whose clock is right: the same is
told at the same time, and no rate is wrong. The kernel's own troubles are the demo's; the clocks are libfaketime's."""

import glob
import os
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, "tests/support")
from alert_peers import Collector, Process, Webhook, ask, free_port, wait_for  # noqa: E402

BIN = os.environ.get("LOADLINE_BIN", "build/dev/bin")
TOLD = {"ContainerThrottled", "ContainerOomKilled", "ContainerOomLoop"}
# A rule looks at windows of ten seconds: what one node just misses in one it has in the next.
WITHIN_S = 25
# What each node's clock does: seconds after the start, and what it is off by from then on.
CLOCKS = {
    "right": [(0, 0)],
    "behind": [(0, -900)],
    "set-back": [(0, 0), (33, -30), (74, 0)],
    "set-forward": [(0, 0), (47, 3600), (88, 0)],
}


class Node:
    """One agent with a clock of its own, and a collector that hears of it alone."""

    def __init__(self, name, clock):
        self.clock = list(clock)
        self.hook = Webhook()
        self.fastest = {}  # by workload, in cores
        self.folder = tempfile.mkdtemp(prefix=f"loadline-test-{name}-")
        port = free_port()
        self.collector = Collector(self.folder, f"""\
route: {{receiver: ops, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}
receivers: [{{name: ops, webhook_configs: [{{url: "{self.hook.url}"}}]}}]
""", "rules: {ContainerThrottled: {for: 30s}}\n", agents=f"tcp://127.0.0.1:{port}")
        self.off_by = pathlib.Path(self.folder, "clock")
        home = pathlib.Path(self.folder, "agent")
        home.mkdir()
        keys = f"{self.folder}/state"
        self.agent = Process(
            ["env", f"LD_PRELOAD={faketime()}", f"FAKETIME_TIMESTAMP_FILE={self.off_by}", "FAKETIME_NO_CACHE=1",
             "FAKETIME_DONT_FAKE_MONOTONIC=1", f"{BIN}/loadline-agent", f"--collector=tcp://127.0.0.1:{port}",
             f"--collector-key-file={keys}/keys/collector.pub", f"--key-file={keys}/keys/agents/agent.key",
             f"--token-file={keys}/token", f"--node={name}"], home)

    def start(self):
        self.set_clock(0)
        self.collector.start()
        wait_for(self.collector.ready, 30, "the collector did not start")
        self.agent.start()

    def set_clock(self, after):
        while self.clock and self.clock[0][0] <= after:
            # As a whole, so that nobody reads half of it.
            new = self.off_by.with_suffix(".new")
            new.write_text(f"{self.clock.pop(0)[1]:+d}s\n", encoding="utf-8")
            new.rename(self.off_by)

    def look(self):
        for workload in (ask(self.collector.url + "/api/v1/workloads?limit=500")[1] or {"items": []})["items"]:
            for container in workload["containers"]:
                self.fastest[workload["id"]] = max(self.fastest.get(workload["id"], 0), container["cpu_cores"])

    def told(self):
        """{rule: when it was told first}."""
        first = {}
        for at, _, body in self.hook.messages:
            for alert in body["alerts"]:
                if alert["status"] == "firing":
                    first.setdefault(alert["labels"]["alertname"], at)
        return first

    def shown(self):
        return ask(self.collector.url + "/api/v1/nodes")[1]["items"][0]

    def stop(self):
        self.agent.stop()
        self.collector.stop()
        self.hook.close()
        shutil.rmtree(self.folder, True)


def faketime():
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not found:
        print("libfaketime is not installed")
        sys.exit(77)
    return found[0]


def main():
    nodes = {name: Node(name, clock) for name, clock in CLOCKS.items()}
    demo = Process([f"{BIN}/loadline-demo"], nodes["right"].folder)
    try:
        for node in nodes.values():
            node.start()
        demo.start()
        began = time.monotonic()
        while time.monotonic() - began < 150:
            for node in nodes.values():
                node.set_clock(time.monotonic() - began)
                node.look()
            time.sleep(0.5)
        right = nodes["right"].told()
        assert TOLD <= set(right), f"without any fault of a clock: {right}"
        for name, node in nodes.items():
            told = node.told()
            assert TOLD <= set(told), f"{name}: {set(told)}"
            for rule in TOLD:
                apart = told[rule] - right[rule]
                assert abs(apart) < WITHIN_S, f"{name}: {rule} {apart:.0f} s after the one whose clock is right"
            assert ("NodeClockWrong" in told) == (name == "behind"), f"{name}: {set(told)}"
            # The limit is 100m, and the machine has no more than a few cores.
            hungry = node.fastest["path/loadline-demo/hungry"]
            assert 0.05 < hungry < 0.2, f"{name}: {hungry} cores"
            assert max(node.fastest.values()) < 2 * os.cpu_count(), f"{name}: {node.fastest}"
            assert node.shown()["missing_records"] == 0, name
        assert -910 < nodes["behind"].shown()["clock_ahead_seconds"] < -890, nodes["behind"].shown()
        print("told at the same time:", {name: {rule: round(node.told()[rule] - right[rule], 1) for rule in sorted(TOLD)}
                                         for name, node in nodes.items()})
        return 0
    finally:
        demo.stop()
        for node in nodes.values():
            node.stop()


if __name__ == "__main__":
    sys.exit(main())
