"""Real processes around alerting: our collector, Debian's Alertmanager, and a webhook that remembers."""

import dataclasses
import http.client
import itertools
import json
import multiprocessing
import os
import pathlib
import selectors
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what, seconds, said):
    """What `what` gives once it is true; TimeoutError with `said` when it never is."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if value := what():
            return value
        time.sleep(0.02)
    raise TimeoutError(said)


def ask(url, body=None, method=None, headers=None):
    """Status and JSON of an answer; status 0 where there was none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json", **(headers or {})}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    except (OSError, http.client.HTTPException):
        return 0, None
    return status, json.loads(text) if text else None


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
TAKEN = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
MOVED = b"HTTP/1.1 307 Temporary Redirect\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
NOT_TAKEN = b"HTTP/1.1 %d Not Now\r\nContent-Length: 0\r\n\r\n"
HANGS_UP = b""


@dataclasses.dataclass
class Trouble:
    """A webhook that answers these statuses in turn from `since` until `until` (time.time()); 0 is no answer."""
    since: float
    until: float
    statuses: tuple

    def answers(self, others):
        turns = itertools.cycle(self.statuses)

        def answer():
            if not self.since <= time.time() < self.until:
                return others
            status = next(turns)
            return NOT_TAKEN % status if status else HANGS_UP
        return answer


def _take_requests(listener, control, answer):
    """The webhook's own process: keeps each request that came whole, with its time, until it is asked for them."""
    came = []
    begun = {}  # by connection: what has come of a request
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    selector.register(control, selectors.EVENT_READ)
    while True:
        for ready in (key.fileobj for key, _ in selector.select()):
            try:
                if ready is listener:
                    connection, _ = listener.accept()
                    begun[connection] = b""
                    selector.register(connection, selectors.EVENT_READ)
                elif ready is control:
                    control.recv()
                    control.send(came)
                    came = []
                elif data := ready.recv(1 << 16):
                    begun[ready] = _take_whole(ready, begun[ready] + data, came, answer)
                else:
                    raise ConnectionResetError
            except OSError:  # whoever was to send the rest was killed
                selector.unregister(ready)
                begun.pop(ready, None)
                ready.close()
            except EOFError:
                return


def _take_whole(connection, data, came, answer):
    """Answers the requests in `data`; gives what is left of it."""
    while (end := data.find(b"\r\n\r\n")) >= 0:
        lines = data[:end].decode().split("\r\n")[1:]
        headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines)}
        size = end + 4 + int(headers["content-length"])
        if len(data) < size:
            if "expect" in headers and len(data) == end + 4:
                connection.sendall(CONTINUE)
            break
        said = answer()
        if said == HANGS_UP:
            raise ConnectionResetError
        if said.split()[1] < b"400":
            came.append((time.time(), headers.get("idempotency-key"), data[end + 4:size]))
        data = data[size:]
        connection.sendall(said)
    return data


class Webhook:
    """Takes Alertmanager's webhooks and keeps each with the time it came. It answers in a process of its own: a
    receiver that waits for the test's own work would be slow, and what is killed meanwhile cannot know what it took.
    `elsewhere`: a URL to which it sends whoever comes (307). `trouble`: when it refuses; what it refuses it does not keep."""

    def __init__(self, elsewhere=None, trouble=None):
        self._messages = []
        listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}/hook"
        usual = MOVED % elsewhere.encode() if elsewhere else TAKEN
        answer = trouble.answers(usual) if trouble else lambda: usual
        context = multiprocessing.get_context("fork")
        self._control, theirs = context.Pipe()
        self._process = context.Process(target=_take_requests, args=(listener, theirs, answer), daemon=True)
        self._process.start()
        listener.close()
        theirs.close()

    @property
    def messages(self):
        """(time.time(), key or None, body) of each so far."""
        self._control.send("new")
        self._messages += [(at, key, json.loads(body)) for at, key, body in self._control.recv()]
        return self._messages

    def close(self):
        self._process.terminate()
        self._process.join()

    def told(self, status="firing"):
        """The values of label alertname that some message said are so."""
        return [alert["labels"].get("alertname", "") for _, _, body in self.messages
                for alert in body["alerts"] if alert["status"] == status]


class Process:
    """A program that can be killed and started again on the same folder and port."""

    def __init__(self, command, folder):
        self.command = command
        self.log = pathlib.Path(folder, "log")
        self.process = None

    def start(self):
        with open(self.log, "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class Collector(Process):
    def __init__(self, folder, alerting, security="", agents="tcp://127.0.0.1:0"):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.rules = pathlib.Path(folder, "alerting.yml")
        self.rules.write_text(alerting, encoding="utf-8")
        config = pathlib.Path(folder, "collector.yml")
        config.write_text(
            f"listen:\n  agents: {agents}\n  web: 127.0.0.1:{port}\n"
            f"store:\n  folder: {folder}/state\nalerting:\n  file: {self.rules}\n{security}", encoding="utf-8")
        program = os.path.join(os.environ.get("LOADLINE_BIN", "build/dev/bin"), "loadline-collector")
        super().__init__([program, "--config", str(config)], folder)

    def ready(self):
        return ask(self.url + "/api/v2/status")[0] == 200


class Alertmanager(Process):
    def __init__(self, folder, alerting):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.rules = pathlib.Path(folder, "alertmanager.yml")
        self.rules.write_text(alerting, encoding="utf-8")
        super().__init__(["prometheus-alertmanager", f"--config.file={self.rules}", f"--storage.path={folder}/data",
                          f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="], folder)

    def ready(self):
        return ask(self.url + "/api/v2/status")[0] == 200
