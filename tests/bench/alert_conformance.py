#!/usr/bin/python3
"""The collector beside Debian's Alertmanager: one configuration, the same generated scripts of beginnings and ends posted
to both, and what each receiver heard of each episode of each alert, compared.

    tests/bench/alert_conformance.py [--json] [--scripts N] [--seconds N] [--seed N] [--check]

    scripts                  of which each is a few alerts in groups of their own that begin and end at random instants
    episodes                 times from a beginning to an end
    words                    beginnings and ends that Alertmanager told a receiver
    lost_by_us               of them, those that we did not tell
    lost_by_alertmanager     the other way about
    unexplained_differences  lost_by_us, but for what another alert of the script may inhibit: whether that is told depends
                             on which of both was seen first, and we wait for what inhibits

Each episode, and each pause, lasts longer than a group's interval, so that a look of both programs falls into it. The
configuration has sibling routes with equal matchers, nested ones of equal paths, a catch-all, receivers with and without
send_resolved, and an inhibit rule. --check ends with 1 when there is an unexplained difference.
"""

import argparse
import collections
import datetime
import json
import random
import shutil
import sys
import tempfile
import time

sys.path.insert(0, "tests/support")
from alert_peers import Alertmanager, Collector, Webhook, ask, wait_for  # noqa: E402

INTERVAL = 6  # above the five seconds for which the collector lets an alert settle
SHORTEST = 2.5 * INTERVAL
PATIENCE = 2 * INTERVAL  # until when a word is to come after what it is about
FOREVER = "2190-01-01T00:00:00Z"


def alerting(url):
    receiver = lambda name, more: f'- name: {name}\n  webhook_configs: [{{url: "{url}"{more}}}]\n'
    route = lambda name, more="": f"{{matchers: [severity=critical], receiver: {name}, continue: true{more}}}"
    return f"""\
route:
  receiver: rest
  group_by: [script]
  group_wait: {INTERVAL}s
  group_interval: {INTERVAL}s
  repeat_interval: 1h
  routes:
  - {route("chat")}
  - {route("pager")}
  - {route("quiet")}
  - {route("chat", ", routes: [{matchers: [kind=a], receiver: first, continue: true}, "
                   "{matchers: [kind=a], receiver: second}]")}
  - {{receiver: all, continue: true}}
  - {{receiver: each, group_by: ['...']}}
inhibit_rules:
- {{source_matchers: [kind=b, severity=critical], target_matchers: [severity=warning], equal: [script]}}
receivers:
""" + "".join(receiver(name, "") for name in ("rest", "chat", "pager", "first", "second", "all", "each")) + receiver(
        "quiet", ", send_resolved: false")


def script_of(number, chance, seconds):
    """(at, labels, begins) of one script."""
    for i in range(chance.randint(1, 4)):
        labels = {"alertname": f"alert-{i}", "script": str(number), "kind": chance.choice("ab"),
                  "severity": chance.choice(["critical", "warning"])}
        at = chance.uniform(0, SHORTEST)
        while at < seconds:
            yield at, labels, True
            at += SHORTEST + chance.expovariate(1 / SHORTEST)
            yield at, labels, False
            at += SHORTEST + chance.expovariate(1 / SHORTEST)


def stamp(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat()


def play(events, targets, began):
    """Posts to all, second by second; gives the episodes: by alert a list of [begin, end]."""
    open_since = {}
    episodes = collections.defaultdict(list)
    for second in range(int(max(at for at, _, _ in events)) + 2):
        wait_for(lambda: time.time() >= began + second, 10, "time stands still")
        due = [event for event in events if second - 1 <= event[0] < second]
        now = time.time()
        alerts = []
        for _, labels, begins in due:
            name = (labels["script"], labels["alertname"])
            if begins:
                open_since[name] = now
            else:
                episodes[name].append((open_since[name], now))
            alerts.append({"labels": labels, "startsAt": stamp(open_since[name]),
                           "endsAt": FOREVER if begins else stamp(now)})
        for target in targets if alerts else ():
            status, answer = ask(target.url + "/api/v2/alerts", alerts)
            if status != 200:
                sys.exit(f"{type(target).__name__} refused the alerts: {status} {answer}")
    return episodes


def words(webhook, episodes):
    """(receiver, alert, number of the episode, state) of all that was told."""
    heard = set()
    for at, _, body in webhook.messages:
        for alert in body["alerts"]:
            name = (alert["labels"].get("script"), alert["labels"].get("alertname"))
            for i, (begin, end) in enumerate(episodes.get(name, ())):
                of_it = (begin, end) if alert["status"] == "firing" else (end, end)
                if of_it[0] <= at < of_it[1] + PATIENCE:
                    heard.add((body["receiver"], name, i, alert["status"]))
    return heard


def may_be_inhibited(events):
    """The alerts that another of their script can hold back for a part of their lives."""
    alerts = {(labels["script"], labels["alertname"]): labels for _, labels, _ in events}
    sources = [name for name, labels in alerts.items() if (labels["kind"], labels["severity"]) == ("b", "critical")]
    scripts = {script for script, _ in sources}
    return {name for name, labels in alerts.items() if labels["severity"] == "warning" and name[0] in scripts}


def compare(ours, theirs, inhibited):
    lost = theirs - ours
    unexplained = sorted(word for word in lost if word[1] not in inhibited)
    for word in unexplained:
        print("Alertmanager alone told:", *word, file=sys.stderr)
    return {"words": len(theirs), "lost_by_us": len(lost), "lost_by_alertmanager": len(ours - theirs),
            "unexplained_differences": len(unexplained)}


def run(options):
    chance = random.Random(options.seed)
    events = sorted((event for number in range(options.scripts) for event in script_of(number, chance, options.seconds)),
                    key=lambda event: event[0])
    peers = []
    try:
        for kind in (Collector, Alertmanager):
            webhook, folder = Webhook(), tempfile.mkdtemp(prefix="loadline-bench-")
            target = kind(folder, alerting(webhook.url))
            peers.append((target, webhook, folder))
            target.start()
            wait_for(target.ready, 30, "it did not start")
        episodes = play(events, [target for target, _, _ in peers], time.time())
        time.sleep(PATIENCE + INTERVAL)
        heard = [words(webhook, episodes) for _, webhook, _ in peers]
        return {"scripts": options.scripts, "episodes": sum(map(len, episodes.values())),
                **compare(*heard, may_be_inhibited(events))}
    finally:
        for target, webhook, folder in peers:
            target.stop()
            webhook.close()
            shutil.rmtree(folder, True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--scripts", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    found = run(options)
    for metric, value in found.items():
        figure = {"bench": "alert-conformance", "metric": metric, "value": value, "unit": ""}
        print(json.dumps(figure) if options.json else f"{metric:<26} {value}")
    if options.check and found["unexplained_differences"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
