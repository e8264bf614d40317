#!/usr/bin/python3
"""A real collector is killed: the real agent says so to its own webhook, once, and once more when it is back."""

import http.server
import json
import os
import pathlib
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, "tests/support")
from alert_peers import Collector, Process, ask, free_port, wait_for  # noqa: E402


class Hook:
    """Refuses the first message and keeps the texts of the others."""

    def __init__(self):
        self.texts, self.refused = [], 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                refuse = outer.refused == 0
                outer.refused += refuse
                if not refuse:
                    outer.texts.append((time.monotonic(), body["text"]))
                self.send_response(500 if refuse else 200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/services/secret"


def main():
    folder = tempfile.mkdtemp(prefix="loadline-test-")
    port = free_port()
    collector = Collector(folder, "route: {receiver: r}\nreceivers: [{name: r}]\n", agents=f"tcp://127.0.0.1:{port}")
    hook = Hook()
    url = pathlib.Path(folder, "hook")
    url.write_text(hook.url + "\n", encoding="utf-8")
    agent_folder = pathlib.Path(folder, "agent")
    agent_folder.mkdir()
    state = pathlib.Path(folder, "state")
    agent = Process([os.path.join(os.environ.get("LOADLINE_BIN", "build/dev/bin"), "loadline-agent"),
                     f"--collector=tcp://127.0.0.1:{port}", f"--collector-key-file={state}/keys/collector.pub", f"--key-file={state}/keys/agents/agent.key",
                     f"--token-file={state}/token", "--node=n1", f"--collector-gone-webhook-file={url}",
                     "--collector-gone-nodes=1"], agent_folder)
    try:
        collector.start()
        wait_for(collector.ready, 20, "the collector did not start")
        agent.start()
        wait_for(lambda: (ask(collector.url + "/api/v1/nodes")[1] or {}).get("items"), 20, "the node did not come")
        collector.kill()
        killed = time.monotonic()
        wait_for(lambda: hook.texts, 60, "the agent did not say that the collector is gone")
        after = hook.texts[0][0] - killed
        assert "n1 does not reach the collector" in hook.texts[0][1], hook.texts
        assert 25 <= after <= 55, f"said after {after:.1f} s"
        collector.start()
        wait_for(lambda: len(hook.texts) > 1, 40, "the agent did not say that the collector is back")
        assert "reaches the collector again" in hook.texts[1][1], hook.texts
        time.sleep(2)
        assert len(hook.texts) == 2, hook.texts
        assert "services/secret" not in agent.log.read_text(), "the URL is a secret"
        print(f"said after {after:.1f} s, and when it was back")
        return 0
    finally:
        agent.stop()
        collector.stop()
        hook.server.shutdown()
        shutil.rmtree(folder, True)


if __name__ == "__main__":
    sys.exit(main())
