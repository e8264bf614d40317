#!/usr/bin/python3
"""An HTTPS server for tests, with certificates of its own, and a proxy before it.

usage: tls_server.py FOLDER [--client-certificate] [--newest TLSv1_2]
Makes in FOLDER cert.pem (for receiver.example alone, which is its own authority), and client.pem with client.key, and
listens on two loopback ports, which it prints on a line: that of the server and that of a proxy, which makes tunnels
(CONNECT) and writes the head of each request for one into FOLDER/tunnels. Whatever is asked of the server is answered
with JSON: "tls" (its version), "sni", "client" (who the client's certificate says it is), "host", "method", "path" and
"http" (of which version). With --client-certificate nobody is served without client.pem.
"""

import http.server
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import threading

FOLDER = pathlib.Path(sys.argv[1])


def make_certificate(name, certificate, key):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-days", "1", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout",
                    str(FOLDER / key), "-out", str(FOLDER / certificate)], check=True, capture_output=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        certificate = self.connection.getpeercert() or {}
        subject = dict(pair for part in certificate.get("subject", ()) for pair in part)
        said = {"tls": self.connection.version(), "sni": getattr(self.connection, "asked_for", None),
                "client": subject.get("commonName"), "host": self.headers["Host"], "method": self.command,
                "path": self.path, "http": self.request_version}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def __init__(self, context):
        super().__init__(("127.0.0.1", 0), Handler)
        context.sni_callback = lambda connection, name, _: setattr(connection, "asked_for", name)
        self.context = context

    # In the thread of its own, so that who does not shake hands keeps nobody.
    def process_request_thread(self, request, client_address):
        try:
            super().process_request_thread(self.context.wrap_socket(request, server_side=True), client_address)
        except (ssl.SSLError, OSError):
            request.close()


def pass_on(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def make_tunnel(client):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = client.recv(4096)
        if not piece:
            return
        head += piece
    with open(FOLDER / "tunnels", "ab") as tunnels:
        tunnels.write(head)
    host, port = head.split()[1].decode().rsplit(":", 1)
    try:
        server = socket.create_connection((host, int(port)))
    except OSError:
        client.sendall(b"HTTP/1.1 502 No\r\nContent-Length: 0\r\n\r\n")
        return
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    threading.Thread(target=pass_on, args=(server, client), daemon=True).start()
    pass_on(client, server)


def make_tunnels(listener):
    while True:
        client, _ = listener.accept()
        threading.Thread(target=make_tunnel, args=(client,), daemon=True).start()


def main():
    make_certificate("receiver.example", "cert.pem", "cert.key")
    make_certificate("loadline", "client.pem", "client.key")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(FOLDER / "cert.pem", FOLDER / "cert.key")
    if "--client-certificate" in sys.argv:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(FOLDER / "client.pem")
    if "--newest" in sys.argv:
        context.maximum_version = ssl.TLSVersion[sys.argv[sys.argv.index("--newest") + 1]]
    server = Server(context)
    proxy = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=make_tunnels, args=(proxy,), daemon=True).start()
    print(server.server_port, proxy.getsockname()[1], flush=True)
    server.serve_forever()


main()
