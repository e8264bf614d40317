#!/usr/bin/python3
"""Alerting under kill -9: alerts are posted through Alertmanager's API while the process is killed at random instants,
and a webhook counts what came. Then the same against Debian's Alertmanager.

    tests/bench/alert_crash.py [--json] [--kills N] [--alerts N] [--seed N] [--no-baseline] [--check]

    lost            alerts whose posting was answered 200 and that nobody was ever told of
    doubled_share   messages about an alert beyond its first, as a share of the alerts; a message that was sent again under
                    its Idempotency-Key counts, although a receiver that knows such keys sees it once
    doubled_by_key  the same as such a receiver sees it
    late_repeats    repeats due on the schedule that their group's first message began that did not come within three
                    seconds

A kill comes at a random instant of a life, starting, posting and sending included. Every alert is posted until it is accepted and then never again: Alertmanager, which keeps alerts in memory alone, counts
on its senders to post them again and forgets what it had not told before it was killed. --check ends with 1 when a page
was lost or doubled by key; times are not checked, because a busy machine is late by itself.
"""

import argparse
import bisect
import collections
import json
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, "tests/support")
from alert_peers import Alertmanager, Collector, Webhook, ask, wait_for  # noqa: E402

BATCH = 16
LIFE = 0.9  # seconds: a kill comes at any instant of as long a start as there was, and this
REPEATERS = 10
REPEAT = 20.0
LATE = 3.0


def alerting(url):
    return f"""\
route:
  receiver: pages
  group_by: [alertname]
  group_wait: 0s
  group_interval: 5m
  repeat_interval: 24h
  routes:
  - matchers: [kind="repeater"]
    receiver: pages
    group_interval: 10s
    repeat_interval: {REPEAT:.0f}s
receivers:
- name: pages
  webhook_configs: [{{url: "{url}", send_resolved: false}}]
"""


class Sender:
    """Posts alerts evenly over the kills; each batch until it is accepted."""

    def __init__(self, count):
        self.left = [f"page-{i}" for i in reversed(range(count))]
        self.count = count
        self.accepted = []

    def step(self, url, share):
        """Posts what is due when so much of the run is over; a batch at most."""
        if not self.left or len(self.accepted) > share * self.count:
            return
        names = self.left[-BATCH:]
        alerts = [{"labels": {"alertname": name, "severity": "critical"}, "annotations": {"summary": name},
                   "endsAt": "2190-01-01T00:00:00Z"} for name in names]
        if ask(url + "/api/v2/alerts", alerts)[0] == 200:
            self.accepted += names
            del self.left[-BATCH:]


def start(target):
    """Seconds that it took."""
    began = time.monotonic()
    target.start()
    wait_for(target.ready, 30, "it did not start")
    return time.monotonic() - began


def post_repeaters(url):
    alerts = [{"labels": {"alertname": f"repeat-{i}", "kind": "repeater"}, "endsAt": "2190-01-01T00:00:00Z"}
              for i in range(REPEATERS)]
    wait_for(lambda: ask(url + "/api/v2/alerts", alerts)[0] == 200, 20, "the repeaters were not accepted")


def late_repeats(times, end):
    """Of the repeats due in one group's life: those nobody heard of in time."""
    if not times:
        return 1
    due = [times[0] + REPEAT * k for k in range(1, int((end - LATE - times[0]) / REPEAT) + 1)]
    return sum(not any(-LATE < at - when < LATE for at in times[1:]) for when in due)


def run(kind, options):
    chance = random.Random(options.seed)
    folder = tempfile.mkdtemp(prefix="loadline-bench-")
    webhook = Webhook()
    target = kind(folder, alerting(webhook.url))
    kills = []
    try:
        starting = start(target)
        post_repeaters(target.url)
        # The first message of each begins its schedule.
        wait_for(lambda: len(set(webhook.told())) == REPEATERS, 20, "nobody was told of the repeaters")
        target.kill()
        sender = Sender(options.alerts)
        while len(kills) < options.kills:
            share = len(kills) / options.kills
            work = lambda: sender.step(target.url, share)
            life = chance.uniform(0, LIFE + starting)
            killed, took = live_and_die(target, life, work)
            kills.append(killed)
            starting = (9 * starting + took) / 10 if took else max(starting, life)
            if len(kills) % max(options.kills // 20, 1) == 0:
                print(f"{kind.__name__}: {len(kills)} of {options.kills} kills, {len(sender.accepted)} alerts accepted, "
                      f"{len(webhook.messages)} messages", file=sys.stderr, flush=True)
        start(target)
        while sender.left:
            sender.step(target.url, 1)
        # What was accepted is to be told within group_wait, what settles, and the rate of the lane.
        deadline = time.monotonic() + 60
        while set(sender.accepted) - set(webhook.told()) and time.monotonic() < deadline:
            time.sleep(0.5)
        explain(kind.__name__, webhook.messages, kills)
        return figures(sender.accepted, webhook, time.time())
    finally:
        target.stop()
        webhook.close()
        shutil.rmtree(folder, True)


def live_and_die(target, seconds, work):
    """Starts it and kills it after so long, whatever it and `work` are doing then. Gives the time of the kill, and how
    long it was starting, if it lived to be ready."""
    killed = []
    took = None
    began = time.monotonic()

    def kill():
        killed.append(time.time())
        target.process.kill()

    target.start()
    end = threading.Timer(seconds, kill)
    end.start()
    while end.is_alive() and not target.ready():
        time.sleep(0.005)
    if end.is_alive():
        took = time.monotonic() - began
    while end.is_alive():
        work()
        time.sleep(0.005)
    target.process.wait(20)
    return killed[0], took


def explain(name, messages, kills):
    """Says of each message that was sent again how far from a kill it had come first."""
    first = {}
    for at, key, body in messages:
        if key in first and key is not None:
            kill = min(kills, key=lambda kill: abs(kill - first[key]))
            away = 1000 * (first[key] - kill)
            print(f"{name}: {body['alerts'][0]['labels']['alertname']} came {abs(away):.1f} ms "
                  f"{'after' if away > 0 else 'before'} a kill and again {at - kill:.3f} s after it", file=sys.stderr)
        first.setdefault(key, at)


def figures(accepted, webhook, end):
    heard = collections.Counter()
    heard_by_key = collections.Counter()
    repeats = collections.defaultdict(list)
    keys = set()
    for at, key, body in webhook.messages:
        new = key is None or key not in keys
        keys.add(key)
        for alert in body["alerts"]:
            name = alert["labels"]["alertname"]
            if name.startswith("repeat-"):
                repeats[name].append(at)
                continue
            heard[name] += 1
            heard_by_key[name] += new
    extra = lambda counter: sum(counter[name] - 1 for name in counter)
    return {
        "lost": (sum(name not in heard for name in accepted), "alerts"),
        "doubled_share": (extra(heard) / len(accepted), ""),
        "doubled_by_key": (extra(heard_by_key) / len(accepted), ""),
        "late_repeats": (sum(late_repeats(repeats[f"repeat-{i}"], end) for i in range(REPEATERS)), "repeats"),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--kills", type=int, default=1000)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-baseline", action="store_true", help="not against Alertmanager")
    parser.add_argument("--check", action="store_true", help="fail when a promise was broken")
    options = parser.parse_args()
    ours = run(Collector, options)
    theirs = {}
    if not options.no_baseline and shutil.which("prometheus-alertmanager"):
        theirs = run(Alertmanager, options)
    for metric, (value, unit) in ours.items():
        figure = {"bench": "alert-crash", "metric": metric, "value": value, "unit": unit}
        if metric in theirs:
            figure |= {"baseline": "Alertmanager", "baseline_value": theirs[metric][0]}
        print(json.dumps(figure) if options.json else f"{metric:16}{value:>10.6g} {unit:10}"
              + (f"Alertmanager {theirs[metric][0]:.6g}" if metric in theirs else ""))
    broken = [metric for metric in ("lost", "doubled_by_key") if ours[metric][0]]
    return 1 if options.check and broken else 0


if __name__ == "__main__":
    sys.exit(main())
