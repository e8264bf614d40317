#!/usr/bin/python3
"""The Grafana dashboard asks only for metrics and labels that /metrics has, in queries that Prometheus understands."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, "tests/support")
from handmade_server import Server  # noqa: E402

DASHBOARD = json.loads(pathlib.Path("helm/loadline/dashboards/loadline.json").read_text(encoding="utf-8"))


def queries():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"], target["legendFormat"]


def families(metrics):
    """Name of each family and the labels of its samples."""
    known = {name: set() for name in re.findall(r"^# TYPE (\S+)", metrics, re.M)}
    for name, labels in re.findall(r"^(\w+)\{(.*)\} ", metrics, re.M):
        known[name].update(re.findall(r'(\w+)="', labels))
    return known


def understood(expressions):
    """What promtool says against rules made of these expressions."""
    rules = {"groups": [{"name": "dashboard", "rules": [
        {"record": f"dashboard:{i}", "expr": expression} for i, expression in enumerate(expressions)]}]}
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump(rules, file)
        file.flush()
        result = subprocess.run(["promtool", "check", "rules", file.name], capture_output=True, text=True, check=False)
    return "" if result.returncode == 0 else result.stdout + result.stderr


def main():
    if not shutil.which("promtool"):
        print("promtool is not installed: apt-get install prometheus")
        return 77
    with Server() as server, urllib.request.urlopen(server.url + "/metrics", timeout=10) as answer:
        known = families(answer.read().decode())
    failures = []
    asked = list(queries())
    for title, expression, legend in asked:
        names = re.findall(r"\bloadline_\w+", expression)
        for name in names:
            if name not in known:
                failures.append(f"{title}: there is no metric {name}")
        labels = set().union(*(known.get(name, set()) for name in names))
        wanted = re.findall(r"{{(\w+)}}", legend) + re.findall(r'(\w+)\s*(?:=~|!=|!~|=)\s*"', expression)
        failures += [f"{title}: there is no label {label}" for label in wanted if label not in labels]
    complaint = understood([expression.replace("$__rate_interval", "5m") for _, expression, _ in asked])
    if complaint:
        failures.append(complaint)
    print("\n".join(failures) or f"{len(asked)} queries over {len(known)} metrics: all understood")
    return 1 if failures or not asked else 0


if __name__ == "__main__":
    sys.exit(main())
