"""What the conformance bench plays: one configuration with the kinds of routes, receivers and rules that people write, as it is
before and after it is changed, and scripts of what happens to a few alerts each."""

import collections
import dataclasses

INTERVAL = 6  # above the five seconds for which the collector lets an alert settle
SLOWEST = 10  # the longest interval of a route
SHORTEST = 15  # an episode, and a pause: longer than any interval, so that a look falls into it
PATIENCE = SLOWEST + 4  # until when a word is to come after what it is about; less than a pause
APART = PATIENCE + 1  # of what must not be told apart by which came first
LAPSES = 12  # resolve_timeout
AGAIN = 5  # how often who names no end is posted again
FEW = 3  # so many scripts are told by receivers that count their messages

# Of an alert in a text: a receiver that sends texts says no more.
SAID = ('said; {{ range .Alerts }}[{{ .Labels.script }}/{{ .Labels.alertname }}={{ .Status }}@'
        '{{ .Labels.zone | toUpper }}]{{ end }}')
WITHOUT_ENDS = {"quiet", "both[1]", "kinds-slack"}  # whoever has send_resolved: false
# What a receiver answers while it takes nothing, for so long, and for how long it may be left alone after that.
# 0: it hangs up without a word. Who is flaky takes what is tried again.
TROUBLES = {"refusing": (400, 405, 409, 413, 422), "failing": (500, 503, 0, 502), "flaky": (500, 200, 429, 0, 200)}
TROUBLE = 25
AFTER_TROUBLE = {"refusing": PATIENCE, "failing": 60 + PATIENCE, "flaky": 2 * PATIENCE}  # some meet five failures in a row
OFTEN = "often"  # is told anew at each look, for its repeat_interval is shorter than that
BY_TWO_ROUTES = {"chat"}  # of one key, and in part of other alerts
BY_THE_HOUR = {"hours", "office", "night"}


@dataclasses.dataclass
class Places:
    """URLs of the webhooks: of all, of the second ways, of what sends on to the first, of the few that send texts, and of those
    that take nothing for a while."""
    hook: str
    second: str
    moved: str
    slack: str
    pagerduty: str
    refusing: str
    failing: str
    flaky: str


def alerting(places, window, changed=False):
    """`window`: a time_range in which one route is mute and others are not; `changed`: as it is from half-way on: a receiver has
    another name, routes another place, a route other intervals."""
    receiver = lambda name, more="", to=places.hook: f'- name: {name}\n  webhook_configs: [{{url: "{to}"{more}}}]\n'
    route = lambda name, more="": f"{{matchers: [severity=critical], receiver: {name}, continue: true{more}}}"
    nested = (", routes: [{matchers: [kind=a], receiver: first, continue: true}, "
              "{matchers: [kind=a], receiver: second}]")
    slower = ("routes: [{match_re: {kind: 'b|c'}, receiver: slower, group_by: [script, kind], group_wait: 8s, "
              f"group_interval: {SLOWEST}s, continue: true}}]")
    troubled = ["{matchers: [kind=~\"a|c\"], receiver: refusing, continue: true}",
                "{matchers: [kind=~\"b|c\"], receiver: failing, continue: true}",
                "{matchers: [kind!=c], receiver: flaky, continue: true}"]
    troubled = "\n".join("  - " + one for one in (reversed(troubled) if changed else troubled))
    return f"""\
global: {{resolve_timeout: {LAPSES}s, slack_api_url: "{places.slack}", pagerduty_url: "{places.pagerduty}"}}
templates: ['*.tmpl']
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
  - {route("chat", nested)}
  - {{matchers: ['kind!=a'], receiver: hours, mute_time_intervals: [window], continue: true}}
  - {{match: {{kind: a}}, receiver: office, active_time_intervals: [window], continue: true}}
  - {{matchers: [kind=b], receiver: night, active_time_intervals: [never, window], mute_time_intervals: [never],
      continue: true}}
  - {{receiver: slow, group_wait: {4 if changed else 2}s, group_interval: {8 if changed else 9}s, continue: true, {slower}}}
  - {{receiver: {"late" if changed else "early"}, continue: true}}
  - {{matchers: ['alertname=~"alert-[01]"'], receiver: moved, continue: true}}
  - {{matchers: [kind=~"a|b"], receiver: both, group_by: [alertname, script], continue: true}}
  - {{matchers: ['few="yes"'], receiver: kinds, continue: true}}
{troubled}
  - {{matchers: [severity!=info], receiver: often, repeat_interval: 1s, continue: true}}
  - {{receiver: all, continue: true}}
  - {{receiver: each, group_by: ['...']}}
time_intervals:
- {{name: window, time_intervals: [{{times: [{window}]}}]}}
- {{name: never, time_intervals: [{{years: ['1999']}}]}}
inhibit_rules:
- {{source_matchers: [kind=b, severity=critical], target_matchers: [severity=warning], equal: [script]}}
- {{source_match: {{kind: a, severity: warning}}, target_match_re: {{severity: info}}, equal: [script, zone]}}
receivers:
- name: both
  webhook_configs: [{{url: "{places.hook}"}}, {{url: "{places.second}", send_resolved: false}}]
- name: kinds
  webhook_configs: [{{url: "{places.hook}"}}]
  slack_configs: [{{channel: '#a', text: '{{{{ template "conformance.said" . }}}}'}}]
  pagerduty_configs: [{{routing_key: key, details: {{said: '{SAID}'}}}}]
""" + "".join(map(receiver, ("rest", "chat", "pager", "first", "second", "all", "each", "hours", "office", "night", "slow", "often",
                             "slower", "late" if changed else "early"))) + receiver(
        "quiet", ", send_resolved: false") + "".join(
            receiver(name, to=getattr(places, name)) for name in ("moved", *TROUBLES))


TEMPLATES = '{{ define "conformance.said" }}' + SAID + "{{ end }}"
BAD = ("route: {receiver: nobody}\nreceivers: [{name: rest}]\n", "route: {receiver: rest\n",
       "route: {receiver: rest, group_interval: 0s}\nreceivers: [{name: rest}]\n",
       "route: {receiver: rest, routes: [{mute_time_intervals: [none]}]}\nreceivers: [{name: rest}]\n")


def muting(labels, other):
    """Whether `other` inhibits it, by the rules above."""
    first = (labels["severity"] == "warning" and (other["kind"], other["severity"]) == ("b", "critical"))
    second = (labels["severity"] == "info" and (other["kind"], other["severity"]) == ("a", "warning")
              and labels.get("zone") == other.get("zone"))
    return labels["script"] == other["script"] and (first or second)


def script_of(number, chance, seconds):
    """(at, what, of whom) of one script; what: "begin", "again" (posted once more) or "end" of (labels, whether it names an end),
    "silence" or "heard" of (name, labels, manner, for how long)."""
    for i in range(chance.randint(1, 4)):
        labels = {"alertname": f"alert-{i}", "script": str(number), "kind": chance.choice("aabbc"),
                  "severity": chance.choice(["critical", "critical", "warning", "warning", "info"]),
                  "few": "yes" if number < FEW else "no"}
        if zone := chance.choice(["", "", "east", "west"]):
            labels["zone"] = zone
        # After a start who names no end holds for two minutes: these are over before the first.
        ends = chance.random() > 1 / 6
        until = seconds if ends else seconds / 2 - SHORTEST
        turns = []
        at = chance.uniform(0, SHORTEST)
        while at < until:
            lasts = SHORTEST + chance.expovariate(1 / SHORTEST) + (0 if ends else LAPSES)
            if not ends and at + lasts > until:
                break
            yield at, "begin", (labels, ends)
            if not ends:
                for again in range(AGAIN, int(lasts - LAPSES) + 1, AGAIN):
                    yield at + again, "again", (labels, ends)
            yield at + lasts, "end", (labels, ends)
            turns += [at, at + lasts]
            at += lasts + SHORTEST + chance.expovariate(1 / SHORTEST)
        yield from silence_of(f"{number}/{i}", labels, turns, chance)


def silence_of(name, labels, turns, chance):
    """In one of three alerts, where there is room beside its turns."""
    if chance.random() > 1 / 3:
        return
    room = [(after + APART, before - APART) for after, before in zip(turns, turns[1:]) if before - after > 2 * APART]
    ends = sorted(chance.uniform(*between) for between in chance.sample(room, min(2, len(room))))
    if len(ends) == 2:
        whom = (name, labels, chance.choice(["deleted", "lapses", "shortened", "turned", "extended", "commented", "planned"]), ends[1] - ends[0])
        yield ends[0], "silence", whom
        yield ends[1], "heard", whom


def inhibitions(events, episodes):
    """When another alert of its script inhibits which alert: by the alert."""
    by_script = collections.defaultdict(dict)
    for _, what, whom in events:
        if what == "begin":
            by_script[whom[0]["script"]][whom[0]["alertname"]] = whom[0]
    return {(script, name): [span for other, of_other in alerts.items() if other != name and muting(labels, of_other)
                             for span in episodes.get((script, other), ())]
            for script, alerts in by_script.items() for name, labels in alerts.items()}
