"""Attacks on the page, the API and the probes: anybody who reaches that port, with nothing else."""

import json
import os
import re
import threading
import time
import urllib.request

from attacker import close, many
from judge import Outcome, attack
from scene import connect_http, get
from zmtp import ATTACKER, anywhere


def hold(address, count, first=b"", everywhere=False, **options):
    """So many connections, each of which said `first`; as many as are let in. `everywhere`: from many addresses."""
    def connect(number):
        connection = connect_http(address, timeout=1, source=anywhere(number) if everywhere else ATTACKER, **options)
        try:
            connection.sendall(first)
        except OSError:
            connection.close()
            raise
        return connection
    return many(count, connect)


def request(target, path="/", method="GET", headers="", host=None):
    return f"{method} {path} HTTP/1.1\r\nHost: {host or '%s:%d' % target.web}\r\n{headers}\r\n".encode()


def read_in_parallel(scene, readers, path):
    """So many readers that ask again as soon as they were answered; how often each status came."""
    statuses, lock = {}, threading.Lock()

    def read():
        while scene.goes_on():
            status, _ = get(scene.target.web, path, source=ATTACKER)
            with lock:
                statuses[status] = statuses.get(status, 0) + 1
    threads = [threading.Thread(target=read, daemon=True) for _ in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


# ---- connections ----------------------------------------------------------------------------------------------------


@attack("page", who="web")
def idle_96(scene):
    """As many silent connections as there were threads and places in the queue."""
    held = hold(scene.target.web, 96)
    scene.pass_time()
    close(held)


@attack("page", who="web")
def idle_1000(scene):
    """Silent connections, many more than there is room for."""
    held = hold(scene.target.web, 1000)
    scene.pass_time()
    close(held)


@attack("page", who="web")
def idle_from_everywhere(scene):
    """The same, of many addresses, on page and probes."""
    held = hold(scene.target.web, 600, everywhere=True) + hold(scene.target.probes, 600, everywhere=True)
    scene.pass_time()
    close(held)


@attack("page", who="web")
def idle_on_the_probes(scene):
    """The same where the probes are answered."""
    held = hold(scene.target.probes, 400)
    scene.pass_time()
    close(held)


@attack("page", who="web")
def dripped_requests(scene):
    """Requests that come a byte at a time, on page and probes."""
    held = hold(scene.target.web, 200) + hold(scene.target.probes, 200)
    text, at = request(scene.target, headers="X: " + "x" * 5000), 0
    while scene.goes_on():
        for connection in held:
            try:
                connection.sendall(text[at:at + 1])
            except OSError:
                pass
        at += 1
        time.sleep(0.05)
    close(held)
    return Outcome(note=f"{at} bytes of each")


@attack("page", who="web")
def dripped_bodies(scene):
    """POSTs whose bodies never come whole."""
    text = request(scene.target, "/api/v2/alerts", "POST", "Content-Type: application/json\r\nContent-Length: 100000\r\n")
    held = hold(scene.target.web, 200, text)
    while scene.goes_on():
        for connection in held:
            try:
                connection.sendall(b" ")
            except OSError:
                pass
        time.sleep(0.1)
    close(held)


@attack("page", who="web")
def kept_alive(scene):
    """Connections that ask once in a while and are never closed."""
    held = hold(scene.target.web, 128)
    while scene.goes_on():
        for connection in held:
            try:
                connection.sendall(request(scene.target, "/api/v1/collector"))
                connection.recv(1 << 16)
            except OSError:
                pass
        time.sleep(0.5)
    close(held)


@attack("page", who="web")
def slow_readers(scene):
    """Large answers that are asked for and not read."""
    held = hold(scene.target.web, 200, request(scene.target, "/assets/none") + request(scene.target, "/metrics"),
                receive_buffer=2048)
    scene.pass_time()
    close(held)


@attack("page", who="web")
def pipelined_requests(scene):
    """A thousand requests at once on each connection, and nobody who reads what comes."""
    text = request(scene.target, "/metrics") * 1000
    held = hold(scene.target.web, 50, receive_buffer=2048)
    for connection in held:
        connection.setblocking(False)
        try:
            connection.send(text)
        except OSError:
            pass
    scene.pass_time()
    close(held)


@attack("page", who="web")
def event_streams(scene):
    """Streams of events, more than there are people."""
    held = hold(scene.target.web, 300, request(scene.target, "/api/v1/events", headers="Accept: text/event-stream\r\n"))
    scene.pass_time()
    close(held)


@attack("page", who="web")
def connections_to_the_page(scene):
    """Connections that are closed as soon as they are there, on page and probes."""
    count = 0
    while scene.goes_on():
        close(hold((scene.target.web, scene.target.probes)[count % 2], 1))
        count += 1
    return Outcome(note=f"{count} connections")


# ---- requests -------------------------------------------------------------------------------------------------------


def fill_alerts(scene, count=5000):
    """Alerts as Prometheus would post them; by somebody who may."""
    if scene.filled_alerts:
        return
    for start in range(0, count, 500):
        alerts = [{"labels": {"alertname": f"Posted{number % 50}", "of": "readers", "instance": f"host-{number}",
                              "job": "x" * 100}, "annotations": {"summary": "y" * 200}}
                  for number in range(start, start + 500)]
        asked = urllib.request.Request("http://%s:%d/api/v2/alerts" % scene.target.web, json.dumps(alerts).encode(), {
            "Content-Type": "application/json", "Authorization": "Bearer " + scene.write_token})
        with urllib.request.urlopen(asked, timeout=30):
            pass
    scene.filled_alerts = True


@attack("readers", who="web")
def groups_of_alerts(scene):
    """24 readers of 5,000 alerts in groups."""
    fill_alerts(scene)
    scene.starts_now()
    return Outcome(note=str(read_in_parallel(scene, 24, "/api/v2/alerts/groups")))


@attack("readers", who="web")
def alerts_by_expression(scene):
    """24 readers that ask for alerts by a regular expression that is slow to match."""
    fill_alerts(scene)
    scene.starts_now()
    slow = "/api/v2/alerts?filter=instance%3D~%22(h%7Co%7Cs%7Ct%7C-%7C%5B0-9%5D)%7B1%2C100%7Dz%22"
    return Outcome(note=str(read_in_parallel(scene, 24, slow)))


@attack("readers", who="web")
def metrics_and_lists(scene):
    """Readers of everything that is long."""
    paths = ["/metrics", "/api/v1/workloads?limit=1000", "/api/v1/alerts?limit=1000", "/api/v2/alerts",
             "/api/v1/nodes?limit=1000"]
    threads = [threading.Thread(target=read_in_parallel, args=(scene, 5, path), daemon=True) for path in paths]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@attack("page", who="web")
def writes_without_a_token(scene):
    """Alerts and silences of somebody who may not write, many of them."""
    body = json.dumps([{"labels": {"alertname": "Forged"}}] * 1000).encode()
    silence = json.dumps({"matchers": [{"name": "alertname", "value": ".*", "isRegex": True}], "createdBy": "x",
                          "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2190-01-01T00:00:00Z", "comment": "x"}).encode()
    asked = [request(scene.target, path, "POST", f"Content-Type: application/json\r\n{word}Content-Length: {len(data)}\r\n")
             + data for path, data in (("/api/v2/alerts", body), ("/api/v2/silences", silence))
             for word in ("", "Authorization: Bearer wrong\r\n", "Authorization: Basic eDp4\r\n")]
    accepted = count = 0
    while scene.goes_on():
        for text in asked:
            accepted += answer_of(scene, text) == 200
            count += 1
    accepted += len(scene.get_json("/api/v2/silences") or [])
    return Outcome(forged=accepted, note=f"{count} requests")


def answer_of(scene, text, patience=2.0):
    """The status that comes first; 0 for none."""
    try:
        with connect_http(scene.target.web, timeout=patience) as connection:
            connection.sendall(text)
            found = re.match(rb"HTTP/1\.1 (\d+)", connection.recv(1 << 16))
            return int(found[1]) if found else 0
    except OSError:
        return 0


@attack("page", who="web")
def other_host_names(scene):
    """A browser that was made to believe that a stranger's name is ours."""
    answered = [host for host in ("evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example", "")
                if answer_of(scene, request(scene.target, "/api/v1/nodes", host=host or " ")) == 200]
    return Outcome(forged=len(answered), note=str(answered or ""))


@attack("page", who="web")
def smuggled_requests(scene):
    """Requests in which another one hides: only one is ever answered."""
    inner = request(scene.target, "/api/v1/nodes")
    chunk = b"%x\r\n" % len(inner) + inner + b"\r\n0\r\n\r\n"
    post = lambda headers: request(scene.target, "/api/v2/alerts", "POST", headers)
    tricks = [
        post(f"Content-Length: {len(chunk)}\r\nTransfer-Encoding: chunked\r\n") + chunk + inner,
        post("Content-Length: 0\r\nContent-Length: %d\r\n" % len(inner)) + inner,
        post("Content-Length: -1\r\n") + inner, post("Content-Length: 99999999999999999999\r\n") + inner,
        post("Transfer-Encoding: chunked\r\n") + b"0\r\n\r\n" + inner,
        post("Transfer-Encoding: xchunked\r\n") + inner, post("Transfer-Encoding : chunked\r\n") + b"0\r\n\r\n" + inner,
        post("Transfer-Encoding: chunked\r\n") + b"ffffffffffffffff\r\n" + inner,
        request(scene.target, "/", headers=f"Content-Length: {len(inner)}\r\n") + inner,
        b"GET / HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 10\n\n" + inner,
        b"GET /\r\n\r\n" + inner[:10],
    ]
    second = 0
    for text in tricks:
        try:
            with connect_http(scene.target.web, timeout=1.0) as connection:
                connection.sendall(text)
                answer = b""
                while data := connection.recv(1 << 16):
                    answer += data
        except OSError:
            pass
        # A pipelined second request is not hidden: after `0\r\n\r\n` it is a request of its own.
        second += b'"honest-1"' in answer and text is not tricks[4]
    return Outcome(forged=second, note=f"{len(tricks)} requests")


@attack("page", who="web")
def large_requests(scene):
    """Heads and bodies of any size, and paths to other files."""
    count = leaked = 0
    odd = [request(scene.target, headers="X: " + "x" * 20_000 + "\r\n"),
           request(scene.target, headers="".join(f"X{i}: y\r\n" for i in range(2000))),
           request(scene.target, "/" + "a" * 100_000),
           request(scene.target, headers="Range: bytes=" + ",".join("0-1" for _ in range(1000)) + "\r\n"),
           request(scene.target, "/api/v2/alerts", "POST", "Content-Length: 900000000\r\n") + bytes(1 << 20),
           request(scene.target, "/api/v2/alerts", "POST", "Transfer-Encoding: chunked\r\n") + (b"10000\r\n" + bytes(65536)
                                                                                            + b"\r\n") * 40]
    odd += [request(scene.target, path) for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd",
                                                     "/assets/../../../etc/passwd", "//etc/passwd", "/\\..\\etc/passwd")]
    while scene.goes_on():
        for text in odd:
            try:
                with connect_http(scene.target.web, timeout=1.0) as connection:
                    connection.sendall(text)
                    leaked += b"root:" in connection.recv(1 << 16)
            except OSError:
                pass
            count += 1
    return Outcome(forged=leaked, note=f"{count} requests")


@attack("page", who="web")
def noise(scene):
    """Bytes that are no requests, on page and probes."""
    count = 0
    while scene.goes_on():
        for address in (scene.target.web, scene.target.probes):
            close(hold(address, 1, os.urandom(200) + b"\r\n\r\n"))
            count += 1
    return Outcome(note=f"{count} connections")
