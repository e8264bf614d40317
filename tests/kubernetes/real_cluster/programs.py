"""The programs a cluster is made of: Debian's, and those built from Go modules through tests/kubernetes/tools."""

import hashlib
import os
import pathlib
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[3]
BUILD = ROOT / "build" / "kubernetes"
BIN = BUILD / "bin"
TOOLS = ROOT / "tests" / "kubernetes" / "tools"

KUBERNETES = "v1.35.4"
GO_PACKAGES = {
    "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
    "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
    "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
    "kubelet": "k8s.io/kubernetes/cmd/kubelet",
    "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
    "kubectl": "k8s.io/kubernetes/cmd/kubectl",
    "helm": "helm.sh/helm/v3/cmd/helm",
    "vpa-recommender": "k8s.io/autoscaler/vertical-pod-autoscaler/pkg/recommender",
    "vpa-updater": "k8s.io/autoscaler/vertical-pod-autoscaler/pkg/updater",
    "vpa-admission-controller": "k8s.io/autoscaler/vertical-pod-autoscaler/pkg/admission-controller",
    "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server",
    "cadvisor": "./cadvisor",
}
# It needs another release of Kubernetes' modules than the rest, so it has a go.mod of its own.
OWN_MODULE = {"metrics-server": TOOLS / "metrics-server"}
CLUSTER = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl", "helm",
           "vpa-recommender", "vpa-updater", "vpa-admission-controller"]
DEBIAN = {"etcd": "etcd-server", "containerd": "containerd", "runc": "runc", "busybox": "busybox-static",
          "ip": "iproute2", "iptables": "iptables", "openssl": "openssl", "buildah": "buildah"}


# What Go says when it cannot reach its module proxy.
NO_NETWORK = ("dial tcp", "no such host", "i/o timeout", "proxyconnect", "connection refused")


class Unavailable(Exception):
    """This machine cannot run a cluster; the text says why."""


def require_machine():
    """Raises Unavailable with every reason this machine cannot run a cluster."""
    reasons = []
    if os.geteuid() != 0:
        reasons.append("a cluster needs root")
    missing = sorted(package for program, package in DEBIAN.items() if not shutil.which(program))
    if not pathlib.Path("/usr/lib/cni/ptp").exists():
        missing.append("containernetworking-plugins")
    if missing:
        reasons.append("not installed: " + " ".join(missing))
    if not all((BIN / name).exists() for name in CLUSTER) and not shutil.which("go"):
        reasons.append("Go is missing, and Kubernetes is built with it")
    if reasons:
        raise Unavailable("; ".join(reasons))


def _linker_flags():
    """Release builds stamp their version in; without it clients and servers of Kubernetes take each other for 0.0."""
    major, minor = KUBERNETES.lstrip("v").split(".")[:2]
    version, helm = "k8s.io/component-base/version", "helm.sh/helm/v3/pkg/chartutil"
    stamps = {f"{version}.gitVersion": KUBERNETES, f"{version}.gitMajor": major, f"{version}.gitMinor": minor,
              f"{helm}.k8sVersionMajor": major, f"{helm}.k8sVersionMinor": minor}
    return " ".join(["-s -w"] + [f"-X {name}={value}" for name, value in stamps.items()])


def _module(name):
    return OWN_MODULE.get(name, TOOLS)


def _stamp(program):
    """What a program was built from: built again only when it changes."""
    digest = hashlib.sha256(_linker_flags().encode())
    for name in ("go.mod", "go.sum"):
        digest.update((_module(program) / name).read_bytes())
    return digest.hexdigest()


def build(names=CLUSTER):
    """Builds those of `names` that are missing or out of date into BIN."""
    stamps = BIN / ".stamps"
    stamps.mkdir(parents=True, exist_ok=True)

    def fresh(name):
        stamp = stamps / name
        return (BIN / name).exists() and stamp.exists() and stamp.read_text() == _stamp(name)

    # A kubectl that is there already serves; everything else must be of one release.
    wanted = [name for name in names if not fresh(name) and not (name == "kubectl" and shutil.which("kubectl"))]
    if not wanted:
        return
    if not shutil.which("go"):
        raise Unavailable("Go is missing, and Kubernetes is built with it")
    environment = {**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-buildvcs=false -mod=readonly -trimpath",
                   "GOTOOLCHAIN": "local", "GOWORK": "off"}
    for name in wanted:
        print(f"==> building {name}", flush=True)
        (stamps / name).unlink(missing_ok=True)
        done = subprocess.run(["nice", "-n", "15", "go", "build", "-p", "2", "-ldflags", _linker_flags(), "-o",
                               str(BIN / name), GO_PACKAGES[name]], cwd=_module(name), env=environment, capture_output=True,
                              text=True)
        if done.returncode != 0 and any(words in done.stderr for words in NO_NETWORK):
            raise Unavailable("the Go modules of Kubernetes cannot be fetched: " + done.stderr.strip().splitlines()[-1])
        if done.returncode != 0:
            raise RuntimeError(f"building {name}: {done.stderr}")
        (stamps / name).write_text(_stamp(name))


def vpa_definitions():
    """The definitions of VerticalPodAutoscaler and its checkpoints, as the module ships them."""
    kept = BUILD / "vpa-crd.yaml"
    if not kept.exists():
        module = subprocess.run(["go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/autoscaler/vertical-pod-autoscaler"],
                                cwd=TOOLS, env={**os.environ, "GOFLAGS": "-mod=readonly"}, check=True,
                                capture_output=True, text=True).stdout.strip()
        kept.write_bytes((pathlib.Path(module) / "deploy" / "vpa-v1-crd-gen.yaml").read_bytes())
    return kept


def path_of(name):
    """The program to run: the one built here, or else the machine's own."""
    built = BIN / name
    found = str(built) if built.exists() else shutil.which(name)
    if not found:
        raise Unavailable(f"{name} is neither built nor installed")
    return found
