"""Loadline as the chart installs it, in a namespace of its own."""

import contextlib
import json
import os

from . import images, programs
from .cases import CLUSTER, must, run

CHART = str(programs.ROOT / "helm" / "loadline")


class Release:
    def __init__(self, namespace, address, **values):
        self.namespace, self.address = namespace, address
        # The cluster has no DNS, and who keeps the machine's clock is not its concern.
        self.values = {"image.registry": "docker.io", "image.repository": "loadline-test/loadline", "image.tag": "test",
                       "collector.service.clusterIP": address, "agent.checks.disabled": "{dns,clock}", **values}

    def prepare(self):
        """What is there before: our images, and the VPA's kinds."""
        for archive in images.project(os.environ["LOADLINE_BIN"]):
            CLUSTER.load(archive)
        must("kubectl", "apply", "--server-side", "-f", str(programs.vpa_definitions()))

    def install(self, **more):
        self.prepare()
        self.helm("install", **more)

    @contextlib.contextmanager
    def on_a_cluster(self, nodes, *namespaces):
        """Installed, for as long as it lasts, on a cluster that goes again where it was not there before; with these removed."""
        was_up = CLUSTER.is_up()
        CLUSTER.up(nodes)
        try:
            self.install()
            yield
        finally:
            self.remove(*namespaces)
            if not was_up:
                CLUSTER.down()

    def helm(self, verb, **more):
        sets = [f"--set={key}={value}" for key, value in {**self.values, **more}.items()]
        return must("helm", verb, "loadline", CHART, "--namespace", self.namespace, "--create-namespace", "--wait",
                    "--timeout=120s", *sets)

    def remove(self, *namespaces):
        """With its namespace and these."""
        run("helm", "uninstall", "loadline", "--namespace", self.namespace, "--wait")
        run("kubectl", "delete", "namespace", self.namespace, *namespaces, "--wait=false")

    def kubectl(self, *arguments, **options):
        return must("kubectl", "--namespace", self.namespace, *arguments, **options)

    def ask(self, path):
        """An answer of the collector's API, or None while it does not answer."""
        done = run("curl", "--silent", "--fail", "--max-time", "5", f"http://{self.address}:8080{path}")
        return json.loads(done.stdout) if done.returncode == 0 else None

    def nodes(self):
        """{name: node}, as the collector tells of them; nothing while it does not answer."""
        return {node["name"]: node for node in (self.ask("/api/v1/nodes") or {"items": []})["items"]}

    def ready_nodes(self):
        """Both nodes, or nothing while one is missing or not ready."""
        found = self.nodes()
        return found if len(found) == 2 and all(node["state"] == "reporting" for node in found.values()) else None

    def containers(self, space):
        """{(workload id, container): figures} of one namespace."""
        answer = self.ask(f"/api/v1/workloads?limit=500&namespace={space}") or {"items": []}
        return {(workload["id"], container["name"]): container for workload in answer["items"]
                if workload["namespace"] == space for container in workload["containers"]}

    def alerts(self):
        return (self.ask("/api/v1/alerts?limit=500") or {"items": []})["items"]

    def watches(self):
        """{kind: how it is followed}; nothing while the collector does not answer."""
        answer = self.ask("/api/v1/collector") or {"collector": {"watches": []}}
        return {watch["kind"]: watch for watch in answer["collector"]["watches"]}

    def metric(self, name):
        """The sum of all series whose line begins with `name`."""
        page = run("curl", "--silent", "--max-time", "5", f"http://{self.address}:8080/metrics").stdout
        return sum(float(line.split()[-1]) for line in page.splitlines() if line.startswith(name))
