#!/usr/bin/python3
"""What the agent costs its node, and what others cost it: a thousand cgroups, a hundred of them busy.

    tests/bench/sampling.py [--json] [--seconds N] [options of bench_sampling]

    agent_cpu_percent           the agent: each second all counters, each ten seconds a report; of a core
    agent_rss_mib               its memory
    sample_ms                   one pass of it, beside the same counters from files
    file_reader_cpu_percent     a reader that opens, reads and closes these files each second
    node_exporter_cpu_percent   Prometheus' node exporter with its pressure collector, asked each ten seconds; it looks at
                                the node alone, at no container
    cadvisor_cpu_percent        cAdvisor as the kubelet sets it up, asked each ten seconds

All in one run, one after another, over the same cgroups. The agent is the baseline of the other two programs.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/support"), str(ROOT / "tests/kubernetes")]
from alert_peers import free_port  # noqa: E402
from real_cluster import programs  # noqa: E402

BIN = os.environ.get("LOADLINE_BIN", "build/release/bin")
ASKED_EACH_S = 10
WARM_S = 20


def cpu_seconds(pid):
    """Of all threads of a process, to the nanosecond."""
    return sum(int((task / "schedstat").read_text().split()[0]) for task in pathlib.Path(f"/proc/{pid}/task").iterdir()) / 1e9


def resident_mib(pid):
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def ask_until(url, end):
    """Prometheus' part. Gives how many bytes came last."""
    size = 0
    while time.monotonic() < end:
        next_time = time.monotonic() + ASKED_EACH_S
        with urllib.request.urlopen(url, timeout=60) as answer:
            size = len(answer.read())
        time.sleep(max(0, min(next_time, end) - time.monotonic()))
    return size


def measure(command, port, seconds):
    """CPU in percent of a core and MiB of a program while it is asked."""
    url = f"http://127.0.0.1:{port}/metrics"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_it_answers(url, process)
        ask_until(url, time.monotonic() + WARM_S)
        before, began = cpu_seconds(process.pid), time.monotonic()
        ask_until(url, began + seconds)
        return 100 * (cpu_seconds(process.pid) - before) / (time.monotonic() - began), resident_mib(process.pid)
    finally:
        process.kill()
        process.wait()


def wait_until_it_answers(url, process):
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=60).read()
            return
        except OSError:
            if time.monotonic() > end or process.poll() is not None:
                raise
            time.sleep(0.2)


def peers():
    """Name, command and port of each program to be compared with, or why there is none."""
    port = free_port()
    yield "node_exporter", ["prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{port}"], port
    port = free_port()
    try:
        programs.build(["cadvisor"])
        yield "cadvisor", [str(programs.path_of("cadvisor")), f"--listen=127.0.0.1:{port}"], port
    except programs.Unavailable as why:
        print(f"cadvisor is left out: {why}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one object a figure; this is the only form")
    parser.add_argument("--seconds", type=int, default=40, help="how long each program is watched (40)")
    options, others = parser.parse_known_args()
    compared = list(peers())
    own = subprocess.Popen([os.path.join(BIN, "bench_sampling"), "--json", "--hold", f"--seconds={options.seconds}", *others],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    agent = {}
    for line in own.stdout:
        figure = json.loads(line)
        print(line, end="", flush=True)
        agent[figure["metric"]] = figure["value"]
        if figure["metric"] == "file_reader_cpu_percent":
            break
    else:
        sys.exit(own.wait() or 1)
    for name, command, port in compared:
        cpu, resident = measure(command, port, options.seconds)
        for metric, value, unit in ((f"{name}_cpu_percent", cpu, "% of a core"), (f"{name}_rss_mib", resident, "MiB")):
            baseline = agent["agent_" + metric.removeprefix(name + "_")]
            print(json.dumps({"bench": "sampling", "metric": metric, "value": value, "unit": unit, "baseline": "agent",
                              "baseline_value": baseline, "ratio": value / baseline}), flush=True)
    own.stdin.close()
    sys.exit(own.wait())


if __name__ == "__main__":
    main()
