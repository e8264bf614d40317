#!/usr/bin/python3
"""What others cost the core: OOM kills are told while six clients read 20,000 alerts in a loop, and while 1,000 agents greet.

    tests/bench/core_load.py [--json] [--kills N] [--alerts N] [--agents N]

    urgent_p99_ms_idle     from the kernel's event at the agent to the message at the webhook, when nothing else is asked
    urgent_p99_ms_loaded   the same while each of six clients asks for /api/v2/alerts again as soon as it has it
    moved_ms               how much later that is (medians: median_ms_idle, median_ms_loaded)
    syncs_per_1000_hellos  waits for the disk while so many agents greet, all at once

Agents are real ones (their uplink), the collector is the real program.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

sys.path.insert(0, "tests/support")
from alert_peers import Collector, Webhook, ask, free_port, wait_for  # noqa: E402

BIN = os.environ.get("LOADLINE_BIN", "build/release/bin")
READERS = 6
BATCH = 500
APART_S = 0.05


class HonestAgent:
    """loadline-honest-agent with one node; kills are said to it."""

    def __init__(self, endpoint, state):
        self.process = subprocess.Popen([os.path.join(BIN, "loadline-honest-agent"), endpoint, state, "1000", "node-1"],
                                        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)

    def kill_in(self, path):
        self.process.stdin.write(f"kill node-1 {path}\n")
        self.process.stdin.flush()

    def stop(self):
        self.process.stdin.close()
        self.process.wait(20)


class Readers:
    """Ask for all alerts again and again, in processes that run when nobody else would, as if on other machines."""

    PROGRAM = ("import os,sys,urllib.request\nos.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nn=0\nwhile True:\n"
               "  with urllib.request.urlopen(sys.argv[1]) as answer:\n    while answer.read(1<<20): pass\n"
               "  n+=1; print(n, flush=True)\n")

    def __init__(self, url, count):
        self.answers = 0
        self.processes = [subprocess.Popen([sys.executable, "-c", self.PROGRAM, url], stdout=subprocess.PIPE)
                          for _ in range(count)]
        for process in self.processes:
            threading.Thread(target=self._count, args=(process,), daemon=True).start()

    def _count(self, process):
        for _ in process.stdout:
            self.answers += 1

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


def told_after(agent, hook, prefix, kills):
    """Milliseconds from each kill to its message."""
    killed = {}
    for i in range(kills):
        path = f"/{prefix}-{i}"
        killed[path] = time.time()
        agent.kill_in(path)
        time.sleep(APART_S)
    told = {}

    def all_told():
        for at, _, body in hook.messages:
            for alert in body["alerts"]:
                for path in killed:
                    if path not in told and alert["labels"].get("workload", "").endswith(path.lstrip("/")):
                        told[path] = at
        return len(told) == len(killed)

    wait_for(all_told, 60, f"only {len(told)} of {kills} kills were told")
    return sorted((told[path] - at) * 1000 for path, at in killed.items())


def p99(values):
    return values[min(len(values) - 1, int(len(values) * 0.99))]


def post(url, count):
    for first in range(0, count, BATCH):
        alerts = [{"labels": {"alertname": "Posted", "severity": "info", "instance": f"host-{i}"},
                   "annotations": {"summary": f"something is so on host-{i}"}} for i in range(first, first + BATCH)]
        status, _ = ask(url + "/api/v2/alerts", alerts)
        if status != 200:
            sys.exit(f"posting alerts: HTTP {status}")


def commits(url):
    with urllib.request.urlopen(url + "/metrics") as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith("loadline_store_commits_total "):
                return float(line.split()[1])
    sys.exit("loadline_store_commits_total is not there")


def greet(endpoint, state, url, agents):
    before = commits(url)
    done = subprocess.run([os.path.join(BIN, "loadline-greeters"), endpoint, state, str(agents)], text=True,
                          stdout=subprocess.PIPE, check=True)
    time.sleep(1.5)
    return (commits(url) - before) * 1000 / agents, float(done.stdout)


def measure(options):
    folder = tempfile.mkdtemp(prefix="loadline-bench-")
    endpoint = f"tcp://127.0.0.1:{free_port()}"
    state = os.path.join(folder, "state")
    hook = Webhook()
    collector = Collector(folder, f"""\
route: {{receiver: quiet, routes: [{{matchers: [alertname=~"ContainerOomKilled|NodeOutOfMemory"], receiver: hook, group_by: ['...'], group_wait: 0s}}]}}
receivers:
- {{name: quiet}}
- {{name: hook, webhook_configs: [{{url: "{hook.url}", send_resolved: false}}]}}
""", agents=endpoint)
    try:
        collector.start()
        wait_for(collector.ready, 20, "the collector did not start")
        agent = HonestAgent(endpoint, state)
        time.sleep(3)
        told_after(agent, hook, "warm", 5)
        post(collector.url, options.alerts)
        idle = told_after(agent, hook, "idle", options.kills)
        readers = Readers(collector.url + "/api/v2/alerts", READERS)
        wait_for(lambda: readers.answers >= READERS, 120, "the readers do not get their answers")
        answers = readers.answers
        loaded = told_after(agent, hook, "loaded", options.kills)
        answers = readers.answers - answers
        readers.stop()
        agent.stop()
        # Last: those that have greeted say nothing more, and are silent nodes from then on.
        syncs, seconds = greet(endpoint, state, collector.url, options.agents)
        return idle, loaded, syncs, seconds, answers
    finally:
        collector.stop()
        hook.close()
        shutil.rmtree(folder, True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--alerts", type=int, default=20_000)
    parser.add_argument("--agents", type=int, default=1000)
    options = parser.parse_args()
    idle, loaded, syncs, seconds, answers = measure(options)
    for metric, value, unit in [("urgent_p99_ms_idle", p99(idle), "ms"), ("urgent_p99_ms_loaded", p99(loaded), "ms"),
                                ("moved_ms", p99(loaded) - p99(idle), "ms"),
                                ("median_ms_idle", statistics.median(idle), "ms"),
                                ("median_ms_loaded", statistics.median(loaded), "ms"),
                                ("answers_to_readers", answers, ""), ("syncs_per_1000_hellos", syncs, ""),
                                ("greeting_s", seconds, "s")]:
        figure = {"bench": "core-load", "metric": metric, "value": round(value, 3), "unit": unit}
        print(json.dumps(figure) if options.json else f"{metric:24}{value:>10.4g} {unit}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
