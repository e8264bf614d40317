"""What people are told: a server in the cluster's network that keeps every message posted to it.

Run as a program it is that server: recorder.py ADDRESS PORT FILE.
"""

import http.server
import json
import pathlib
import sys


class Recorder:
    """One a test; it ends with the cluster."""

    def __init__(self, cluster, port):
        self.url = f"http://{cluster.address}:{port}/"
        self._file = cluster.folder / f"told-{port}.jsonl"
        self._cluster, self._port = cluster, port

    def start(self):
        self._file.unlink(missing_ok=True)
        self._cluster.start_beside("recorder", sys.executable, __file__, self._cluster.address, str(self._port), str(self._file))

    def messages(self):
        """Every body so far, oldest first."""
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [json.loads(line) for line in lines]

    def told(self, rule, since=0, **labels):
        """The alerts of a rule with these labels, as webhook messages from number `since` on had them."""
        alerts = [alert for message in self.messages()[since:] for alert in message.get("alerts", [])]
        wanted = {"alertname": rule, **labels}.items()
        return [alert for alert in alerts if wanted <= alert["labels"].items()]


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(self.server.file, "a") as out:
            out.write(json.dumps(body) + "\n")
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")


def main(address, port, file):
    server = http.server.ThreadingHTTPServer((address, int(port)), _Handler)
    server.file = pathlib.Path(file)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
