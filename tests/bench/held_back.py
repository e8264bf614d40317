#!/usr/bin/python3
"""Who keeps a container from CPU: its limit, or its neighbours? Asked of the real programs on this machine's kernel.

    tests/bench/held_back.py [--json] [--seconds N] [--check]

    held_back_right_share   of all answers, window by window: a container at its limit on a node that is idle otherwise, and
                            one without a limit on a node whose other processes want more than all its CPUs
    held_back_windows       how many answers there were

With --check it fails below 0.99. Once with the agent as it is, and once with --run-queue.
"""

import argparse
import json
import os
import pathlib
import signal
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/kubernetes")]
from alert_peers import Collector, Process, ask, free_port, wait_for  # noqa: E402
from real_cluster import cgroups  # noqa: E402

BIN = os.environ.get("LOADLINE_BIN", "build/dev/bin")
WINDOW_S = 1
SETTLE_S = 4  # a window that saw the beginning is of both


class Group:
    """Cgroups of one name in all hierarchies, with processes that want a CPU each."""

    def __init__(self, name):
        self.path = f"held-back-{os.getpid()}-{name}"
        cgroups.make(self.path)
        self.children = []

    def write(self, *files):
        """Of each hierarchy the files that it has."""
        for point, _ in cgroups.hierarchies():
            for name, text in files:
                if (point / self.path / name).exists():
                    (point / self.path / name).write_text(text)

    def limit(self, millicores):
        """And nobody else keeps it from that much, whatever else this machine does."""
        self.write(("cpu.cfs_quota_us", str(millicores * 100)), ("cpu.max", f"{millicores * 100} 100000"),
                   ("cpu.shares", "100000"), ("cpu.weight", "10000"))

    def spin(self, processes):
        for _ in range(processes):
            pid = os.fork()
            if pid == 0:
                for point, _ in cgroups.hierarchies():
                    (point / self.path / "cgroup.procs").write_text("0")
                while True:
                    pass
            self.children.append(pid)

    def remove(self):
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for point, _ in cgroups.hierarchies():
            try:
                (point / self.path).rmdir()
            except OSError:
                pass  # the kernel still counts somebody who has just ended


class Node:
    """An agent that closes a window each second, and its collector."""

    def __init__(self, folder, *options):
        port = free_port()
        self.collector = Collector(folder, "route: {receiver: none}\nreceivers: [{name: none}]\n",
                                   agents=f"tcp://127.0.0.1:{port}")
        keys = f"{folder}/state"
        home = pathlib.Path(folder, "agent")
        home.mkdir()
        self.agent = Process(
            [f"{BIN}/loadline-agent", f"--collector=tcp://127.0.0.1:{port}", f"--window={WINDOW_S}", "--node=here",
             f"--collector-key-file={keys}/keys/collector.pub", f"--key-file={keys}/keys/agents/agent.key",
             f"--token-file={keys}/token", *options], home)

    def start(self):
        self.collector.start()
        wait_for(self.collector.ready, 30, "the collector did not start")
        self.agent.start()

    def by(self, path):
        """Who keeps the container from CPU, as the collector says; "" while it is not known."""
        for workload in (ask(self.collector.url + "/api/v1/workloads?limit=500")[1] or {"items": []})["items"]:
            if workload["id"] == f"path/{path}":
                return workload["containers"][0]["cpu_held_back_by"]
        return ""

    def stop(self):
        self.agent.stop()
        self.collector.stop()


def answers(node, path, seconds):
    wait_for(lambda: node.by(path) != "", 30, f"nothing is known of {path}")
    time.sleep(SETTLE_S)
    said = []
    for _ in range(seconds):
        said.append(node.by(path))
        time.sleep(WINDOW_S)
    return said


def limited(node, seconds):
    """At its limit: others may be at work on this machine, and do not change that."""
    group = Group("limited")
    try:
        group.limit(100)
        group.spin(1)
        return answers(node, group.path, seconds)
    finally:
        group.remove()


def crowded(node, seconds):
    """With a small request: of equals the kernel gives each a CPU of its own where it can, and then none waits."""
    group, others = Group("crowded"), Group("others")
    try:
        group.write(("cpu.shares", "64"), ("cpu.weight", "3"))
        others.spin(3 * os.cpu_count())
        group.spin(1)
        return answers(node, group.path, seconds)
    finally:
        group.remove()
        others.remove()


def measure(seconds, *options):
    folder = tempfile.mkdtemp(prefix="loadline-test-held-back-")
    node = Node(folder, *options)
    try:
        node.start()
        return [(truth, said) for truth, play in (("limit", limited), ("neighbours", crowded))
                for said in play(node, seconds)]
    finally:
        node.stop()
        shutil.rmtree(folder, True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true", help="fail when too many answers are wrong")
    parser.add_argument("--seconds", type=int, default=60, help="of each of the two; default: 60")
    options = parser.parse_args()
    if os.geteuid() != 0:
        print("the agent and the cgroups need root")
        return 77
    right_everywhere = True
    for name, flags in (("", ()), ("_run_queue", ("--run-queue",))):
        told = measure(options.seconds, *flags)
        right = sum(truth == said for truth, said in told) / len(told)
        right_everywhere = right_everywhere and right >= 0.99
        for metric, value, unit in (("held_back_right_share", right, "share"), ("held_back_windows", len(told), "windows")):
            figure = {"bench": "held-back", "metric": metric + name, "value": round(value, 4), "unit": unit}
            print(json.dumps(figure) if options.json else f"{metric + name:<32} {value:>8.4g} {unit}", flush=True)
        if right < 1:
            print("wrong:", sorted((truth, str(said)) for truth, said in told if truth != said)[:10], file=sys.stderr)
    return 1 if options.check and not right_everywhere else 0


if __name__ == "__main__":
    sys.exit(main())
