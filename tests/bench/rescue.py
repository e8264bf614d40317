#!/usr/bin/env python3
"""How many OOM kills are avoided by raising a memory limit in time, on the real kernel and a real cluster.

Pods of workloads that opt in grow by 1, 2, 5 and 10 % of their memory limit a second, to well beyond it. Avoided is a kill of a
container that has reached its whole size and never ended. Time runs from the moment at which the agent saw what was coming
(or tasks that stalled) until the limit of the container's cgroup, looked at each 10 ms, is another.

Then the same pods with upstream's VerticalPodAutoscaler instead: its recommender, updater and admission controller, which
look each 2 and 5 s and resize in place, at figures that the metrics server takes each 10 s.

usage: tests/bench/run rescue [--runs N] [--vpa-runs N] [--parallel N] [--rate PERCENT] [--json]
"""

import argparse
import datetime
import itertools
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

SPACE, VPA_SPACE = "rescue", "rescue-by-vpa"
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


def grow(space, name, rate, count, annotations):
    """Grows `count` pods at once, to the end. Gives the pods and when the limit of each was another."""
    start = max(0.3, 1 - 0.4 * rate)  # so that none takes longer than it must
    must_apply(grower.deployment(space, name, LIMIT_MIB, rate / 100, start, END, count, annotations))
    running = cases.eventually(lambda: (found := grower.pods(space, name)) and len(found) == count and all(
        pod["status"].get("phase") == "Running" for pod in found) and found, 60)
    if not running:
        raise SystemExit(f"the pods of {name} do not start")
    follower = LimitFollower({pod["metadata"]["name"]: grower.limit_file(pod) for pod in running})
    time.sleep(5 + (END - start) / rate * 100 + 4)
    follower.ended = True
    ended = {pod["metadata"]["name"]: pod for pod in grower.pods(space, name)}
    cases.run("kubectl", "--namespace", space, "delete", "deployment", name, "--wait=true")
    # Who is not there any more was killed in its turn, or evicted.
    return {which: which in ended and grower.kills(ended[which]) == 0 for which in follower.files}, follower.changed


def batch(release, number, rate, count):
    """For each whether it lived, and the seconds from the sign to its limit, or None."""
    name = f"grows-{rate}-{number}"
    lived, changed = grow(SPACE, name, rate, count, {"loadline.io/apply": "in-place"})
    seen = signs(release, name)
    outcome = []
    for which, lives in lived.items():
        took = changed[which] - seen[which] if which in changed and which in seen else None
        outcome.append((lives, took))
        print(f"{which}: {'lives' if lives else 'was killed'}, "
              f"{'no limit was raised' if took is None else f'{1000 * took:.0f} ms'}", file=sys.stderr)
    return outcome


def batch_by_vpa(number, rate, count):
    """For each whether it lived."""
    name = f"grows-{rate}-{number}"
    must_apply({"apiVersion": "autoscaling.k8s.io/v1", "kind": "VerticalPodAutoscaler", "metadata": {"name": name, "namespace": VPA_SPACE},
                "spec": {"targetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": name},
                         "updatePolicy": {"updateMode": "InPlaceOrRecreate", "minReplicas": 1}}})
    lived, changed = grow(VPA_SPACE, name, rate, count, {})
    for which, lives in lived.items():
        print(f"{which}, by vpa: {'lives' if lives else 'was killed'}, limit {'' if which in changed else 'never '}changed", file=sys.stderr)
    return list(lived.values())


def must_apply(thing):
    cases.must("kubectl", "apply", "-f", "-", input=json.dumps(thing))


def in_batches(runs, parallel, batch_of):
    """All outcomes of so many runs, by batches of (number, count)."""
    outcome = []
    for number in range(math.ceil(runs / parallel)):
        outcome += batch_of(number, min(parallel, runs - len(outcome)))
    return outcome


def measure(release, rates, runs, parallel):
    """(metric, value, unit)."""
    times = []
    for rate in rates:
        outcome = in_batches(runs, parallel, lambda number, count: batch(release, number, rate, count))
        yield f"avoided_share_{rate}", sum(lived for lived, _ in outcome) / len(outcome), "share"
        times += [1000 * took for _, took in outcome if took is not None]
    times.sort()
    if times:
        yield "stall_to_limit_p50_ms", statistics.median(times), "ms"
        yield "stall_to_limit_p99_ms", times[min(len(times) - 1, int(0.99 * len(times)))], "ms"


def measure_vpa(rates, runs, parallel):
    """As `measure`, without the times: nothing says when it saw what was coming."""
    cases.run("kubectl", "create", "namespace", VPA_SPACE)
    cases.CLUSTER.start("metrics-server")
    # Without its floor of 250 MiB for a pod, which would be all that these need.
    cases.CLUSTER.start("vpa-recommender", "--pod-recommendation-min-memory-mb=16")
    cases.CLUSTER.start_autoscaler()
    time.sleep(30)  # the metrics server's first figures
    for rate in rates:
        lived = in_batches(runs, parallel, lambda number, count: batch_by_vpa(number, rate, count))
        yield f"avoided_share_vpa_{rate}", sum(lived) / len(lived), "share"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--runs", type=int, default=50, help="of each rate")
    parser.add_argument("--vpa-runs", type=int, default=10, help="of each rate with upstream's; 0: none")
    parser.add_argument("--parallel", type=int, default=5, help="pods that grow at once")
    parser.add_argument("--rate", type=int, choices=RATES, help="only this one")
    options = parser.parse_args()
    release = Release("loadline-rescue", "10.96.0.61", **{"collector.apply.enabled": "true"})
    with release.on_a_cluster(1, SPACE, VPA_SPACE):
        cases.run("kubectl", "create", "namespace", SPACE)
        if not cases.eventually(lambda: all(node["state"] == "reporting" for node in (release.nodes() or {"": {"state": ""}}).values()), 120):
            raise SystemExit(f"no agent reports: {release.nodes()}")
        time.sleep(10)  # its first windows
        rates = [options.rate] if options.rate else RATES
        figures = measure(release, rates, options.runs, options.parallel) if options.runs else ()
        by_vpa = measure_vpa(rates, options.vpa_runs, options.parallel) if options.vpa_runs else ()
        for metric, value, unit in itertools.chain(figures, by_vpa):
            figure = {"bench": "rescue", "metric": metric, "value": round(value, 3), "unit": unit}
            print(json.dumps(figure) if options.json else f"{metric:<24} {value:>8.3g} {unit}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except programs.Unavailable as reason:
        sys.exit(f"no cluster here: {reason}")
