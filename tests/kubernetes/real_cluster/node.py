"""A node: containerd, kubelet and kube-proxy in a network and a mount namespace of its own.

In its mount namespace /var and /run are the node's own folders, so every program uses the paths it has on a real
node, two nodes never meet, and every mount vanishes with the last process.
"""

import json
import shlex
import subprocess

from . import cgroups, daemon, network, programs

CONTAINERD = """version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/loadline-test/pause:1"
  # Without CAP_SYS_RESOURCE runc cannot lower oom_score_adj, and no sandbox would start.
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "/var/lib/cni/net.d"
"""

HOLDER = """set -e
mkdir -p {folder}/var/lib/cni/net.d {folder}/var/log {folder}/var/tmp {folder}/var/lib/loadline-volumes
mkdir -p {folder}/run/loadline-node
ln -sfn /run {folder}/var/run
mount --bind {folder}/run /run
mount --bind {build} /run/loadline-node
mount --bind {folder_inside}/var /var
echo $$ >/run/holder.pid
exec sleep infinity
"""


def memory_total():
    """Of the machine, bytes."""
    with open("/proc/meminfo") as meminfo:
        return next(int(line.split()[1]) << 10 for line in meminfo if line.startswith("MemTotal:"))


class Node:
    def __init__(self, name, folder, index):
        self.cluster, self.index, self.node_name = name, index, f"node{index}"
        self.top, self.folder = folder, folder / f"node{index}"
        self.logs = folder / "logs"
        self.inside_build = "/run/loadline-node"

    def _inside_path(self, path):
        """Where a path below build/kubernetes is seen by the node, wherever the checkout lies."""
        return f"{self.inside_build}/{path.relative_to(programs.BUILD)}"

    def inside(self):
        """Prefix of a command that runs on this node."""
        holder = (self.folder / "run" / "holder.pid").read_text().strip()
        return ["nsenter", f"--target={holder}", "--mount", "--net"]

    def _start(self, program, command):
        return daemon.start([*self.inside(), *command], self.log(program))

    def log(self, program):
        return self.logs / f"{self.node_name}-{program}.log"

    def start_holder(self):
        pid_file = self.folder / "run" / "holder.pid"
        pid_file.unlink(missing_ok=True)
        script = HOLDER.format(folder=shlex.quote(str(self.folder)), build=shlex.quote(str(programs.BUILD)),
                               folder_inside=shlex.quote(self._inside_path(self.folder)))
        process = daemon.start([*network.inside(self.cluster, self.index), "unshare", "--mount",
                                "--propagation=private", "sh", "-c", script], self.log("holder"))
        daemon.wait_for(f"{self.node_name}: its mount namespace",
                        lambda: pid_file.exists() and pid_file.read_text().strip(), self.log("holder"), process, 10)

    def write_configuration(self):
        (self.folder / "containerd.toml").write_text(CONTAINERD)
        (self.folder / "var/lib/cni/net.d/10-pods.conflist").write_text(json.dumps({
            "cniVersion": "0.4.0", "name": "pods", "plugins": [
                {"type": "ptp", "ipMasq": False, "ipam": {
                    "type": "host-local", "dataDir": "/var/lib/cni/addresses",
                    "ranges": [[{"subnet": network.pod_range(self.index)}]], "routes": [{"dst": "0.0.0.0/0"}]}},
                {"type": "portmap", "capabilities": {"portMappings": True}}]}))
        keys = self.top / "keys"
        (self.folder / "kubelet.json").write_text(json.dumps({
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                               "x509": {"clientCAFile": self._inside_path(keys / "ca.crt")}},
            "authorization": {"mode": "Webhook"},
            "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{self.cluster}/{self.node_name}", "failCgroupV1": False,
            "failSwapOn": False, "resolvConf": "",
            "containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
            "address": network.node_address(self.index), "healthzBindAddress": "127.0.0.1",
            # The disk is shared with everything else on the machine: nobody is evicted for it.
            "evictionHard": {"memory.available": "100Mi", "nodefs.available": "0%", "imagefs.available": "0%",
                             "nodefs.inodesFree": "0%"},
            "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99}, indent=1))
        (self.folder / "proxy.json").write_text(json.dumps({
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "iptables",
            "clientConnection": {"kubeconfig": self._inside_path(keys / "proxy.kubeconfig")},
            "hostnameOverride": self.node_name, "clusterCIDR": "10.244.0.0/16",
            "bindAddress": network.node_address(self.index), "metricsBindAddress": "127.0.0.1:10249",
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}}))

    def start_runtime(self):
        process = self._start("containerd", ["containerd", "--config",
                                             self._inside_path(self.folder / "containerd.toml")])
        daemon.wait_for(f"{self.node_name}: containerd", lambda: self.ctr("version").returncode == 0,
                        self.log("containerd"), process, 30)

    def start_kubelet(self):
        labels = f"topology.kubernetes.io/zone=zone-{self.index},loadline.test/pool=pool-{self.index}"
        self.start_kubelet_alone(labels)
        self._start("kube-proxy", [self._inside_path(programs.BIN / "kube-proxy"),
                                   f"--config={self._inside_path(self.folder / 'proxy.json')}"])

    def start_kubelet_alone(self, labels=""):
        """A node that is registered keeps its labels."""
        keys = self.top / "keys"
        return self._start("kubelet", [
            self._inside_path(programs.BIN / "kubelet"), f"--config={self._inside_path(self.folder / 'kubelet.json')}",
            f"--kubeconfig={self._inside_path(keys / (self.node_name + '.kubeconfig'))}",
            f"--hostname-override={self.node_name}", f"--node-ip={network.node_address(self.index)}",
            f"--node-labels={labels}", "--v=1"])

    def evict_below(self, memory_available, pods_memory):
        """From its next start on the kubelet evicts when its pods have left less than this of what they have together;
        without `pods_memory` they have the whole machine."""
        path = self.folder / "kubelet.json"
        configuration = json.loads(path.read_text())
        configuration["evictionHard"]["memory.available"] = memory_available
        configuration["evictionPressureTransitionPeriod"] = "10s"
        configuration["systemReserved"] = {"memory": str(memory_total() - pods_memory)} if pods_memory else {}
        path.write_text(json.dumps(configuration, indent=1))

    def start(self):
        """From nothing to a kubelet that registers itself; returns at once after that."""
        cgroups.make(f"{self.cluster}/{self.node_name}")
        (self.folder / "run").mkdir(parents=True, exist_ok=True)
        self.start_holder()
        self.write_configuration()
        self.start_runtime()

    def ctr(self, *arguments):
        return subprocess.run([*self.inside(), "ctr", "--namespace=k8s.io", *arguments], capture_output=True,
                              text=True, timeout=300)

    def load(self, archive):
        """Imports a docker-archive file below build/kubernetes."""
        done = self.ctr("images", "import", self._inside_path(archive))
        if done.returncode != 0:
            raise daemon.Failed(f"{self.node_name}: cannot import {archive}: {done.stderr.strip()}")
