"""What the tests in the real cluster share: commands inside it, waiting, and the cluster's state beside a failure."""

import subprocess
import sys
import time
import unittest

from . import cgroups, cluster as real

CLUSTER = real.Cluster()


def run(*command, **options):
    return subprocess.run(CLUSTER.command(list(command)), env=CLUSTER.environment(), capture_output=True, text=True,
                          timeout=200, **options)


def must(*command, **options):
    done = run(*command, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def eventually(condition, within):
    """What `condition` returns once it is true; None after `within` seconds."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.3)
    return None


def nodes_ready():
    """As Kubernetes sees them. A kubelet that could not say so for a while takes its pods, as those of a node that is not
    ready, out of their Services; it reports each five minutes, whatever it missed."""
    path = '{.items[*].status.conditions[?(@.type=="Ready")].status}'
    return set(run("kubectl", "get", "nodes", f"--output=jsonpath={path}").stdout.split()) == {"True"}


def state():
    """For people who read a failure later, when the cluster is gone."""
    parts = [("running", [" ".join(sorted(cgroups.programs(f"{CLUSTER.name}/daemons").values()))])]
    for what in ("get nodes --output=wide", "get pods --all-namespaces --output=wide",
                 "get events --all-namespaces --sort-by=.lastTimestamp"):
        parts.append((what, run("kubectl", *what.split()).stdout.splitlines()[-40:]))
    for line in run("kubectl", "get", "pods", "--all-namespaces", "--no-headers").stdout.splitlines():
        namespace, pod, ready = line.split()[:3]
        if namespace.startswith("loadline") and ready[0] == "0":
            said = run("kubectl", "--namespace", namespace, "logs", "--tail=10", pod)
            parts.append((f"logs {pod}", (said.stdout + said.stderr).splitlines()))
    for log in sorted(CLUSTER.folder.glob("**/logs/*.log")):
        parts.append((log.name, log.read_text(errors="replace").splitlines()[-6:]))
    return "\n".join(f"-- {name}\n" + "\n".join(line[:300] for line in lines) for name, lines in parts)


class _Result(unittest.TextTestResult):
    """Shows the cluster as it is at the first failure, before anything is taken down."""

    shown = False

    def _show(self):
        if not self.shown:
            self.stream.writeln(f"\nthe cluster at this moment:\n{state()}")
        self.shown = True

    def addFailure(self, test, err):
        self._show()
        super().addFailure(test, err)

    def addError(self, test, err):
        self._show()
        super().addError(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._show()
        super().addSubTest(test, subtest, err)


def main():
    if not CLUSTER.is_up():
        print("no cluster is up: tests/kubernetes/cluster up")
        sys.exit(77)
    runner = unittest.TextTestRunner(failfast=True, verbosity=2, resultclass=_Result)
    unittest.main(module="__main__", testRunner=runner)
