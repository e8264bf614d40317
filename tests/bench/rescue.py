#!/usr/bin/env python3
"""How many OOM kills are avoided by raising a memory limit in time, on the real kernel and a real cluster.

Pods of workloads that opt in grow by 1, 2, 5 and 10 % of their memory limit a second, to well beyond it. Avoided is a kill of a
container that has reached its whole size and never ended. Time runs from the moment at which the agent saw what was coming
(or tasks that stalled) until the limit of the container's cgroup, looked at each 10 ms, is another.

usage: tests/bench/run rescue [--runs N] [--parallel N] [--rate PERCENT] [--json]
"""

import argparse
import datetime
import json
import math
import pathlib
import statistics
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "kubernetes"))
from real_cluster import cases, grower, programs  # noqa: E402
from real_cluster.release import Release  # noqa: E402

SPACE = "rescue"
LIMIT_MIB = 64
END = 1.3
RATES = (1, 2, 5, 10)


class LimitFollower(threading.Thread):
    """When the limit of each container's cgroup was first another; nothing of one that was when it was first looked at."""

    def __init__(self, files):
        super().__init__(daemon=True)
        self.files, self.changed, self.ended = files, {}, False
        self.start()

    def run(self):
        first = str(LIMIT_MIB << 20)
        followed = {pod: path for pod, path in self.files.items() if path and path.read_text().strip() == first}
        while not self.ended:
            for pod, path in followed.items():
                try:
                    if pod not in self.changed and path.read_text().strip() != first:
                        self.changed[pod] = time.time()
                except OSError:
                    pass  # its container has ended
            time.sleep(0.01)


def signs(release, name):
    """{pod: when the first word came that it grows towards its limit, or stalls at it}."""
    shown = release.ask(f"/api/v1/workloads/{SPACE}/Deployment/{name}") or {"happenings": []}
    first = {}
    for one in shown["happenings"]:
        if one["kind"] != "memory_stall" or "(pod " not in one["text"]:
            continue
        pod = one["text"].split("(pod ")[1].split(")")[0]
        at = datetime.datetime.fromisoformat(one["at"].replace("Z", "+00:00")).timestamp()
        first[pod] = min(at, first.get(pod, at))
    return first


def batch(release, number, rate, count):
    """Grows `count` pods at once; for each whether it lived, and the seconds from the sign to its limit, or None."""
    name = f"grows-{rate}-{number}"
    start = max(0.3, 1 - 0.4 * rate)  # so that none takes longer than it must
    must_apply(grower.deployment(SPACE, name, LIMIT_MIB, rate / 100, start, END, count, {"loadline.io/apply": "in-place"}))
    running = cases.eventually(lambda: (found := grower.pods(SPACE, name)) and len(found) == count and all(
        pod["status"].get("phase") == "Running" for pod in found) and found, 60)
    if not running:
        raise SystemExit(f"the pods of {name} do not start")
    follower = LimitFollower({pod["metadata"]["name"]: grower.limit_file(pod) for pod in running})
    time.sleep(5 + (END - start) / rate * 100 + 4)
    follower.ended = True
    seen = signs(release, name)
    outcome = []
    for pod in grower.pods(SPACE, name):
        which = pod["metadata"]["name"]
        took = follower.changed[which] - seen[which] if which in follower.changed and which in seen else None
        outcome.append((grower.kills(pod) == 0, took))
        print(f"{which}: {'lives' if outcome[-1][0] else 'was killed'}, "
              f"{'no limit was raised' if took is None else f'{1000 * took:.0f} ms'}", file=sys.stderr)
    cases.run("kubectl", "--namespace", SPACE, "delete", "deployment", name, "--wait=true")
    return outcome


def must_apply(deployment):
    cases.must("kubectl", "apply", "-f", "-", input=json.dumps(deployment))


def measure(release, rates, runs, parallel):
    """(metric, value, unit)."""
    times = []
    for rate in rates:
        outcome = []
        for number in range(math.ceil(runs / parallel)):
            outcome += batch(release, number, rate, min(parallel, runs - len(outcome)))
        yield f"avoided_share_{rate}", sum(lived for lived, _ in outcome) / len(outcome), "share"
        times += [1000 * took for _, took in outcome if took is not None]
    times.sort()
    if times:
        yield "stall_to_limit_p50_ms", statistics.median(times), "ms"
        yield "stall_to_limit_p99_ms", times[min(len(times) - 1, int(0.99 * len(times)))], "ms"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--runs", type=int, default=50, help="of each rate")
    parser.add_argument("--parallel", type=int, default=5, help="pods that grow at once")
    parser.add_argument("--rate", type=int, choices=RATES, help="only this one")
    options = parser.parse_args()
    release = Release("loadline-rescue", "10.96.0.61", **{"collector.apply.enabled": "true"})
    with release.on_a_cluster(1, SPACE):
        cases.run("kubectl", "create", "namespace", SPACE)
        if not cases.eventually(lambda: all(node["state"] == "reporting" for node in (release.nodes() or {"": {"state": ""}}).values()), 120):
            raise SystemExit(f"no agent reports: {release.nodes()}")
        time.sleep(10)  # its first windows
        for metric, value, unit in measure(release, [options.rate] if options.rate else RATES, options.runs, options.parallel):
            figure = {"bench": "rescue", "metric": metric, "value": round(value, 3), "unit": unit}
            print(json.dumps(figure) if options.json else f"{metric:<24} {value:>8.3g} {unit}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except programs.Unavailable as reason:
        sys.exit(f"no cluster here: {reason}")
