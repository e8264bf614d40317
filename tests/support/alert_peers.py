"""Real processes around alerting: our collector, Debian's Alertmanager, and a webhook that remembers."""

import http.server
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
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
    except OSError:
        return 0, None
    return status, json.loads(text) if text else None


class Webhook:
    """Takes Alertmanager's webhooks and keeps each with the time it came."""

    def __init__(self):
        self.messages = []  # (time.time(), key or None, body)
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.messages.append((time.time(), self.headers.get("Idempotency-Key"), body))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                """A client that was killed half-way is what this is for."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def told(self, status="firing"):
        """The values of label alertname that some message said are so."""
        return [alert["labels"].get("alertname", "") for _, _, body in list(self.messages)
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
        rules = pathlib.Path(folder, "alerting.yml")
        rules.write_text(alerting, encoding="utf-8")
        config = pathlib.Path(folder, "collector.yml")
        config.write_text(
            f"listen:\n  agents: {agents}\n  web: 127.0.0.1:{port}\n"
            f"store:\n  folder: {folder}/state\nalerting:\n  file: {rules}\n{security}", encoding="utf-8")
        program = os.path.join(os.environ.get("LOADLINE_BIN", "build/dev/bin"), "loadline-collector")
        super().__init__([program, "--config", str(config)], folder)

    def ready(self):
        return ask(self.url + "/api/v2/status")[0] == 200


class Alertmanager(Process):
    def __init__(self, folder, alerting):
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        rules = pathlib.Path(folder, "alertmanager.yml")
        rules.write_text(alerting, encoding="utf-8")
        super().__init__(["prometheus-alertmanager", f"--config.file={rules}", f"--storage.path={folder}/data",
                          f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address="], folder)

    def ready(self):
        return ask(self.url + "/api/v2/status")[0] == 200
