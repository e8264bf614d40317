"""A collector that is attacked, and beside it an honest agent, an honest reader and somebody who is told of alerts."""

import http.client
import json
import math
import multiprocessing
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/support"))
from alert_peers import Process, Webhook, wait_for  # noqa: E402

from attacker import Attacker  # noqa: E402
from curve import from_z85  # noqa: E402
from frames import program  # noqa: E402
from kube_stand_in import KubeStandIn  # noqa: E402
from zmtp import ATTACKER  # noqa: E402

HONEST = ["honest-1", "honest-2", "honest-3"]
# A pod that runs on the first of them, in a cluster.
POD = {"uid": "11111111-2222-4333-8444-555555555555", "name": "pay-0", "node": HONEST[0], "container": "c" * 64}
RECORD_EVERY_MS = 250
PROBE_EVERY = 0.25
PAGE_EVERY = 0.5
PATIENCE = 5.0  # seconds until an answer counts as none at all

# What was only posted to be read is not for people.
ALERTING = """\
route:
  receiver: person
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 24h
  routes: [{{matchers: ['of="readers"'], receiver: nobody}}]
receivers:
- name: nobody
- name: person
  webhook_configs: [{{url: "{url}"}}]
"""


def p99(values):
    """The smallest value that 99 of 100 do not exceed; 0 of none."""
    return sorted(values)[math.ceil(0.99 * len(values)) - 1] if values else 0.0


def get(address, path, timeout=PATIENCE, source=None):
    """Status and body; status 0 where there was no answer in time."""
    connection = http.client.HTTPConnection(*address, timeout=timeout, source_address=source and (source, 0))
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


class Target:
    """Where everything is, as an attacker may have found out."""

    def __init__(self, state):
        endpoints = json.loads((state / "endpoints.json").read_text())
        address = lambda url: (lambda host, port: (host, int(port)))(*url.split("//")[-1].strip("/").rsplit(":", 1))
        self.endpoint = endpoints["agents"]
        self.agents = address(endpoints["agents"])
        self.web = address(endpoints["web"])
        self.probes = address(endpoints.get("probes") or endpoints["web"])
        self.pid = endpoints["pid"]
        self.state = state
        self.token_file = state / "token"
        self.collector_key = from_z85((state / "keys/collector.pub").read_text().strip())
        agents_key = state / "keys/agents/agent.key"
        self.agents_secret = from_z85(agents_key.read_text().strip()) if agents_key.exists() else None


class HonestAgents(Process):
    """Nodes that keep to the rules; when each of their records was sent and acknowledged."""

    def __init__(self, folder, target, nodes=HONEST, every_ms=RECORD_EVERY_MS):
        super().__init__([program("loadline-honest-agent"), target.endpoint, str(target.state), str(every_ms), *nodes],
                         folder)
        self.nodes = nodes
        self.sent, self.acknowledged = {}, {}

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL)
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()

    def order(self, what, node, path):
        """`kill`: an OOM kill in a cgroup; `container`: a new one."""
        self.process.stdin.write(f"{what} {node} {path}\n")
        self.process.stdin.flush()

    def delays(self, since, until):
        """Seconds from record to acknowledgement of what was sent in that time; what waits still counts its age."""
        now = time.monotonic()
        return [self.acknowledged.get(record, now) - at for record, at in list(self.sent.items()) if since <= at < until]

    def waiting(self):
        return [record for record in list(self.sent) if record not in self.acknowledged]

    def _read(self, lines):
        for line in lines:
            what, node, sequence, at = line.split()
            (self.sent if what == "sent" else self.acknowledged)[node, int(sequence)] = float(at)


def _watch(pid, probes, web, control):
    """A process of its own, so that an attack's work does not count: probes, page and memory until asked for them."""
    seen = {"probes": [], "page": [], "rss_mib": []}
    waiting = set()

    def ask(kind, address, path):
        began = time.monotonic()
        waiting.add(began)
        status, _ = get(address, path)
        seen[kind].append((began, status, time.monotonic() - began))
        waiting.remove(began)

    def repeat(every, what):
        def loop():
            turn = 0
            while True:
                threading.Thread(target=what, args=(turn,), daemon=True).start()
                turn += 1
                time.sleep(every)
        threading.Thread(target=loop, daemon=True).start()

    repeat(PROBE_EVERY, lambda turn: ask("probes", probes, ("/healthz", "/readyz")[turn % 2]))
    repeat(PAGE_EVERY, lambda turn: ask("page", web, ("/", "/api/v1/nodes")[turn % 2]))

    def look_at_memory():
        while True:
            try:
                with open(f"/proc/{pid}/statm", encoding="ascii") as file:
                    pages = int(file.read().split()[1])
                seen["rss_mib"].append((time.monotonic(), pages * os.sysconf("SC_PAGESIZE") / 2**20, 0.0))
            except (OSError, IndexError):
                pass
            time.sleep(0.05)

    threading.Thread(target=look_at_memory, daemon=True).start()
    while True:
        try:
            control.recv()
        except EOFError:
            return
        asked = [(began, "", 0.0) for began in list(waiting)]
        control.send({**{kind: list(values) for kind, values in seen.items()}, "waiting": asked})


class HonestReader:
    def __init__(self, target):
        context = multiprocessing.get_context("fork")
        self._control, theirs = context.Pipe()
        self._process = context.Process(target=_watch, args=(target.pid, target.probes, target.web, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def seen(self, since, until):
        """Of each kind what began in that time: (status or MiB, seconds); and what waits for its answer still."""
        self._control.send("all")
        return {kind: [(value, took) for at, value, took in values if since <= at < until]
                for kind, values in self._control.recv().items()}

    def close(self):
        self._process.terminate()
        self._process.join()


class Scene:
    """Everything that one or more attacks take place in."""

    def __init__(self, config="", seconds=2.5):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="loadline-attack-"))
        self.seconds = seconds  # how long an attack goes on
        self.webhook = Webhook()
        self.kube = None
        if "kubernetes:" in config:
            self.kube = KubeStandIn(self.folder, {f"token of {node}": node for node in [*HONEST, "honest-new", "evil"]},
                                    [POD])
        self.write_token = "the-word-for-writers"
        (self.folder / "write-token").write_text(self.write_token + "\n")
        (self.folder / "write-token").chmod(0o600)
        (self.folder / "alerting.yml").write_text(ALERTING.format(url=self.webhook.url))
        (self.folder / "collector.yml").write_text(
            "listen: {agents: 'tcp://127.0.0.1:0', web: '127.0.0.1:0'}\n"
            f"alerting: {{file: {self.folder}/alerting.yml}}\n"
            f"security: {{write_token_file: {self.folder}/write-token}}\n"
            f"detect: {{node_suspect_after: 2s, node_silent_after: 4s}}\n" + config.format(folder=self.folder))
        self.collector = Process([program("loadline-collector"), "--config", str(self.folder / "collector.yml"),
                                  "--state-dir", str(self.folder / "state")], self.folder)
        self.target = self.agents = self.reader = None
        self.others = []
        self.quiet_p99 = 0.0
        self.filled_alerts = False
        # What people may rightly be told.
        self.true_paths, self.true_alerts = set(), set()
        self.began, self.began_at = time.monotonic(), time.time()

    def __enter__(self):
        try:
            self.collector.start()
            wait_for(self._listens, 20, "the collector did not start: " + self.log())
            self.target = Target(self.folder / "state")
            if self.kube:
                for token, node in self.kube.nodes.items():
                    (self.target.state / f"token-{node}").write_text(token + "\n")
                self.target.token_file = self.target.state / "token-evil"
            self.agents = HonestAgents(self.folder, self.target)
            self.agents.start()
            self.reader = HonestReader(self.target)
            wait_for(lambda: len(self.agents.acknowledged) >= len(HONEST), 20, "the honest agents were not welcomed")
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        if self.reader:
            self.reader.close()
        for agents in [self.agents, *self.others]:
            if agents and agents.process.poll() is None:
                agents.kill()
        self.collector.stop()
        self.webhook.close()
        if self.kube:
            self.kube.close()
        shutil.rmtree(self.folder, True)

    def log(self):
        return self.collector.log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def _listens(self):
        if self.collector.process.poll() is not None:
            raise RuntimeError("the collector ended at once: " + self.log())
        return (self.folder / "state/endpoints.json").exists()

    # ---- for attacks ----

    def stranger(self):
        """Any pod that reaches the port: it knows the collector's public key, which is no secret."""
        return Attacker(self.target)

    def traitor(self):
        """An agent's pod that was taken over: it has the agents' key and a token that is good."""
        return Attacker(self.target, self.target.agents_secret, self.target.token_file)

    def measure_quiet(self, seconds):
        """How long a record takes while nobody attacks."""
        began = time.monotonic()
        time.sleep(seconds)
        self.quiet_p99 = p99(self.agents.delays(began, time.monotonic() - 0.3))

    def starts_now(self):
        """What was before was preparation."""
        self.began, self.began_at = time.monotonic(), time.time()

    def goes_on(self, times=1.0):
        """Whether the attack still has time."""
        return time.monotonic() < self.began + times * self.seconds

    def pass_time(self, times=1.0):
        """Waits until it has none."""
        time.sleep(max(0.0, self.began + times * self.seconds - time.monotonic()))

    def honest_agents(self, nodes):
        """More honest agents; true_alerts says what people will be told when they end."""
        agents = HonestAgents(self.folder, self.target, nodes)
        agents.start()
        self.others.append(agents)
        return agents

    def welcomed(self, agents, seconds):
        """Whether records of all their nodes are acknowledged within so long."""
        try:
            return wait_for(lambda: {node for node, _ in list(agents.acknowledged)} == set(agents.nodes), seconds, "")
        except TimeoutError:
            return False

    def joined(self, attacker, node, epoch, seconds=5):
        """A connection that speaks for a node, where the answer to a Hello may have to wait for another's."""
        def attempt():
            try:
                return attacker.join(node, epoch)
            except TimeoutError:
                return None
        return wait_for(attempt, seconds, f"{node} was not welcomed")

    # ---- for judges ----

    def alive(self):
        return self.collector.process.poll() is None

    def rss_mib(self):
        with open(f"/proc/{self.target.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20

    def open_files(self):
        return len(os.listdir(f"/proc/{self.target.pid}/fd"))

    def get_json(self, path, timeout=PATIENCE):
        status, body = get(self.target.web, path, timeout)
        return json.loads(body) if status == 200 else None

    def nodes(self):
        """Their state, by name."""
        nodes, total = {}, 1
        while len(nodes) < total:
            answer = self.get_json(f"/api/v1/nodes?limit=1000&offset={len(nodes)}")
            if not answer or not answer["items"]:
                break
            total = answer["total"]
            nodes |= {node["name"]: node for node in answer["items"]}
        return nodes

    def metrics(self):
        """Values of /metrics, by the whole name with labels."""
        _, body = get(self.target.web, "/metrics")
        lines = (line.rpartition(" ") for line in body.decode(errors="replace").splitlines() if not line.startswith("#"))
        return {name: float(value) for name, _, value in lines if name}

    def alerts_told(self, since, status="firing"):
        """The alerts that somebody was told of since then (time.time())."""
        return [alert for at, _, body in self.webhook.messages if at >= since
                for alert in body["alerts"] if alert["status"] == status]

    def told(self, since, status="firing"):
        """Their labels."""
        return [alert["labels"] for alert in self.alerts_told(since, status)]

    def told_at(self, since, word):
        """When somebody was first told of an alert with this word in its labels; None: never."""
        return min((at for at, _, body in self.webhook.messages if at >= since and word in json.dumps(body)), default=None)

    def lies(self, since, allowed=()):
        """What people were told that is neither of an attacker's own node nor true."""
        return [alert["labels"] for alert in self.alerts_told(since) if not self._may_be_told(alert, allowed)]

    def _may_be_told(self, alert, allowed):
        labels = alert["labels"]
        text = json.dumps([labels, alert["annotations"]])
        if (labels.get("alertname"), labels.get("node")) in self.true_alerts:
            return True
        if any(path in text for path in self.true_paths):
            return True
        if any(node in text for node in [*HONEST, *(node for agents in self.others for node in agents.nodes)]):
            return False
        return "evil" in text or labels.get("alertname") in allowed


def connect_http(target, timeout=PATIENCE, receive_buffer=None, source=ATTACKER):
    """A bare connection to the page."""
    connection = socket.socket()
    if receive_buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.settimeout(timeout)
    try:
        connection.bind((source, 0))
        connection.connect(target)
    except OSError:
        connection.close()
        raise
    return connection
