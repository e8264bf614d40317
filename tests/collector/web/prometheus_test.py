#!/usr/bin/python3
"""/metrics before promtool and a real Prometheus: no complaint, every scrape succeeds, and what Prometheus has stored
is what the API says.

    tests/collector/web/prometheus_test.py [URL]
"""

import json
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

sys.path.insert(0, "tests/support")
from handmade_server import Server  # noqa: E402


def get(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def complaints(metrics):
    result = subprocess.run(["promtool", "check", "metrics"], input=metrics, capture_output=True, check=False)
    return (result.stdout + result.stderr).decode()


class Prometheus:
    def __init__(self, target, folder):
        self.url = f"http://127.0.0.1:{free_port()}"
        config = pathlib.Path(folder, "prometheus.yml")
        config.write_text(
            "scrape_configs:\n- job_name: loadline\n  scrape_interval: 1s\n  scrape_timeout: 1s\n"
            f"  static_configs: [{{targets: ['{target}']}}]\n", encoding="utf-8")
        with open(pathlib.Path(folder, "log"), "w", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
                 f"--web.listen-address={self.url.removeprefix('http://')}"], stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.terminate()
        self._process.wait(20)

    def ask(self, path):
        return json.loads(get(self.url + path))["data"]

    def wait_for_scrape(self, seconds=40):
        """The target once it was scraped, whatever came of it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                targets = self.ask("/api/v1/targets")["activeTargets"]
                if targets and targets[0]["health"] != "unknown":
                    return targets[0]
            except OSError:
                pass
            time.sleep(0.2)
        raise TimeoutError("Prometheus did not scrape")

    def wait_for_samples(self, seconds=20):
        """A target is "up" a moment before its samples can be asked for."""
        deadline = time.monotonic() + seconds
        while self.value("loadline_build_info") is None and time.monotonic() < deadline:
            time.sleep(0.2)

    def value(self, query):
        result = self.ask("/api/v1/query?query=" + urllib.parse.quote(query))["result"]
        return float(result[0]["value"][1]) if result else None


def run(url):
    failures = []
    metrics = get(url + "/metrics")
    said = complaints(metrics)
    if said:
        failures.append(f"promtool check metrics: {said}")
    with tempfile.TemporaryDirectory() as folder, Prometheus(url.removeprefix("http://"), folder) as prometheus:
        target = prometheus.wait_for_scrape()
        if target["health"] != "up" or target["lastError"]:
            failures.append(f"the scrape failed: {target['lastError']}")
        prometheus.wait_for_samples()
        summary = json.loads(get(url + "/api/v1/collector"))["summary"]
        wanted = {
            "count(loadline_container_memory_working_set_bytes) > 0": None,
            "sum(loadline_node_state{state='reporting'})": summary["nodes"]["reporting"],
            "sum(loadline_alerts{state='firing'})": summary["alerts"]["firing"],
            "sum(loadline_container_replicas)": summary["containers"],
            "count(loadline_recommendation_cpu_target_cores)": summary["recommendations"],
            "sum(rate(loadline_records_committed_total[1m])) >= 0 or vector(0)": None,
        }
        for query, expected in wanted.items():
            got = prometheus.value(query)
            if got is None and expected != 0 or expected is not None and (got or 0) != expected:
                failures.append(f"{query}: {got} instead of {expected if expected is not None else 'something'}")
    lines = len(metrics.splitlines())
    print("\n".join(failures) or f"{lines} lines: promtool has no complaint, Prometheus scraped them")
    return 1 if failures else 0


def main():
    for program in ("prometheus", "promtool"):
        if not shutil.which(program):
            print(f"{program} is not installed: apt-get install prometheus")
            return 77
    if len(sys.argv) > 1:
        return run(sys.argv[1].rstrip("/"))
    with Server() as server:
        return run(server.url)


if __name__ == "__main__":
    sys.exit(main())
