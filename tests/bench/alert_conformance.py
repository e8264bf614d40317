#!/usr/bin/python3
"""The collector beside Debian's Alertmanager: one configuration, the same generated scripts of what happens to alerts played to
both, and what each receiver heard of each episode of each alert, compared.

    tests/bench/alert_conformance.py [--json] [--scripts N] [--seconds N] [--seed N] [--check]
                                      [--alertmanager PROGRAM]

    scripts                  of which each is a few alerts in groups of their own that begin and end at random instants, some
                             of them silenced for a while; all are played at once
    episodes                 times from a beginning to an end
    words                    beginnings and ends that Alertmanager told a receiver
    lost_by_us               of them, those that we did not tell
    lost_by_alertmanager     the other way about
    unexplained_differences  lost_by_us, but for those of tests/support/alert_differences.py
    unexplained_words        lost_by_alertmanager, but for those of the same file
    repeats_unlike           episodes of which who is told anew at each look heard nothing for two looks longer from one of both

Configuration and scripts are those of tests/support/alert_scripts.py. Alerts end by their endsAt, or name none and are posted no
more; silences are planned, deleted, lapse, get other words, are shortened, extended, or turned to something else. At a quarter
of the time files that are bad are to be read, at half the configuration changes, at five eighths it is read anew as it is, and at
three quarters both programs are ended and started again, and all that is open is posted anew, as Prometheus does; while one of
these happens, or hours change, some receivers take nothing, or not everything. --alertmanager names another one than Debian's;
"current" is its current release, which is built of its Go module, in build/alertmanager. --check ends with 1 when there is an
unexplained difference, in whichever direction.
"""

import argparse
import collections
import datetime
import json
import random
import re
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, "tests/support")
import alert_scripts as scripts  # noqa: E402
import alertmanager_programs  # noqa: E402
from alert_differences import Differences  # noqa: E402
from alert_peers import Alertmanager, Collector, Trouble, Webhook, ask, wait_for  # noqa: E402

FOREVER = "2190-01-01T00:00:00Z"
OF_A_TEXT = re.compile(r"\[(\d+)/(alert-\d)=(firing|resolved)@")


def stamp(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat()


def window_of(began):
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


class Stage:
    """Both programs, each with its webhooks and a folder."""

    def __init__(self, kind, window, trouble, program=None):
        self.folder = tempfile.mkdtemp(prefix="loadline-bench-")
        hook = Webhook()
        self.hooks = {"": hook, "[1]": Webhook(), "kinds-slack": Webhook(), "kinds-pagerduty": Webhook(),
                      "moved": Webhook(elsewhere=hook.url)}
        self.hooks |= {name: Webhook(trouble=Trouble(*trouble, statuses)) for name, statuses in scripts.TROUBLES.items()}
        places = scripts.Places(hook.url, self.hooks["[1]"].url, self.hooks["moved"].url, self.hooks["kinds-slack"].url,
                                self.hooks["kinds-pagerduty"].url, *(self.hooks[name].url for name in scripts.TROUBLES))
        self.configurations = [scripts.alerting(places, window, changed) for changed in (False, True)]
        self.target = kind(self.folder, self.configurations[0])
        self.target.rules.with_name("said.tmpl").write_text(scripts.TEMPLATES, encoding="utf-8")
        if program:
            self.target.command[0] = program
        self.target.start()
        wait_for(self.target.ready, 30, "it did not start")

    def read_bad_ones(self):
        """By both ways; each is to leave all as it is."""
        good = self.target.rules.read_text(encoding="utf-8")
        for bad in scripts.BAD:
            self.target.rules.write_text(bad, encoding="utf-8")
            try:
                status, _ = ask(self.target.url + "/-/reload", {})
            except ValueError:  # the words of the refusal are no JSON
                status = 500
            if status != 500:
                sys.exit(f"{type(self.target).__name__} answered {status} to a bad configuration:\n{bad}")
            self.target.process.send_signal(signal.SIGHUP)
            time.sleep(0.1)
        self.target.rules.write_text(good, encoding="utf-8")

    def change(self):
        self.target.rules.write_text(self.configurations[1], encoding="utf-8")
        self.target.process.send_signal(signal.SIGHUP)

        def is_new():
            status, answer = ask(self.target.url + "/api/v2/status")
            return status == 200 and "late" in answer["config"]["original"]
        wait_for(is_new, 30, "the new configuration was not read")

    def restart(self):
        self.target.stop()
        self.target.start()
        wait_for(self.target.ready, 30, "it did not start again")

    def words(self, episodes):
        """(receiver, alert, number of the episode, state) of all that was told, and when first."""
        heard = {}
        for way, hook in self.hooks.items():
            if way == "moved":  # has sent all on
                continue
            for at, receiver, name, status in said(way, hook):
                for i, (begin, end) in enumerate(episodes.get(name, ())):
                    since = begin if status == "firing" else end
                    if since <= at < end + scripts.PATIENCE:
                        heard.setdefault((receiver, name, i, status), at)
        return heard

    def close(self):
        self.target.stop()
        for hook in self.hooks.values():
            hook.close()
        shutil.rmtree(self.folder, True)


def said(way, hook):
    """(when, receiver, alert, status) of each alert in each message."""
    for at, _, body in hook.messages:
        if way.startswith("kinds-"):
            for script, name, status in OF_A_TEXT.findall(json.dumps(body)):
                yield at, way, (script, name), status
            continue
        for alert in body["alerts"]:
            name = (alert["labels"].get("script"), alert["labels"].get("alertname"))
            yield at, body["receiver"] + (way if way == "[1]" else ""), name, alert["status"]


class Play:
    """Posts to all, second by second, and keeps what really happened when."""

    def __init__(self, stages):
        self.stages = stages
        self.open = {}  # by alert: its labels, whether it names an end, since when, and the last posting
        self.silences = {}  # ids by name and stage
        self.episodes = collections.defaultdict(list)  # by alert: [begin, end] of each
        self.silenced = collections.defaultdict(list)  # as the episodes
        self.starts = []  # of what was read or begun anew: when, and what

    def turn(self, due):
        now = time.time()
        alerts = [alert for _, what, whom in due if what in ("begin", "again", "end")
                  for alert in self.alert(what, *whom, now)]
        if alerts:
            for stage in self.stages:
                send(stage.target, "/api/v2/alerts", alerts)
        for _, what, whom in due:
            if what in ("silence", "heard"):
                self.silence(what, *whom, time.time())
            elif what in ("bad", "change", "reload", "restart"):
                self.start(what)

    def alert(self, what, labels, ends, now):
        """What is posted of it."""
        name = (labels["script"], labels["alertname"])
        if what == "begin":
            self.open[name] = [labels, ends, now, now]
        elif what == "again":
            self.open[name][3] = now
        else:
            _, _, since, last = self.open[name]
            end = now if ends else last + scripts.LAPSES
            self.episodes[name].append((since, end))
            posted = [self.posted(name, stamp(now))] if ends else []
            del self.open[name]
            return posted
        return [self.posted(name, FOREVER if ends else None)]

    def posted(self, name, until):
        labels, _, since, _ = self.open[name]
        return {"labels": labels, "startsAt": stamp(since), **({"endsAt": until} if until else {})}

    def silence(self, what, name, labels, manner, lasts, now):
        spans = self.silenced[labels["script"], labels["alertname"]]
        if what == "silence":
            spans.append([now, now + lasts])
        elif manner not in ("lapses", "extended", "commented"):
            spans[-1][1] = now
        for stage in self.stages:
            if what == "silence":
                lapses = now + lasts if manner in ("lapses", "commented") else None
                made = self.make(stage, labels, lapses, begins=now + 0.5 if manner == "planned" else None)
                # Whoever changes its end or its words leaves the rest as it is.
                if manner in ("extended", "commented"):
                    made = self.make(stage, labels, now + lasts, made, comment="another")
                self.silences[name, stage] = made
                continue
            made = self.silences.pop((name, stage))
            if manner in ("deleted", "planned"):
                send(stage.target, "/api/v2/silence/" + made, method="DELETE")
            elif manner == "shortened":
                self.make(stage, labels, time.time() + 0.5, made)
            elif manner == "turned":
                self.make(stage, {**labels, "script": "none"}, None, made)

    def make(self, stage, labels, until, made=None, begins=None, comment="-"):
        matchers = [{"name": key, "value": labels[key], "isRegex": False} for key in ("script", "alertname")]
        body = {"matchers": matchers, "startsAt": stamp(begins or time.time()), "endsAt": stamp(until) if until else FOREVER,
                "createdBy": "bench", "comment": comment, **({"id": made} if made else {})}
        return send(stage.target, "/api/v2/silences", body)["silenceID"]

    def start(self, what):
        for stage in self.stages:
            if what == "bad":
                stage.read_bad_ones()
            elif what == "change":
                stage.change()
            elif what == "reload":
                send(stage.target, "/-/reload", {})
            else:
                stage.restart()
                send(stage.target, "/api/v2/alerts", [self.posted(name, FOREVER) for name in self.open])
        if what != "bad":
            self.starts.append((time.time(), what))


def play(events, stages, began):
    script = Play(stages)
    for second in range(int(max(at for at, _, _ in events)) + 2):
        wait_for(lambda: time.time() >= began + second, 3600, "time stands still")
        script.turn([event for event in events if second - 1 <= event[0] < second])
    return script


def show(whose, word, at, script, inhibited, edges, began):
    after = lambda times: [round(at - began, 1) for at in times]
    print(f"{whose} alone told:", *word, "at", *after([at]), "of episodes", *map(after, script.episodes[word[1]]), "silenced",
          *map(after, script.silenced[word[1]]), "inhibited", *map(after, inhibited.get(word[1], ())), "window", after(edges), "starts", after(at for at, _ in script.starts),
          file=sys.stderr)


def unlike_repeats(ours, theirs, script, inhibited, began):
    """Episodes of which who is told anew at each look heard nothing for more than two looks longer from one of both."""
    for name, episodes in script.episodes.items():
        for begin, end in episodes:
            spans = [*script.silenced[name], *inhibited.get(name, ())]
            if any(since < end and until > begin for since, until in spans):
                continue
            pauses = [longest_pause(stage, name, begin, end) for stage in (ours, theirs)]
            if None not in pauses and abs(pauses[0] - pauses[1]) > 2 * scripts.INTERVAL:
                print(f"repeats: {name} of {begin - began:.1f} to {end - began:.1f}: longest pauses {pauses}", file=sys.stderr)
                yield name


def longest_pause(stage, name, begin, end):
    """Of the messages that say that it fires to who is told anew at each look; None where there are none."""
    told = [at for at, receiver, other, status in said("", stage.hooks[""])
            if (receiver, other, status) == (scripts.OFTEN, name, "firing") and begin <= at < end]
    return max(later - sooner for sooner, later in zip(told, [*told[1:], end])) if told else None


def compare(stages, script, inhibited, edges, trouble, began):
    ours, theirs = (stage.words(script.episodes) for stage in stages)
    differences = Differences(script.episodes, script.silenced, inhibited, edges, trouble, script.starts)
    unexplained = {}
    for whose, told, others, explained in (("Alertmanager", theirs, ours, differences.not_told_here),
                                           ("Loadline", ours, theirs, differences.told_here_alone)):
        alone = sorted(told.keys() - others.keys())
        unexplained[whose] = [word for word in alone if not explained(word, told[word])]
        for word in unexplained[whose]:
            show(whose, word, told[word], script, inhibited, edges, began)
    return {"words": len(theirs), "repeats_unlike": sum(1 for _ in unlike_repeats(*stages, script, inhibited, began)), "lost_by_us": len(theirs.keys() - ours.keys()),
            "lost_by_alertmanager": len(ours.keys() - theirs.keys()),
            "unexplained_differences": len(unexplained["Alertmanager"]), "unexplained_words": len(unexplained["Loadline"])}


def run(options):
    chance = random.Random(options.seed)
    seconds = options.seconds
    events = [event for number in range(options.scripts) for event in scripts.script_of(number, chance, seconds)]
    events += [(seconds * at / 8, what, None) for at, what in ((2, "bad"), (4, "change"), (5, "reload"), (6, "restart"))]
    events.sort(key=lambda event: event[0])
    stages = []
    window, edges = window_of(time.time())
    # While hours change, or while the configuration or the program does.
    begins = chance.choice([edges[0], *(time.time() + seconds * at / 8 - scripts.TROUBLE / 2 for at in (4, 5, 6))])
    trouble = (begins, begins + scripts.TROUBLE)
    try:
        for kind, program in ((Collector, None), (Alertmanager, options.alertmanager)):
            stages.append(Stage(kind, window, trouble, program))
        began = time.time()
        script = play(events, stages, began)
        time.sleep(scripts.PATIENCE + scripts.INTERVAL)
        return {"scripts": options.scripts, "episodes": sum(map(len, script.episodes.values())),
                **compare(stages, script, scripts.inhibitions(events, script.episodes), edges, trouble, began)}
    finally:
        for stage in stages:
            stage.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--scripts", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--alertmanager", metavar="PROGRAM")
    options = parser.parse_args()
    if options.alertmanager == "current":
        options.alertmanager = alertmanager_programs.program("alertmanager")
    found = run(options)
    for metric, value in found.items():
        figure = {"bench": "alert-conformance", "metric": metric, "value": value, "unit": ""}
        print(json.dumps(figure) if options.json else f"{metric:<26} {value}")
    if options.check and (found["unexplained_differences"] or found["unexplained_words"] or found["repeats_unlike"]):
        sys.exit(1)


if __name__ == "__main__":
    main()
