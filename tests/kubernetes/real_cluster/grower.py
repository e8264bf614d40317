"""Pods whose memory grows at a rate of their own, and what became of them."""

import contextlib
import json
import pathlib

from . import cgroups
from .cases import must

# awk holds blocks of 64 KiB with what it needs for each, so many as the time says: it grows by the clock, whatever else the machine does.
GROW = """
function up(line, words) { getline line < "/proc/uptime"; close("/proc/uptime"); split(line, words, " "); return words[1] }
BEGIN {
  block = sprintf("%61440s", "");
  while (held < first) blocks[held++] = block held;
  system("sleep 5");
  began = up();
  do {
    want = first + rate * (up() - began);
    if (want > last) want = last;
    while (held < want) blocks[held++] = block held;
    system("sleep 0.05");
  } while (held < last);
  system("sleep 100000");
}
"""


def deployment(namespace, name, limit_mib, share_a_second, start, end, replicas=1, annotations=None, **resources):
    """Stays at the share `start` of its limit for five seconds, grows to `end` by so much a second, and stays there."""
    blocks = limit_mib * 16
    script = ["busybox", "awk", "-v", f"first={start * blocks}", "-v", f"rate={share_a_second * blocks}", "-v",
              f"last={int(end * blocks)}", GROW]
    size = {"requests": {"cpu": "10m", "memory": f"{limit_mib // 4}Mi"}, "limits": {"memory": f"{limit_mib}Mi"}}
    return {"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": name, "namespace": namespace, "annotations": annotations or {}},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"terminationGracePeriodSeconds": 0, "containers": [
                    {"name": "app", "image": "docker.io/loadline-test/busybox:1", "command": script,
                     "resources": {**size, **resources}}]}}}}


def pods(namespace, name):
    return json.loads(must("kubectl", "--namespace", namespace, "get", "pods", f"--selector=app={name}", "--output=json"))["items"]


def kills(pod):
    """How often its container was OOM-killed or ended otherwise; none is meant to."""
    return sum(status["restartCount"] + ("terminated" in status["state"]) for status in pod["status"].get("containerStatuses", []))


def limit_file(pod):
    """The file of its container's memory limit, in whatever hierarchy the kubelet uses; None while there is none."""
    identifier = pod["status"]["containerStatuses"][0].get("containerID", "").rpartition("/")[2]
    for point, _ in cgroups.hierarchies():
        for name in ("memory.max", "memory.limit_in_bytes"):
            with contextlib.suppress(FileNotFoundError):  # a cgroup beside it that goes while they are looked through
                for path in pathlib.Path(point).glob(f"*/*/kubepods/**/pod{pod['metadata']['uid']}/{identifier}/{name}"):
                    return path if identifier else None
    return None
