#!/usr/bin/python3
"""Generated templates, filled in by us and by Alertmanager's own code on the same data.

    tests/collector/alert_text/beside_alertmanager_test.py [--templates N] [--seed N] [--record]

The other side is built of Alertmanager's Go module, in build/alertmanager_templates. Both say the same, or both fail.
Named exceptions: UNLIKE. --record writes tests/data/templates/rendered.json, what Alertmanager makes of shapes.txt.
"""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

DATA = pathlib.Path("tests/data/templates")
MODULE = pathlib.Path("tests/support/alertmanager_templates")
PROGRAM = pathlib.Path("build/alertmanager_templates").absolute()
OURS = pathlib.Path(os.environ.get("LOADLINE_BIN", "build/dev/bin"), "render_template")

# What we do otherwise, by what we say of it: forms of printf that show a program's inside, such as %p and a time by %d;
# scripts, into which values would be put; work without end; templates that are not there, which we look for when the
# text is read.
UNLIKE = ["is not known here", "a value within a script", "it takes too much work", "no template '"]

# A field of an element that is nil is nothing here.
OF_NIL = "nil pointer evaluating interface {}"


class Writer:
    """Random templates: mostly such as people write, with a slip now and then."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.variables = []
        self.loops = 0

    def pick(self, *choices):
        choice = self.random.choice(choices)
        return choice() if callable(choice) else choice

    def text(self):
        return self.pick("firing", "x y", " ", "\n", "<b>", "a-b.c:d", "it's", "*", "", "\u00fc", "%", "[0]", "{ }", "&amp;")

    def quoted(self):
        return json.dumps(self.pick("critical", "firing", "a b", "", "alertname", "2006-01-02 15:04", "Europe/Berlin", "^a.*$",
                                    "$1-${2}", "([a-z]+)([0-9]*)", "<i>&'", "Jan _2 3:04PM MST", "1h30m", "%s=%v", "0.5", "nope",
                                    "a,b;c", "\u00e4\u00df", "a\tb", "%20+%41", "-"), ensure_ascii=False)

    def number(self):
        return self.pick("0", "1", "2", "3", "7", "-1", "0x1F", "1.5", "28800e9", "1e3", "'a'", "1_000", "3600000000000")

    def few(self):
        return self.pick("0", "1", "2", "13", "-1")

    def labels(self):
        return self.pick("$.CommonLabels", "$.GroupLabels", "$.CommonAnnotations", "(index $.Alerts 0).Labels",
                         "($.CommonLabels.Remove $.GroupLabels.Names)", "(index $.Alerts 0).Annotations")

    def time(self):
        one = self.pick("(index $.Alerts 0).StartsAt", "(index $.Alerts 0).EndsAt", "(index $.Alerts 0).StartsAt.UTC")
        return self.pick(one, lambda: f"({one}.Add {self.number()})", lambda: f"(tz {self.quoted()} {one})",
                         lambda: f"({one}.AddDate {self.few()} {self.few()} 1)",
                         lambda: f"({one}.Truncate {self.number()})")

    def span(self):
        return f"({self.time()}.Sub {self.time()})"

    def items(self):
        return self.pick("$.Alerts", "$.Alerts.Firing", "$.Alerts.Resolved", lambda: self.labels() + ".SortedPairs",
                         lambda: self.labels() + ".Names", lambda: self.labels() + ".Values",
                         lambda: f"(stringSlice {self.quoted()} {self.quoted()})",
                         lambda: f"(list {self.value()} {self.value()})", lambda: f"(slice {self.items_short()} 0 1)")

    def items_short(self):
        return self.pick("$.Alerts", "$.CommonLabels.Names", "$.Alerts.Firing")

    def words(self, depth=0):
        plain = ["$.Status", "$.Receiver", "$.ExternalURL", self.quoted, lambda: self.labels() + self.pick(
            ".alertname", ".severity", ".nope", ".summary", ".description", ".instance"),
            lambda: f"(index {self.labels()} {self.quoted()})", "$.RouteLabels.team", lambda: f'(routeLabels "{self.pick("team", "reason", "after", "nope", "itself")}")', "(index $.Alerts 0).GeneratorURL", "(index $.Alerts 0).Fingerprint"]
        if depth > 2:
            return self.pick(*plain)
        deeper = lambda: self.words(depth + 1)  # noqa: E731
        return self.pick(*plain, lambda: f"({self.pick('toUpper', 'toLower', 'title', 'trimSpace', 'html', 'js', 'urlquery', 'base64encode')} {deeper()})",
                         lambda: f"(reReplaceAll {self.quoted()} {self.quoted()} {deeper()})",
                         lambda: f"(join {self.quoted()} {self.items()})", lambda: f"(urlUnescape {deeper()})",
                         lambda: f"(printf {self.format()} {self.value(depth + 1)} {self.value(depth + 1)})",
                         lambda: f"(print {self.value(depth + 1)} {self.value(depth + 1)})", lambda: f"(toJson {self.value(depth + 1)})",
                         lambda: f"(slice {deeper()} {self.number()})", lambda: f"({self.time()}.Format {self.quoted()})",
                         lambda: f"(date {self.quoted()} {self.time()})", lambda: f"(humanizeDuration {self.value(depth + 1)})")

    def format(self):
        verb = lambda: "%" + self.pick("", "-", "+", "0", "#", " ") + self.pick("", "5", "12", ".2", "8.3", "[1]", "*") + self.pick(*"vsdqxXtfgeocUbT%z")  # noqa: E731
        return json.dumps(verb() + self.pick("", " ", "|") + verb())

    def value(self, depth=0):
        if self.variables and self.random.random() < 0.2:
            return self.random.choice(self.variables)
        if depth > 2:
            return self.pick(self.words, self.number, "true", "nil")
        return self.pick(lambda: self.words(depth + 1), lambda: self.words(depth + 1), self.number, self.items, self.labels, "true", "false",
                         self.time, self.span, ".", "nil", lambda: f"(len {self.items()})", lambda: f"(index {self.items()} {self.number()})",
                         lambda: f"(dict {self.quoted()} {self.value(depth + 1)})", lambda: f"(append (list 1) {self.value(depth + 1)})",
                         lambda: f"{self.time()}.{self.pick('Unix', 'Year', 'Month', 'Weekday', 'YearDay', 'Hour', 'IsZero', 'UnixMilli')}",
                         lambda: f"{self.span()}.{self.pick('Hours', 'Minutes', 'Seconds', 'Milliseconds', 'String', 'Abs')}")

    def condition(self, depth=0):
        if depth > 2:
            return self.value(depth)
        return self.pick(lambda: f"eq {self.words()} {self.words()}", lambda: f"{self.pick('eq', 'ne', 'lt', 'le', 'gt', 'ge')} (len {self.items()}) {self.number()}",
                         lambda: f"{self.pick('and', 'or')} ({self.condition(depth + 1)}) {self.value(1)}", lambda: f"not ({self.condition(depth + 1)})",
                         self.value, lambda: f"match {self.quoted()} {self.words()}", lambda: f"{self.pick('eq', 'lt')} {self.value(1)} {self.value(1)}")

    def action(self):
        piped = lambda: self.pick("", "", " | " + self.pick("toUpper", "title", "len", "html", "urlquery", "printf \"%v\"", "join \",\"", "toJson", "print 1", "trimSpace"))  # noqa: E731
        return self.pick(self.words, self.value) + piped()

    def braces(self, inside):
        return self.pick("{{ ", "{{- ", "{{") + inside + self.pick(" }}", " -}}", "}}")

    def node(self, depth):
        choice = self.random.random()
        if depth > 3 or choice < 0.35:
            return self.pick(self.text, lambda: self.braces(self.action()))
        if choice < 0.5:
            end = self.pick("", "{{ else }}" + self.body(depth + 1), "{{ else if " + self.condition() + " }}" + self.body(depth + 1))
            return "{{ if " + self.condition() + " }}" + self.body(depth + 1) + end + "{{ end }}"
        if choice < 0.7:
            return self.loop(depth)
        if choice < 0.8:
            return "{{ with " + self.value() + " }}" + self.body(depth + 1) + self.pick("", "{{ else }}" + self.text()) + "{{ end }}"
        if choice < 0.9:
            name = f"$v{len(self.variables)}"
            declared = "{{ " + name + " := " + self.value() + " }}"
            if depth == 0:
                self.variables.append(name)
            return declared
        if self.loops and choice < 0.95:
            return "{{ if " + self.condition() + " }}{{ " + self.pick("break", "continue") + " }}{{ end }}"
        return '{{ template "' + self.pick("slack.default.title", "__subject", "slack.default.color", "jira.default.priority") + '" ' + self.pick("$", ".") + " }}"

    def loop(self, depth):
        self.loops += 1
        over = self.pick(self.items, self.items, self.labels, self.few)
        head = self.pick(over, "$i, $e := " + over, "$e := " + over)
        within = self.pick("{{ . }}", "{{ .Labels.alertname }}", "{{ .Name }}={{ .Value }}", "{{ .Status }} {{ .StartsAt.Unix }}", "")
        node = "{{ range " + head + " }}" + within + self.body(depth + 1) + self.pick("", "{{ else }}none") + "{{ end }}"
        self.loops -= 1
        return node

    def body(self, depth):
        return "".join(self.node(depth) for _ in range(self.random.randint(1, 3)))

    def route_labels(self):
        """As a route may have them: some ask for others, some cannot be filled in."""
        words = self.words()
        while "printf" in words:  # what differs there is named, and here it would not be
            words = self.words()
        return {"team": "ops", "reason": self.slip("{{ " + words + " }} <" + self.text() + ">"), "after": 'after {{ routeLabels "reason" }} of {{ .RouteLabels.team }}',
                "itself": '{{ routeLabels "other" }}', "other": '{{ routeLabels "itself" }}', "why": "{{ .NotificationReason }}"}

    def slip(self, text):
        """Now and then a character is lost or doubled."""
        if not text or self.random.random() > 0.05:
            return text
        at = self.random.randrange(len(text))
        return text[:at] + self.pick("", text[at] * 2, "}", "(") + text[at + 1:]

    def template(self):
        if self.random.random() < 0.2:
            return {"text": self.html(), "html": True}
        return {"text": self.slip(self.body(0)), "html": False}

    def html(self):
        """Values in the places of a page where they may stand."""
        piece = lambda: self.pick("<p>{{ V }}</p>", '<a href="{{ V }}">{{ V }}</a>', "<a href='/x?a={{ V }}&b={{ V }}'>", '<b title="{{ V }}" class={{ V }}>',  # noqa: E731
                                  '<td style="color: {{ V }}">', "<title>{{ V }}</title>", "<!-- {{ V }} -->", "<style>a { b: {{ V }} }</style>", "a < b {{ V }}",
                                  '<img src="https://x.example/{{ V }}.png" alt="{{ V }}">', "{{ range $.Alerts }}<li>{{ .Annotations.description }}</li>{{ end }}", "<br/>")
        page = "".join(piece() for _ in range(self.random.randint(1, 4)))
        return re.sub(r"\bV\b", lambda _: self.words(), page)


def shapes():
    texts, html = [], False
    for part in re.split(r"^(---(?: html)?)\n", (DATA / "shapes.txt").read_text(encoding="utf-8"), flags=re.M):
        if part in ("---", "--- html"):
            html = part.endswith("html")
        else:
            texts.append({"text": part.removesuffix("\n"), "html": html})
    return texts


def build():
    """Alertmanager's side; a reason where there is none."""
    if not shutil.which("go"):
        return "no Go"
    PROGRAM.parent.mkdir(exist_ok=True)
    done = subprocess.run(["nice", "go", "build", "-p", "2", "-o", PROGRAM, "."], cwd=MODULE, capture_output=True, text=True, check=False)
    return done.stderr.strip().splitlines()[-1] if done.returncode else None


def ask(program, requests):
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    # Times that are "Local" are those of UTC, as in a container.
    done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True, env={**os.environ, "TZ": "UTC"})
    return [json.loads(line) for line in done.stdout.splitlines()]


def record(notifications):
    requests = [{**shape, "data": data} for shape in shapes() for data in notifications.values()]
    answers = iter(ask(PROGRAM, requests))
    rows = []
    for _ in shapes():
        row = {name: next(answers) for name in notifications}
        rows.append({name: None if answer.get("error") else answer["said"] for name, answer in row.items()})
    text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (DATA / "rendered.json").write_text(f"[\n{text}\n]\n", encoding="utf-8")


def alike(theirs, ours):
    if any(one in ours.get("error", "") for one in UNLIKE) or OF_NIL in theirs.get("error", ""):
        return True
    if theirs.get("error"):
        return "error" in ours
    return theirs["said"] == ours.get("said")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--templates", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true")
    options = parser.parse_args()
    if missing := build():
        print(f"Alertmanager's templates cannot be built: {missing}")
        return 77
    notifications = json.loads((DATA / "notifications.json").read_text(encoding="utf-8"))
    if options.record:
        record(notifications)
        return 0
    writers = [Writer(f"{options.seed} {i}") for i in range(options.templates)]
    templates = shapes() + [writer.template() for writer in writers]
    labels = [{}] * len(shapes()) + [writer.route_labels() for writer in writers]
    data = list(notifications.values())
    requests = [{**template, "data": {**data[i % len(data)], "routeLabels": labels[i]}} for i, template in enumerate(templates)]
    theirs, ours = ask(PROGRAM, requests), ask(OURS, requests)
    unlike = [(request, one, other) for request, one, other in zip(requests, theirs, ours, strict=True) if not alike(one, other)]
    for request, one, other in unlike[:20]:
        print(f"{json.dumps(request['text'], ensure_ascii=False)}\n  theirs {one}\n  ours   {other}")
    failed = sum(1 for one in theirs if one.get("error"))
    print(f"{len(requests)} templates, {failed} of which fail with both, {len(unlike)} unlike")
    return 1 if unlike else 0


if __name__ == "__main__":
    sys.exit(main())
