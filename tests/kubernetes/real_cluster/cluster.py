"""The cluster as a whole: up, down, status."""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time

from . import cgroups, control_plane, daemon, images, keys, network, programs
from .node import Node

# Two checkouts on one machine do not meet, nor two clusters of one: the name says whose it is, and which.
WHICH = os.environ.get("LOADLINE_CLUSTER", "")
DEFAULT_NAME = "loadline-" + hashlib.sha256((str(programs.ROOT) + WHICH).encode()).hexdigest()[:6]

# What can be stopped and started one by one.
PROGRAMS = ("kube-apiserver", "vpa-recommender", "metrics-server")

STORAGE = """
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: local, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: WaitForFirstConsumer
"""
VOLUME = """
---
apiVersion: v1
kind: PersistentVolume
metadata: {{name: {node}-{number}}}
spec:
  capacity: {{storage: 100Gi}}
  accessModes: [ReadWriteOnce]
  storageClassName: local
  persistentVolumeReclaimPolicy: Delete
  local: {{path: /var/lib/loadline-volumes/{number}}}
  nodeAffinity: {{required: {{nodeSelectorTerms: [{{matchExpressions: [
    {{key: kubernetes.io/hostname, operator: In, values: [{node}]}}]}}]}}}}
"""
# On each node. An installation takes one for good: nobody here empties what it leaves. Enough for every test to be on
# one node.
VOLUMES = 12
METRICS_PORT = 4443
METRICS = """
apiVersion: v1
kind: Service
metadata: {{name: metrics-server, namespace: kube-system}}
spec: {{ports: [{{port: 443, targetPort: {port}}}]}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: metrics-server, namespace: kube-system, labels: {{kubernetes.io/service-name: metrics-server}}}}
addressType: IPv4
ports: [{{port: {port}}}]
endpoints: [{{addresses: ["{address}"]}}]
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {{name: v1beta1.metrics.k8s.io}}
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  insecureSkipTLSVerify: true
  service: {{name: metrics-server, namespace: kube-system}}
"""


class Cluster:
    def __init__(self, name=DEFAULT_NAME):
        self.name = name
        self.folder = programs.BUILD / "clusters" / name
        self._started = []
        self.plane = control_plane.ControlPlane(name, self.folder)

    @property
    def address(self):
        """Of this machine, as pods see it."""
        return keys.API_ADDRESS

    @property
    def kubeconfig(self):
        return self.folder / "keys" / "admin.kubeconfig"

    def nodes(self):
        found = sorted(int(path.name[4:]) for path in self.folder.glob("node[0-9]*"))
        return [Node(self.name, self.folder, index) for index in found]

    def _lock(self):
        """Only one command changes the cluster at a time; the lock ends with the process."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = open(self.folder.parent / f"{self.name}.lock", "w")
        fcntl.flock(self._lock_file, fcntl.LOCK_EX)

    def up(self, nodes=1):
        """Brings the cluster up, or does nothing where it is up with at least so many nodes."""
        programs.require_machine()
        programs.build()
        self._lock()
        if self.is_up() and len(self.nodes()) >= nodes:
            return
        self._down()
        started = time.monotonic()
        try:
            cgroups.make(f"{self.name}/daemons/plane")
            with cgroups.inside(f"{self.name}/daemons/plane"):
                self._up(nodes)
        except BaseException:
            self._keep_logs()
            self._down()
            raise
        print(f"cluster {self.name}: {nodes} nodes Ready after {time.monotonic() - started:.1f} s")

    def _up(self, count):
        (self.folder / "logs").mkdir(parents=True)
        network.up(self.name, count)
        control_plane.make_keys(self.folder / "keys", count)
        archives = images.basic()
        nodes = [Node(self.name, self.folder, index) for index in range(1, count + 1)]
        self.plane.start()
        for node in nodes:
            self._start_node(node, archives)
        for node in nodes:
            daemon.wait_for(f"{node.node_name} Ready", lambda node=node: self._ready(node), node.log("kubelet"))
        self._make_storage(nodes)
        daemon.wait_for("default service account", lambda: self.kubectl("get", "serviceaccount", "default").returncode == 0,
                        self.folder / "logs" / "kube-controller-manager.log")

    def _start_node(self, node, archives):
        """What a node starts is in a cgroup of its own, so that it can be ended alone."""
        cgroups.make(f"{self.name}/daemons/{node.node_name}")
        with cgroups.inside(f"{self.name}/daemons/{node.node_name}"):
            node.start()
            for archive in archives:
                node.load(archive)
            node.start_kubelet()

    def _make_storage(self, nodes):
        text = STORAGE
        for node in nodes:
            for number in range(1, VOLUMES + 1):
                (node.folder / "var/lib/loadline-volumes" / str(number)).mkdir(parents=True)
                text += VOLUME.format(node=node.node_name, number=number)
        done = self.kubectl("apply", "-f", "-", input=text)
        if done.returncode != 0:
            raise daemon.Failed(f"storage: {done.stderr}")

    def _ready(self, node):
        path = '{.status.conditions[?(@.type=="Ready")].status}'
        return self.kubectl("get", "node", node.node_name, f"-o=jsonpath={path}").stdout == "True"

    def is_up(self):
        return bool(cgroups.processes(self.name)) and self.kubeconfig.exists() and self.plane.ready()

    def kubectl(self, *arguments, **options):
        return subprocess.run(self.command(["kubectl", *arguments]), capture_output=True, text=True, timeout=120,
                              env=self.environment(), **options)

    def environment(self):
        """PATH with the cluster's programs, and KUBECONFIG."""
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig), "PATH": f"{programs.BIN}:{os.environ['PATH']}"}

    def command(self, command):
        """`command` inside the cluster's network."""
        return [*network.inside(self.name, 1), *command]

    def load(self, archive):
        for node in self.nodes():
            node.load(archive)

    def stop(self, program):
        """Ends one program at once, or all of a node: its kubelet, its runtime and its pods."""
        if program in PROGRAMS:
            left = cgroups.end_processes(lambda: cgroups.named(f"{self.name}/daemons", program))
        else:
            self._node(program)
            left = cgroups.end_processes(lambda: self._all_of(program))
        if left:
            raise daemon.Failed(f"{program} does not end: {sorted(left)}")

    def pause(self, program, node="plane"):
        """A program of the control plane, or of a node, stays and answers nothing until `resume`."""
        self._signal(program, node, signal.SIGSTOP)

    def resume(self, program, node="plane"):
        self._signal(program, node, signal.SIGCONT)

    def freeze(self, node):
        """Nothing on it runs any more, until `thaw`: its kernel's network goes on accepting, as when a machine hangs."""
        self._signal_all_of(node, signal.SIGSTOP)

    def thaw(self, node):
        self._signal_all_of(node, signal.SIGCONT)

    def _all_of(self, node):
        """Process ids of its kubelet, its runtime and its pods."""
        return cgroups.processes(f"{self.name}/{node}") | cgroups.processes(f"{self.name}/daemons/{node}")

    def _signal_all_of(self, node, number):
        self._node(node)
        for pid in self._all_of(node):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def _signal(self, program, node, number):
        pids = cgroups.named(f"{self.name}/daemons/{node}", program)
        if not pids:
            raise daemon.Failed(f"{program} does not run")
        for pid in pids:
            os.kill(pid, number)

    def start(self, program, *flags):
        """Starts what `stop` ended, and waits until it is ready; the VPA's recommender with these flags."""
        with cgroups.inside(f"{self.name}/daemons/plane"):
            if program == "vpa-recommender":
                self._start_beside(program, "--recommender-interval=2s", *flags)
                return
            if program == "metrics-server":
                self._start_metrics_server()
                return
            if program in PROGRAMS:
                self.plane.start_api_server_and_wait()
                return
        node = self._node(program)
        self._start_node(node, [])
        daemon.wait_for(f"{program} Ready", lambda: self._ready(node), node.log("kubelet"))

    def evict_below(self, name, memory_available="100Mi", pods_memory=None):
        """Starts a node's kubelet anew so that it evicts for real while the machine is in no trouble."""
        node = self._node(name)
        node.evict_below(memory_available, pods_memory)
        left = cgroups.end_processes(lambda: cgroups.named(f"{self.name}/daemons/{name}", "kubelet"))
        if left:
            raise daemon.Failed(f"{name}: its kubelet does not end: {sorted(left)}")
        with cgroups.inside(f"{self.name}/daemons/{name}"):
            self._started.append(node.start_kubelet_alone())
        daemon.wait_for(f"{name} Ready", lambda: self._ready(node), node.log("kubelet"))

    def start_autoscaler(self, interval="5s"):
        """The VPA's own updater and admission controller, without its recommender."""
        key = self.folder / "keys"
        keys.Authority(key).serving("vpa-webhook", ["vpa-webhook.kube-system.svc"], [keys.API_ADDRESS])
        for program, flags in (
                ("vpa-admission-controller", [
                    f"--client-ca-file={key}/ca.crt", f"--tls-cert-file={key}/vpa-webhook.crt",
                    f"--tls-private-key={key}/vpa-webhook.key", "--port=8000", "--register-by-url",
                    f"--webhook-address=https://{keys.API_ADDRESS}", "--webhook-port=8000"]),
                ("vpa-updater", [f"--updater-interval={interval}"])):
            with cgroups.inside(f"{self.name}/daemons/plane"):
                self._start_beside(program, *flags)

    def _start_metrics_server(self):
        """metrics-server as a program of this machine, and the API server's way to it."""
        programs.build(["metrics-server"])
        key = self.folder / "keys"
        keys.Authority(key).serving("metrics-server", ["metrics-server.kube-system.svc"], [keys.API_ADDRESS])
        self._start_beside(
            "metrics-server", f"--secure-port={METRICS_PORT}", f"--tls-cert-file={key}/metrics-server.crt",
            f"--tls-private-key-file={key}/metrics-server.key", "--kubelet-insecure-tls", "--metric-resolution=10s",
            "--kubelet-request-timeout=5s",
            "--kubelet-preferred-address-types=InternalIP", f"--authentication-kubeconfig={self.kubeconfig}",
            f"--authorization-kubeconfig={self.kubeconfig}")
        done = self.kubectl("apply", "-f", "-", input=METRICS.format(address=keys.API_ADDRESS, port=METRICS_PORT))
        if done.returncode != 0:
            raise daemon.Failed(f"metrics.k8s.io: {done.stderr}")

    def _start_beside(self, program, *flags):
        self._start_daemon(program, [programs.path_of(program), f"--kubeconfig={self.kubeconfig}", *flags])

    def _start_daemon(self, name, command):
        # Kept, because Python warns of a process that is forgotten.
        self._started.append(daemon.start(self.command(command), self.folder / "logs" / f"{name}.log"))

    def start_beside(self, name, *command):
        """A program of a test's own in the cluster's network; it ends with the cluster."""
        with cgroups.inside(f"{self.name}/daemons/plane"):
            self._start_daemon(name, command)

    def _node(self, name):
        for node in self.nodes():
            if node.node_name == name:
                return node
        raise daemon.Failed(f"no such program or node: {name}")

    def down(self):
        """Ends and removes everything, whoever made it and however far it got."""
        self._lock()
        self._down()

    def _down(self):
        stuck = cgroups.end_all(self.name)
        network.down(self.name)
        left = cgroups.remove(self.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        if stuck or left or self.folder.exists():
            raise daemon.Failed(f"could not clean up: processes {sorted(stuck)}, cgroups {left[:5]}, {self.folder}")

    def _keep_logs(self):
        kept = self.folder.parent / f"{self.name}.failed-logs"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.folder / "logs", kept, dirs_exist_ok=True)
        print(f"logs are kept in {kept}", file=sys.stderr)

    def status(self):
        """A few lines for people, and whether it is up."""
        if not self.is_up():
            left = len(cgroups.processes(self.name))
            return False, f"cluster {self.name}: down" + (f", {left} processes are left: cluster down" if left else "")
        lines = [f"cluster {self.name}: up, kubeconfig {self.kubeconfig}", self.kubectl("get", "nodes").stdout.rstrip()]
        resident = sum(_resident(pid) for pid in cgroups.processes(f"{self.name}/daemons"))
        lines.append(f"{resident / 1024:.0f} MiB resident in control plane and node programs")
        return True, "\n".join(lines)


def _resident(pid):
    """Resident memory in KiB; 0 for a process that is gone."""
    try:
        with open(f"/proc/{pid}/status") as status:
            return next((int(line.split()[1]) for line in status if line.startswith("VmRSS:")), 0)
    except OSError:
        return 0


def description(cluster):
    """What a test needs to find its way: printed by `cluster status --json`."""
    return json.dumps({"name": cluster.name, "kubeconfig": str(cluster.kubeconfig),
                       "network": f"/run/netns/{network.namespace(cluster.name, 1)}"})
