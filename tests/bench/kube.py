#!/usr/bin/env python3
"""What it costs to follow a large cluster: 10,000 pods on 500 nodes as plain objects in a real API server.

The collector's memory with and without them, the time until all have names, and what each change of a pod brings over
the wire. The nodes are objects alone, and no controller runs, so that what is made stays as it is.

usage: tests/bench/run kube [--pods N] [--nodes N] [--changes N] [--json]
"""

import argparse
import base64
import concurrent.futures
import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import uuid

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "kubernetes"))
from real_cluster import cgroups, cluster as real, network, programs  # noqa: E402

CLUSTER = real.Cluster("loadline-bench-kube")
BIN = os.environ.get("LOADLINE_BIN", str(ROOT / "build/release/bin"))
CONTROLLERS = ("kube-controller-manager", "kube-scheduler", "kubelet")
PODS_A_REPLICA_SET = 20
CLONE_NEWNET = 0x40000000
local = threading.local()


@contextlib.contextmanager
def inside_network():
    """This thread, and what it starts, in the cluster's network, where the API server is."""
    def enter(path):
        with open(path, "rb") as space:
            if ctypes.CDLL(None, use_errno=True).setns(space.fileno(), CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"entering {path}")

    with open("/proc/self/ns/net", "rb") as home:
        enter(f"/run/netns/{network.namespace(CLUSTER.name, 1)}")
        try:
            yield
        finally:
            enter(f"/proc/self/fd/{home.fileno()}")


def credentials(folder):
    """The administrator's certificate as files, and the server's address."""
    config = json.loads(CLUSTER.kubeconfig.read_text())
    server = config["clusters"][0]["cluster"]
    user = config["users"][0]["user"]
    for name, text in (("ca", server["certificate-authority-data"]), ("crt", user["client-certificate-data"]),
                       ("key", user["client-key-data"])):
        path = folder / name
        path.touch(mode=0o600)
        path.write_bytes(base64.b64decode(text))
    return server["server"].removeprefix("https://"), folder


def ask(method, path, body=None, kind="application/json"):
    """One request over this thread's own connection."""
    if not hasattr(local, "connection"):
        context = ssl.create_default_context(cafile=str(ask.folder / "ca"))
        context.load_cert_chain(ask.folder / "crt", ask.folder / "key")
        local.connection = http.client.HTTPSConnection(ask.server, context=context, timeout=60)
    local.connection.request(method, path, json.dumps(body) if body is not None else None, {"Content-Type": kind})
    answer = local.connection.getresponse()
    text = answer.read()
    if answer.status >= 300 and answer.status != 409:
        raise RuntimeError(f"{method} {path}: {answer.status} {text[:300]}")


def in_parallel(work, items):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(work, items))


def pod(number, nodes):
    group = number // PODS_A_REPLICA_SET
    return {"metadata": {"name": f"app-{group}-5f6d7c8b9-{number:05}", "namespace": "default",
                         "labels": {"app": f"app-{group}", "pod-template-hash": "5f6d7c8b9"},
                         "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True,
                                              "name": f"app-{group}-5f6d7c8b9", "uid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(group)))}]},
            "spec": {"nodeName": f"bench-{number % nodes}", "automountServiceAccountToken": False, "containers": [
                {"name": name, "image": f"registry.example.org/shop/{name}:1.2.3",
                 "env": [{"name": f"SETTING_{i}", "value": "a value of some length"} for i in range(8)],
                 "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "256Mi"}}}
                for name in ("app", "proxy")]}}


def status(number, restarts):
    return {"status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [
        {"name": name, "ready": True, "restartCount": restarts, "image": f"registry.example.org/shop/{name}:1.2.3",
         "imageID": "", "containerID": f"containerd://{uuid.uuid5(uuid.NAMESPACE_OID, f'{name}{number}').hex * 2}",
         "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}} for name in ("app", "proxy")]}}


def set_status(number, restarts=0):
    name = pod(number, 1)["metadata"]["name"]
    ask("PATCH", f"/api/v1/namespaces/default/pods/{name}/status", status(number, restarts), "application/strategic-merge-patch+json")


class Collector:
    """One in the cluster's network, until it is left."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "loadline.yaml").write_text(json.dumps({
            "listen": {"agents": "tcp://127.0.0.1:0", "web": "127.0.0.1:0"}, "store": {"folder": str(folder / "state")},
            "kubernetes": {"mode": "kubeconfig", "kubeconfig": str(CLUSTER.kubeconfig)}, "log": {"level": "warning"}}))

    def __enter__(self):
        self.began = time.monotonic()
        self.process = subprocess.Popen([f"{BIN}/loadline-collector", f"--config={self.folder}/loadline.yaml"])
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def watches(self):
        try:
            address = json.loads((self.folder / "state/endpoints.json").read_text())["web"].removeprefix("http://").rstrip("/")
            connection = http.client.HTTPConnection(address, timeout=5)
            connection.request("GET", "/api/v1/collector")
            return {w["kind"]: w for w in json.loads(connection.getresponse().read())["collector"]["watches"]}
        except (OSError, ValueError, KeyError):
            return {}

    def wait_until_synced(self):
        """Milliseconds from the start of the process until it follows everything."""
        while time.monotonic() - self.began < 120:
            watches = self.watches()
            if watches and all(watch["state"] == "following" for watch in watches.values()):
                return (time.monotonic() - self.began) * 1000
            time.sleep(0.02)
        raise RuntimeError(f"not synced: {self.watches()}")

    def rss(self):
        return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) * 1024

    def received(self):
        """Bytes that came over its connections to the API server."""
        text = subprocess.run(["ss", "-tinpH", f"dport = :{ask.server.rsplit(':')[1]}"], capture_output=True, text=True,
                              check=True).stdout
        blocks = re.split(r"\n(?=\S)", text)
        return sum(int(found[1]) for block in blocks if f"pid={self.process.pid}," in block
                   and (found := re.search(r"bytes_received:(\d+)", block)))


def measure(options, folder):
    with Collector(folder / "empty") as empty:
        empty.wait_until_synced()
        time.sleep(2)
        nothing = empty.rss()
    in_parallel(lambda i: ask("POST", "/api/v1/nodes", {"metadata": {"name": f"bench-{i}"}}), range(options.nodes))
    in_parallel(lambda i: (ask("POST", "/api/v1/namespaces/default/pods", pod(i, options.nodes)), set_status(i)),
                range(options.pods))
    print(f"{options.pods} pods on {options.nodes} nodes are there", file=sys.stderr)
    with Collector(folder / "full") as full:
        synced = full.wait_until_synced()
        time.sleep(2)
        yield "collector_rss_mib", full.rss() / 2**20, "MiB"
        yield "rss_bytes_per_pod", (full.rss() - nothing) / options.pods, "B"
        yield "sync_ms", synced, "ms"
        before, seen = full.received(), full.watches()["pods"]["events"]
        changed = range(min(options.changes, options.pods))
        in_parallel(lambda i: set_status(i, restarts=1), changed)
        deadline = time.monotonic() + 60
        while full.watches()["pods"]["events"] - seen < len(changed) and time.monotonic() < deadline:
            time.sleep(0.1)
        yield "watch_bytes_per_pod_change", (full.received() - before) / len(changed), "B"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="one object a line")
    parser.add_argument("--pods", type=int, default=10_000)
    parser.add_argument("--nodes", type=int, default=500)
    parser.add_argument("--changes", type=int, default=1000, help="changes of pods whose traffic is measured")
    options = parser.parse_args()
    CLUSTER.up(1)
    try:
        cgroups.end_processes(lambda: set().union(*(cgroups.named(f"{CLUSTER.name}/daemons", name) for name in CONTROLLERS)))
        with tempfile.TemporaryDirectory() as folder, inside_network():
            ask.server, ask.folder = credentials(pathlib.Path(folder))
            for metric, value, unit in measure(options, pathlib.Path(folder)):
                print(json.dumps({"bench": "kube", "metric": metric, "value": round(value, 1), "unit": unit})
                      if options.json else f"{metric:<34} {value:>12.1f} {unit}", flush=True)
    finally:
        CLUSTER.down()


if __name__ == "__main__":
    try:
        main()
    except programs.Unavailable as reason:
        sys.exit(f"no cluster here: {reason}")
