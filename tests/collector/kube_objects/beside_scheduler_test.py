#!/usr/bin/python3
"""Generated pods and nodes, placed by us and by the scheduler's own code.

    tests/collector/kube_objects/beside_scheduler_test.py [--pairs N] [--seed N]

The other side is built of Kubernetes' Go modules, in build/scheduler_placement. Both say the same of every pair. Taints of
a node's state are on nodes here and hidden from the scheduler, because by docs/recommendations.md they do not count.
"""

import argparse
import copy
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys

MODULE = pathlib.Path("tests/support/scheduler_placement")
PROGRAM = pathlib.Path("build/scheduler_placement").absolute()
OURS = pathlib.Path(os.environ.get("LOADLINE_BIN", "build/dev/bin"), "place_pod")

PASSING = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unschedulable", "node.cloudprovider.kubernetes.io/shutdown",
           "ToBeDeletedByClusterAutoscaler", "karpenter.sh/disrupted"]
KEYS = ["agentpool", "cores", "disk", "example.com/zone"]
# What labels may be, the edges of whole numbers among it.
LABELS = ["apps", "gpu", "4", "5", "04", "007", "4.5", "4e1", "0x10", "1_000", "", "9223372036854775807", "9223372036854775808",
          "A", "a", "a.b-c_d", "x" * 63]
# And what stands in requirements of pods from before the API server looked at that.
NO_LABELS = ["+4", "-4", " 4", "4 ", "-a", "a-", "a b", "\u00e4", "x" * 64, "-9223372036854775808"]
OPERATORS = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]
EFFECTS = ["NoSchedule", "NoExecute", "PreferNoSchedule"]
TAINTS = ["sku", "team", "example.com/dedicated"]
TAINT_VALUES = ["gpu", "cpu", "4", "5", ""]
NODES = ["n1", "n2", "n3"]


class Maker:
    """Random pairs: mostly such as clusters have, with a slip now and then."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, choices):
        return self.random.choice(choices)

    def chance(self, share):
        return self.random.random() < share

    def few(self, make, most):
        return [make() for _ in range(self.random.randint(0, most))]

    def value(self):
        return self.pick(NO_LABELS) if self.chance(0.03) else self.pick(LABELS)

    def requirement(self):
        operator = "Near" if self.chance(0.02) else self.pick(OPERATORS)
        usual = {"In": 3, "NotIn": 3, "Gt": 1, "Lt": 1}.get(operator, 0)
        count = self.random.randint(0, 3) if self.chance(0.05) else self.random.randint(min(usual, 1), usual)
        made = {"key": self.pick(KEYS), "operator": operator}
        values = [self.pick(["3", "4", "5", "6"]) if usual == 1 and self.chance(0.7) else self.value() for _ in range(count)]
        return made if not values and self.chance(0.5) else {**made, "values": values}

    def field(self):
        operator = self.pick(["In", "In", "NotIn", self.pick(OPERATORS)])
        count = 1 if self.chance(0.85) else self.random.randint(0, 2)
        return {"key": "metadata.name", "operator": operator, "values": [self.pick(NODES) for _ in range(count)]}

    def term(self):
        term = {}
        if self.chance(0.9):
            term["matchExpressions"] = self.few(self.requirement, 2)
        if self.chance(0.3):
            term["matchFields"] = self.few(self.field, 2)
        return term

    def toleration(self):
        made = {}
        if self.chance(0.9):
            made["key"] = self.pick(PASSING) if self.chance(0.1) else self.pick(TAINTS)
        if self.chance(0.8):
            made["operator"] = self.pick(["Equal", "Exists", "Exists", self.pick(["Gt", "Lt", "Near"])])
        if made.get("operator") != "Exists" and self.chance(0.9):
            made["value"] = self.pick(TAINT_VALUES)
        if self.chance(0.6):
            made["effect"] = self.pick(EFFECTS)
        return made

    def taint(self):
        made = {"key": self.pick(PASSING) if self.chance(0.15) else self.pick(TAINTS), "effect": self.pick(EFFECTS)}
        return made if self.chance(0.2) else {**made, "value": self.pick(TAINT_VALUES)}

    def pair(self):
        spec = {"tolerations": self.few(self.toleration, 4)}
        if self.chance(0.3):
            spec["nodeSelector"] = {self.pick(KEYS): self.pick(LABELS) for _ in range(self.random.randint(0, 2))}
        if self.chance(0.6):
            required = {"nodeSelectorTerms": self.few(self.term, 3)}
            spec["affinity"] = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
        elif self.chance(0.2):
            spec["affinity"] = self.pick([{}, {"nodeAffinity": {}}])
        labels = {key: self.pick(LABELS) for key in KEYS if self.chance(0.7)}
        taints = self.few(self.taint, 3) if self.chance(0.5) else []
        return {"pod": {"metadata": {"name": "p"}, "spec": spec},
                "node": {"metadata": {"name": self.pick(NODES), "labels": labels}, "spec": {"taints": taints}}}


def without_state(pair):
    pair = copy.deepcopy(pair)
    pair["node"]["spec"]["taints"] = [taint for taint in pair["node"]["spec"]["taints"] if taint["key"] not in PASSING]
    return pair


def build():
    """The scheduler's side; a reason where there is none."""
    if not shutil.which("go"):
        return "no Go"
    PROGRAM.parent.mkdir(exist_ok=True)
    done = subprocess.run(["nice", "go", "build", "-p", "2", "-o", PROGRAM, "."], cwd=MODULE, capture_output=True, text=True,
                          check=False)
    return done.stderr.strip().splitlines()[-1] if done.returncode else None


def ask(program, pairs):
    lines = "".join(json.dumps(pair) + "\n" for pair in pairs)
    done = subprocess.run([program], input=lines, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line)["fits"] for line in done.stdout.splitlines()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if missing := build():
        print(f"the scheduler's code cannot be built: {missing}")
        return 77
    pairs = [Maker(f"{options.seed} {i}").pair() for i in range(options.pairs)]
    theirs, ours = ask(PROGRAM, map(without_state, pairs)), ask(OURS, pairs)
    unlike = [(pair, one) for pair, one, other in zip(pairs, theirs, ours, strict=True) if one != other]
    for pair, fits in unlike[:20]:
        print(f"{json.dumps(pair)}\n  the scheduler {'places it' if fits else 'does not place it'}")
    print(f"{len(pairs)} pairs, {sum(theirs)} of which fit, {len(unlike)} unlike")
    return 1 if unlike else 0


if __name__ == "__main__":
    sys.exit(main())
