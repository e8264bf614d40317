"""etcd, API server, controller manager and scheduler, in the network of node 1."""

import subprocess

from . import daemon, keys, network, programs

SERVICES = "10.96.0.0/24"
PODS = "10.244.0.0/16"
ISSUER = "https://kubernetes.default.svc.cluster.local"


def make_keys(folder, nodes):
    authority = keys.Authority(folder)
    authority.service_account_key()
    authority.serving("apiserver", ["kubernetes", "kubernetes.default", "kubernetes.default.svc", "localhost"],
                      [keys.API_ADDRESS, keys.SERVICE_ADDRESS, "127.0.0.1"])
    authority.client("admin", "loadline-admin", "system:masters")
    authority.client("apiserver-kubelet", "kube-apiserver", "system:masters")
    authority.client("front-proxy", "front-proxy", None)
    authority.client("controller-manager", "system:kube-controller-manager", None)
    authority.client("scheduler", "system:kube-scheduler", None)
    authority.client("proxy", "system:kube-proxy", None)
    for index in range(1, nodes + 1):
        authority.client(f"node{index}", f"system:node:node{index}", "system:nodes")


class ControlPlane:
    def __init__(self, name, folder):
        self.name, self.folder, self.keys, self.logs = name, folder, folder / "keys", folder / "logs"

    def _start(self, program, *flags, before=()):
        command = [*network.inside(self.name, 1), *before, programs.path_of(program), *flags]
        return daemon.start(command, self.logs / f"{program}.log")

    def _start_kept(self, program, *flags):
        """Started again whenever it ends, as a kubelet does with static pods: the scheduler ends itself when its
        cache does not fit what it sees, which happens after the API server was away."""
        self._start(program, *flags, before=("sh", "-c", 'while true; do "$@"; sleep 1; done', "kept"))

    def start_etcd(self):
        self._start("etcd", f"--data-dir={self.folder}/etcd", "--unsafe-no-fsync", "--logger=zap", "--log-level=warn",
                    "--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
                    "--listen-peer-urls=http://127.0.0.1:2380")

    def start_api_server(self):
        key = self.keys
        return self._start(
            "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", f"--advertise-address={keys.API_ADDRESS}",
            f"--secure-port={keys.API_PORT}", f"--tls-cert-file={key}/apiserver.crt",
            f"--tls-private-key-file={key}/apiserver.key", f"--client-ca-file={key}/ca.crt",
            "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged",
            f"--service-cluster-ip-range={SERVICES}", f"--service-account-issuer={ISSUER}",
            f"--service-account-signing-key-file={key}/service-account.key",
            f"--service-account-key-file={key}/service-account.pub",
            "--kubelet-preferred-address-types=InternalIP",
            f"--kubelet-client-certificate={key}/apiserver-kubelet.crt",
            f"--kubelet-client-key={key}/apiserver-kubelet.key", "--profiling=false",
            # How it speaks to API servers behind it.
            f"--requestheader-client-ca-file={key}/ca.crt", "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-", f"--proxy-client-cert-file={key}/front-proxy.crt",
            f"--proxy-client-key-file={key}/front-proxy.key")

    def start_controllers(self):
        key = self.keys
        self._start_kept("kube-controller-manager", f"--kubeconfig={key}/controller-manager.kubeconfig",
                         "--use-service-account-credentials", "--leader-elect=false",
                         f"--service-account-private-key-file={key}/service-account.key", f"--root-ca-file={key}/ca.crt",
                         f"--cluster-cidr={PODS}", "--profiling=false")
        self._start_kept("kube-scheduler", f"--kubeconfig={key}/scheduler.kubeconfig", "--leader-elect=false",
                         "--profiling=false")

    def start(self):
        self.start_etcd()
        self.start_api_server_and_wait()
        self.start_controllers()

    def start_api_server_and_wait(self):
        server = self.start_api_server()
        daemon.wait_for("API server", self.ready, self.logs / "kube-apiserver.log", server)

    def ready(self):
        command = [*network.inside(self.name, 1), programs.path_of("kubectl"),
                   f"--kubeconfig={self.keys}/admin.kubeconfig", "get", "--raw=/readyz"]
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
