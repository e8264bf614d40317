#!/usr/bin/python3
"""The collector beside Debian's Alertmanager: one configuration, the same generated scripts of beginnings, ends and silences
posted to both, and what each receiver heard of each episode of each alert, compared.

    tests/bench/alert_conformance.py [--json] [--scripts N] [--seconds N] [--seed N] [--check]
                                      [--alertmanager PROGRAM]

    scripts                  of which each is a few alerts in groups of their own that begin and end at random instants, some
                             of them silenced for a while; all are played at once
    episodes                 times from a beginning to an end
    words                    beginnings and ends that Alertmanager told a receiver
    lost_by_us               of them, those that we did not tell
    lost_by_alertmanager     the other way about
    unexplained_differences  lost_by_us, but for those that depend on which of two things was seen first: what inhibits it
                             begins or ends just where it does itself, or only just before it does again, for we wait for
                             what inhibits; it begins, ends or is silenced just where the hours of its route begin or end;
                             and what was told while it was inhibited, as Alertmanager does when it was just started

Each episode, and each pause, lasts longer than a group's interval, so that a look of both programs falls into it; a silence
begins and ends well away from both. The configuration has sibling routes with equal matchers, nested ones of equal paths,
chains of `continue`, a catch-all, `group_by: ['...']`, hours in which a route is mute, a receiver in two ways and one behind a
redirect, receivers with and without send_resolved, and an inhibit rule across routes. Half-way through both read their
configuration anew, and at three quarters they are ended and started again, and all that is open is posted anew, as Prometheus
does. --alertmanager names another one than Debian's. --check ends with 1 when there is an unexplained difference.
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
APART = PATIENCE + 1     # of what must not be told apart by which came first
FOREVER = "2190-01-01T00:00:00Z"


def alerting(url, second, moved, mute):
    """`second`: of the receiver that has two ways; `moved`: sends on to `url`; `mute`: a time_range."""
    receiver = lambda name, more="", to=url: f'- name: {name}\n  webhook_configs: [{{url: "{to}"{more}}}]\n'
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
  - {{matchers: ['kind!=a'], receiver: hours, mute_time_intervals: [window], continue: true}}
  - {{matchers: ['alertname=~"alert-[01]"'], receiver: moved, continue: true}}
  - {{matchers: [kind=~"a|b"], receiver: both, group_by: [alertname, script], continue: true}}
  - {{receiver: all, continue: true}}
  - {{receiver: each, group_by: ['...']}}
time_intervals:
- {{name: window, time_intervals: [{{times: [{mute}]}}]}}
inhibit_rules:
- {{source_matchers: [kind=b, severity=critical], target_matchers: [severity=warning], equal: [script]}}
receivers:
- {{name: both, webhook_configs: [{{url: "{url}"}}, {{url: "{second}", send_resolved: false}}]}}
""" + "".join(map(receiver, ("rest", "chat", "pager", "first", "second", "all", "each", "hours"))) + receiver(
        "quiet", ", send_resolved: false") + receiver("moved", to=moved)


def script_of(number, chance, seconds):
    """(at, what, of whom) of one script; what: "begin" or "end" of labels, "silence" or "heard" of (name, labels)."""
    for i in range(chance.randint(1, 4)):
        labels = {"alertname": f"alert-{i}", "script": str(number), "kind": chance.choice("ab"),
                  "severity": chance.choice(["critical", "warning"])}
        at = chance.uniform(0, SHORTEST)
        turns = []
        while at < seconds:
            for what in ("begin", "end"):
                turns.append(at)
                yield at, what, labels
                at += SHORTEST + chance.expovariate(1 / SHORTEST)
        yield from silence_of(f"{number}/{i}", labels, turns, chance)


def silence_of(name, labels, turns, chance):
    """In one of three alerts, where there is room beside its turns."""
    if chance.random() > 1 / 3:
        return
    room = [(after + APART, before - APART) for after, before in zip(turns, turns[1:]) if before - after > 2 * APART]
    ends = sorted(chance.uniform(*between) for between in chance.sample(room, min(2, len(room))))
    if len(ends) == 2:
        yield ends[0], "silence", (name, labels)
        yield ends[1], "heard", (name, labels)


def stamp(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat()


def mute_window(began):
    """The first whole minute that comes after some have told: as a time range, and its two ends."""
    start = (began // 60 + 1) * 60
    if start - began < 20:
        start += 60
    of_day = lambda at: f"'{datetime.datetime.fromtimestamp(at, datetime.timezone.utc):%H:%M}'"
    end = start + 60
    until = of_day(end) if of_day(end) != "'00:00'" else "'24:00'"
    return f"{{start_time: {of_day(start)}, end_time: {until}}}", (start, end)


def send(target, path, body=None, method="POST"):
    """Until it is taken: while a configuration is read anew nobody answers."""
    def once():
        status, answer = ask(target.url + path, body, method)
        if status in (400, 404, 422):
            sys.exit(f"{type(target).__name__} refused {path}: {status} {answer}")
        return (answer or {"done": True}) if status == 200 else None
    return wait_for(once, 20, f"{type(target).__name__} takes nothing")


class Play:
    """Posts to all, second by second, and keeps the episodes: by alert a list of [begin, end]."""

    def __init__(self, targets):
        self.targets = targets
        self.open_since = {}
        self.open = {}  # labels by alert
        self.silences = {}  # ids by name and target
        self.episodes = collections.defaultdict(list)
        self.silenced = collections.defaultdict(list)  # as the episodes

    def turn(self, due):
        alerts = []
        now = time.time()
        for _, what, whom in due:
            if what in ("begin", "end"):
                alerts.append(self.alert(whom, what == "begin", now))
        for target in self.targets if alerts else ():
            send(target, "/api/v2/alerts", alerts)
        for _, what, whom in due:
            if what in ("silence", "heard"):
                name = (whom[1]["script"], whom[1]["alertname"])
                self.silenced[name] += [[now]] if what == "silence" else [[*self.silenced[name].pop(), now]]
            for target in self.targets:
                if what == "silence":
                    self.silence(target, *whom)
                elif what == "heard":
                    send(target, "/api/v2/silence/" + self.silences.pop((whom[0], target)), method="DELETE")
                elif what == "reload":
                    send(target, "/-/reload", {})
                elif what == "restart":
                    self.restart(target)

    def alert(self, labels, begins, now):
        name = (labels["script"], labels["alertname"])
        if begins:
            self.open_since[name] = now
            self.open[name] = labels
        else:
            del self.open[name]
            self.episodes[name].append((self.open_since[name], now))
        return self.posted(name, labels, FOREVER if begins else stamp(now))

    def posted(self, name, labels, until):
        return {"labels": labels, "startsAt": stamp(self.open_since[name]), "endsAt": until}

    def restart(self, target):
        target.stop()
        target.start()
        wait_for(target.ready, 30, "it did not start again")
        send(target, "/api/v2/alerts", [self.posted(name, labels, FOREVER) for name, labels in self.open.items()])

    def silence(self, target, name, labels):
        matchers = [{"name": key, "value": labels[key], "isRegex": False} for key in ("script", "alertname")]
        made = send(target, "/api/v2/silences", {
            "matchers": matchers, "startsAt": stamp(time.time()), "endsAt": FOREVER, "createdBy": "bench", "comment": "-"})
        self.silences[name, target] = made["silenceID"]


def play(events, targets, began):
    stage = Play(targets)
    for second in range(int(max(at for at, _, _ in events)) + 2):
        wait_for(lambda: time.time() >= began + second, 3600, "time stands still")
        stage.turn([event for event in events if second - 1 <= event[0] < second])
    return stage.episodes, stage.silenced


def words(webhook, episodes, way=""):
    """(receiver, alert, number of the episode, state) of all that was told, and when first."""
    heard = {}
    for at, _, body in webhook.messages:
        for alert in body["alerts"]:
            name = (alert["labels"].get("script"), alert["labels"].get("alertname"))
            for i, (begin, end) in enumerate(episodes.get(name, ())):
                of_it = (begin, end) if alert["status"] == "firing" else (end, end)
                if of_it[0] <= at < of_it[1] + PATIENCE:
                    heard.setdefault((body["receiver"] + way, name, i, alert["status"]), at)
    return heard


def inhibitions(events, episodes):
    """When another alert of the script inhibits which alert: by the alert."""
    labels_of = {(labels["script"], labels["alertname"]): labels
                 for _, what, labels in events if what in ("begin", "end")}
    of_script = collections.defaultdict(list)
    for name, labels in labels_of.items():
        if (labels["kind"], labels["severity"]) == ("b", "critical"):
            of_script[name[0]] += episodes[name]
    return {name: of_script[name[0]] for name, labels in labels_of.items() if labels["severity"] == "warning"}


def merged(spans):
    """What they cover together, as spans that do not touch."""
    out = []
    for since, until in sorted(spans):
        if out and since <= out[-1][1]:
            out[-1][1] = max(out[-1][1], until)
        else:
            out.append([since, until])
    return out


def compare(ours, theirs, episodes, silences, inhibited, mute, began):
    def explained(word):
        receiver, name, number, _ = word
        begin, end = episodes[name][number]
        muted = merged(inhibited.get(name, ()))
        if any(since < theirs[word] < until for since, until in muted):
            return True
        turns = sorted([begin, end, *(at for span in muted for at in span if begin - APART < at < end + APART)])
        if any(later - sooner < APART for sooner, later in zip(turns, turns[1:])):
            return True
        turns = [begin, end, *(at for silence in silences[name] for at in silence)]
        return receiver == "hours" and any(abs(at - edge) < APART for at in turns for edge in mute)

    lost = theirs.keys() - ours.keys()
    unexplained = sorted(word for word in lost if not explained(word))
    after = lambda times: [round(at - began, 1) for at in times]
    for word in unexplained:
        name = word[1]
        print("Alertmanager alone told:", *word, "at", after([theirs[word]]), "of episodes",
              [after(episode) for episode in episodes[name]], "silenced", [after(silence) for silence in silences[name]],
              "mute", after(mute), file=sys.stderr)
    return {"words": len(theirs), "lost_by_us": len(lost), "lost_by_alertmanager": len(ours.keys() - theirs.keys()),
            "unexplained_differences": len(unexplained)}


def run(options):
    chance = random.Random(options.seed)
    events = [event for number in range(options.scripts) for event in script_of(number, chance, options.seconds)]
    events += [(options.seconds / 2, "reload", None), (options.seconds * 3 / 4, "restart", None)]
    events.sort(key=lambda event: event[0])
    peers, webhooks = [], []
    hours, mute = mute_window(time.time())
    try:
        for kind in (Collector, Alertmanager):
            webhook, second, folder = Webhook(), Webhook(), tempfile.mkdtemp(prefix="loadline-bench-")
            moved = Webhook(elsewhere=webhook.url)
            webhooks += [webhook, second, moved]
            target = kind(folder, alerting(webhook.url, second.url, moved.url, hours))
            if kind is Alertmanager and options.alertmanager:
                target.command[0] = options.alertmanager
            peers.append((target, webhook, second, folder))
            target.start()
            wait_for(target.ready, 30, "it did not start")
        began = time.time()
        episodes, silences = play(events, [target for target, *_ in peers], began)
        time.sleep(PATIENCE + INTERVAL)
        heard = [words(webhook, episodes) | words(second, episodes, "[1]") for _, webhook, second, _ in peers]
        return {"scripts": options.scripts, "episodes": sum(map(len, episodes.values())),
                **compare(*heard, episodes, silences, inhibitions(events, episodes), mute, began)}
    finally:
        for target, _, _, folder in peers:
            target.stop()
            shutil.rmtree(folder, True)
        for webhook in webhooks:
            webhook.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--scripts", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--alertmanager", metavar="PROGRAM")
    options = parser.parse_args()
    found = run(options)
    for metric, value in found.items():
        figure = {"bench": "alert-conformance", "metric": metric, "value": value, "unit": ""}
        print(json.dumps(figure) if options.json else f"{metric:<26} {value}")
    if options.check and found["unexplained_differences"]:
        sys.exit(1)


if __name__ == "__main__":
    main()
