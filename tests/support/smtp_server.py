#!/usr/bin/python3
"""A real SMTP server (Debian's aiosmtpd) for tests: STARTTLS, authentication, and misbehaviour by address.

usage: smtp_server.py FOLDER [--plain | --implicit]
Makes a certificate for 127.0.0.1 in FOLDER (cert.pem), listens on a free loopback port, prints the port on a line of its
own, and puts each mail it takes into FOLDER as mail-N.eml, with the envelope in X-headers. The one account is
loadline / secret. With --implicit TLS begins with the first byte, with --plain there is none. Addresses that begin with `refused` get 550; with `grey` 451 the first time and 250 from then on; with
`hang` no answer.
"""

import asyncio
import pathlib
import ssl
import subprocess
import sys

from aiosmtpd.smtp import SMTP, AuthResult


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.mails = 0
        self.grey = set()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 5.1.1 no such user here"
        if address.startswith("grey") and address not in self.grey:
            self.grey.add(address)
            return "451 4.7.1 greylisted, come back later"
        if address.startswith("hang"):
            await asyncio.sleep(3600)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails += 1
        tls = bool(session.ssl or server.transport.get_extra_info("ssl_object"))
        head = (f"X-Envelope-From: {envelope.mail_from}\r\nX-Envelope-To: {', '.join(envelope.rcpt_tos)}\r\n"
                f"X-Tls: {tls}\r\nX-User: {session.auth_data.decode() if session.auth_data else ''}\r\n")
        partial = self.folder / "mail.part"
        partial.write_bytes(head.encode() + envelope.content)
        partial.rename(self.folder / f"mail-{self.mails}.eml")
        return "250 2.0.0 taken"


def authenticate(server, session, envelope, mechanism, data):
    good = data.login == b"loadline" and data.password == b"secret"
    return AuthResult(success=good, auth_data=data.login if good else None, handled=good)


async def main():
    folder = pathlib.Path(sys.argv[1])
    plain = "--plain" in sys.argv
    implicit = "--implicit" in sys.argv
    context = None
    if not plain:
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-days", "1", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                        folder / "key.pem", "-out", folder / "cert.pem"], check=True, capture_output=True)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    handler = Handler(folder)
    starttls = not plain and not implicit
    factory = lambda: SMTP(handler, hostname="smtp.test", tls_context=context if starttls else None,
                           require_starttls=starttls, auth_required=not plain, authenticator=authenticate,
                           auth_require_tls=starttls)
    server = await asyncio.get_running_loop().create_server(factory, "127.0.0.1", 0, ssl=context if implicit else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
