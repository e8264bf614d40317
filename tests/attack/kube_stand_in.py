"""As much of a Kubernetes API server as a collector asks for: it knows agents by their tokens, and one pod."""

import http.server
import json
import pathlib
import threading
import time


class KubeStandIn:
    """`nodes` are the nodes by token; `pods` have uid, name, node and container."""

    def __init__(self, folder, nodes, pods):
        self.nodes, self.pods, self.reviews = nodes, pods, 0
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                if "watch=" in self.path:
                    time.sleep(30)  # nothing happens
                    self.answer({"kind": "Status", "code": 410}, 410)
                    return
                pods = self.path.startswith("/api/v1/pods")
                self.answer({"kind": "List", "metadata": {"resourceVersion": "1"},
                             "items": [outer.pod(pod) for pod in outer.pods] if pods else []})

            def do_POST(self):  # noqa: N802
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.reviews += 1
                time.sleep(0.005)
                node = outer.nodes.get(body["spec"]["token"])
                status = {"authenticated": node is not None}
                if node:
                    status |= {"audiences": body["spec"]["audiences"], "user": {
                        "username": "system:serviceaccount:loadline-system:loadline-agent",
                        "extra": {"authentication.kubernetes.io/node-name": [node]}}}
                self.answer({**body, "status": status}, 201)

            def answer(self, body, status=200):
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        pathlib.Path(folder, "kubeconfig").write_text(json.dumps({
            "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.server.server_address[1]}"}}],
            "users": [{"name": "u", "user": {}}]}), encoding="utf-8")

    @staticmethod
    def pod(pod):
        return {"metadata": {"uid": pod["uid"], "name": pod["name"], "namespace": "shop", "ownerReferences": [
                    {"kind": "StatefulSet", "name": pod["name"].rpartition("-")[0], "uid": "s", "controller": True}]},
                "spec": {"nodeName": pod["node"], "containers": [{"name": "main"}]},
                "status": {"phase": "Running", "containerStatuses": [
                    {"name": "main", "containerID": "containerd://" + pod["container"],
                     "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}}}]}}

    def close(self):
        self.server.shutdown()
