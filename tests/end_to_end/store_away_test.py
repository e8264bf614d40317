#!/usr/bin/python3
"""Another process holds the database locked for two minutes, and a node dies meanwhile: people are told of it in time,
once, and no record is lost. With --seconds as long as one likes."""

import argparse
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import time
import urllib.error
import urllib.request

sys.path.insert(0, "tests/support")
from alert_peers import Collector, Process, Webhook, ask, free_port, wait_for  # noqa: E402

# Twelve seconds of silence, and a second for whoever tells.
IN_TIME_S = 13
NODES = ["alive", "dies"]


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class Told:
    """When a webhook was told of an alert of a node."""

    def __init__(self, hook):
        self.hook = hook

    def of(self, rule, node):
        return [at for at, _, body in list(self.hook.messages) for alert in body["alerts"]
                if alert["status"] == "firing" and alert["labels"]["alertname"] == rule
                and alert["labels"].get("node") == node]


def agent_of(node, folder, port):
    home = pathlib.Path(folder, node)
    home.mkdir()
    state = pathlib.Path(folder, "state")
    return Process([os.path.join(os.environ.get("LOADLINE_BIN", "build/dev/bin"), "loadline-agent"),
                    f"--collector=tcp://127.0.0.1:{port}", f"--collector-key-file={state}/keys/collector.pub",
                    f"--key-file={state}/keys/agents/agent.key", f"--token-file={state}/token", f"--node={node}",
                    "--window=2"], home)


def missing(collector):
    return {node["name"]: node["missing_records"] for node in ask(collector.url + "/api/v1/nodes")[1]["items"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=120, help="for which the store is away")
    seconds = parser.parse_args().seconds
    folder = tempfile.mkdtemp(prefix="loadline-test-")
    port = free_port()
    hook = Webhook()
    told = Told(hook)
    collector = Collector(folder, f"""\
route: {{receiver: ops, group_by: ['...'], group_wait: 0s, group_interval: 1s, repeat_interval: 4h}}
receivers: [{{name: ops, webhook_configs: [{{url: "{hook.url}", send_resolved: false}}]}}]
""", agents=f"tcp://127.0.0.1:{port}")
    agents = {node: agent_of(node, folder, port) for node in NODES}
    try:
        collector.start()
        wait_for(collector.ready, 20, "the collector did not start")
        for agent in agents.values():
            agent.start()
        wait_for(lambda: len((ask(collector.url + "/api/v1/nodes")[1] or {}).get("items", [])) == len(NODES), 20,
                 "the nodes did not come")
        time.sleep(5)

        lock = sqlite3.connect(pathlib.Path(folder, "state", "loadline.db"), isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        locked = time.monotonic()
        time.sleep(4)
        agents["dies"].kill()
        died = time.time()
        wait_for(lambda: told.of("NodeSilent", "dies"), 20, "nobody was told that the node died")
        after = told.of("NodeSilent", "dies")[0] - died
        assert after <= IN_TIME_S, f"told {after:.1f} s after its death"
        assert status(collector.url + "/readyz") == 200, "the collector is ready all the same"
        shown = ask(collector.url + "/api/v1/collector")[1]["collector"]["store"]
        assert not shown["writable"] and shown["error"], shown
        time.sleep(max(0.0, seconds - (time.monotonic() - locked)))
        committed = ask(collector.url + "/api/v1/collector")[1]["collector"]["records_committed"]
        lock.execute("ROLLBACK")
        lock.close()

        wait_for(lambda: ask(collector.url + "/api/v1/collector")[1]["collector"]["store"]["writable"], 20,
                 "the store is not written again")
        wait_for(lambda: ask(collector.url + "/api/v1/collector")[1]["collector"]["records_committed"] >=
                 committed + seconds // 2 - 1, 20, "what was sent meanwhile is not stored")
        time.sleep(15)
        assert len(told.of("NodeSilent", "dies")) == 1, "told a second time"
        assert not told.of("NodeSilent", "alive"), "the other node was never silent"
        assert set(missing(collector).values()) == {0}, missing(collector)
        print(f"store away for {seconds} s: told {after:.1f} s after the node's death, once, and no record lost")
        return 0
    finally:
        for agent in agents.values():
            agent.stop()
        collector.stop()
        hook.close()
        shutil.rmtree(folder, True)


if __name__ == "__main__":
    sys.exit(main())
