#!/usr/bin/env python3
"""How soon a dead node is called silent, beside Kubernetes: a real cluster of two nodes, and the collector on the first.

Faults of the other node: its cable is cut (nothing answers), everything on it is killed (its kernel refuses), and everything on
it stands still (its kernel accepts, and nothing answers). Time runs
from the fault until the collector's API says silent, asked each tenth of a second; Kubernetes' own is until the node's
Ready is not True, once a fault.

usage: tests/bench/run node-death [--rounds N] [--fault cable|killed|hung] [--json]
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "kubernetes"))
from real_cluster import cases, network, programs  # noqa: E402
from real_cluster.release import Release  # noqa: E402

VICTIM = "node2"
READY = '--output=jsonpath={.status.conditions[?(@.type=="Ready")].status}'


def cable(state):
    subprocess.run([*network.inside(cases.CLUSTER.name, 1), "ip", "link", "set", VICTIM, state], check=True)


FAULTS = {"cable": (lambda: cable("down"), lambda: cable("up")),
          "killed": (lambda: cases.CLUSTER.stop(VICTIM), lambda: cases.CLUSTER.start(VICTIM)),
          "hung": (lambda: cases.CLUSTER.freeze(VICTIM), lambda: cases.CLUSTER.thaw(VICTIM))}


def seconds_until(is_so, began, within):
    while time.monotonic() < began + within:
        if is_so():
            return time.monotonic() - began
        time.sleep(0.1)
    raise SystemExit(f"nothing was said within {within} s")


def not_ready():
    return cases.run("kubectl", "get", "node", VICTIM, READY).stdout not in ("", "True")


def rounds(release, fault, count):
    """Seconds to the collector's word, one a round, and to Kubernetes' in the first."""
    harm, mend = FAULTS[fault]
    ours, theirs = [], None
    for number in range(count):
        if not cases.eventually(release.ready_nodes, 120):
            raise SystemExit(f"the nodes do not come back: {release.nodes()}")
        time.sleep(10)  # heartbeats as they usually come
        began = time.monotonic()
        harm()
        ours.append(seconds_until(lambda: release.nodes().get(VICTIM, {}).get("state") == "silent", began, 60))
        if number == 0:
            theirs = seconds_until(not_ready, began, 120)
        time.sleep(4)  # an outage, and not a line that loses packets
        mend()
    return ours, theirs


def measure(release, faults, count):
    for fault in faults:
        ours, theirs = rounds(release, fault, count)
        ours.sort()
        yield f"detect_p50_ms_{fault}", 1000 * statistics.median(ours), 1000 * theirs
        yield f"detect_p99_ms_{fault}", 1000 * ours[min(len(ours) - 1, int(0.99 * len(ours)))], 1000 * theirs


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--rounds", type=int, default=10, help="of each fault")
    parser.add_argument("--fault", choices=FAULTS, help="only this one")
    options = parser.parse_args()
    release = Release("loadline-death", "10.96.0.58", **{"collector.nodeSelector.kubernetes\\.io/hostname": "node1"})
    with release.on_a_cluster(2):
        for metric, value, kubernetes in measure(release, [options.fault] if options.fault else FAULTS, options.rounds):
            figure = {"bench": "node-death", "metric": metric, "value": round(value), "unit": "ms", "baseline": "kubernetes",
                      "baseline_value": round(kubernetes), "ratio": round(value / kubernetes, 3)}
            print(json.dumps(figure) if options.json else f"{metric:<28} {value:>8.0f} ms   kubernetes: {kubernetes:.0f} ms",
                  flush=True)


if __name__ == "__main__":
    try:
        main()
    except programs.Unavailable as reason:
        sys.exit(f"no cluster here: {reason}")
