"""A client of ZMTP 3.1 with CURVE (ZeroMQ RFC 37 and 26) that can stop, lie or go on forever at any place.

    peer = Peer(target.agents, collector_key, Pair(secret))
    peer.greet(); peer.hello(); peer.welcome(); peer.initiate(); peer.ready()    # or peer.connect() for all of them
    peer.send(frame)                                                            # a message of one frame
    frame = peer.receive()

Every step can be left out, sent in pieces or with other bytes. Sockets have a timeout: whoever is not answered gets a
TimeoutError, and whoever is thrown out an OSError.
"""

import socket
import struct
import time

from curve import Box, Pair

MORE, LONG, COMMAND = 1, 2, 4

# Where attackers are: what a collector holds against this address must not be held against others.
ATTACKER = "127.0.0.66"


def anywhere(number):
    """The address of one attacker of many."""
    return f"127.0.{1 + number // 250 % 250}.{1 + number % 250}"


class Refused(ConnectionError):
    """The other end closed the connection, or said ERROR."""


def greeting(mechanism=b"CURVE", version=(3, 1), as_server=0):
    return b"\xff" + bytes(8) + b"\x7f" + bytes(version) + mechanism.ljust(20, b"\0") + bytes([as_server]) + bytes(31)


def frame_of(body, flags=0):
    """A frame as it is on the wire."""
    if len(body) < 256:
        return struct.pack("!BB", flags & ~LONG, len(body)) + body
    return struct.pack("!BQ", flags | LONG, len(body)) + body


def metadata(**properties):
    """Properties of INITIATE and READY; `_` in a name stands for `-`."""
    out = b""
    for name, value in properties.items():
        name = name.replace("_", "-").encode()
        out += bytes([len(name)]) + name + struct.pack("!I", len(value)) + value
    return out


class Peer:
    def __init__(self, address, server_key, keys=None, timeout=3.0, receive_buffer=None, source=ATTACKER):
        self.server_key = server_key
        self.keys = keys or Pair()
        self.short_lived = Pair()
        self.nonce = 0
        self.buffer = b""
        self.box = None
        self.socket = socket.socket()
        if receive_buffer is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.bind((source, 0))
            self.socket.connect(address)
        except OSError:
            self.socket.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    # ---- the handshake, step by step ----

    def connect(self, **properties):
        """The whole handshake."""
        self.greet()
        self.hello()
        self.welcome()
        self.initiate(**properties)
        self.ready()
        return self

    def greet(self, ours=None):
        self.raw(ours or greeting())
        theirs = self._take(64)
        if theirs[12:17] != b"CURVE":
            raise Refused("it speaks no CURVE")

    def hello_body(self):
        nonce = self._next_nonce()
        box = Box(self.server_key, self.short_lived.secret).seal(bytes(64), b"CurveZMQHELLO---" + nonce)
        return b"\x05HELLO\x01\x00" + bytes(72) + self.short_lived.public + nonce + box

    def hello(self):
        self.raw(frame_of(self.hello_body(), COMMAND))

    def welcome(self):
        body = self.command(b"WELCOME")
        opened = Box(self.server_key, self.short_lived.secret).open(body[16:], b"WELCOME-" + body[:16])
        self.their_short_lived, self.cookie = opened[:32], opened[32:]
        self.box = Box(self.their_short_lived, self.short_lived.secret)

    def initiate_body(self, extra=b"", **properties):
        vouch_nonce = bytes(range(16))
        vouch = Box(self.their_short_lived, self.keys.secret).seal(self.short_lived.public + self.server_key,
                                                                   b"VOUCH---" + vouch_nonce)
        said = metadata(**{"Socket_Type": b"DEALER", "Identity": b"", **properties}) + extra
        nonce = self._next_nonce()
        box = self.box.seal(self.keys.public + vouch_nonce + vouch + said, b"CurveZMQINITIATE" + nonce)
        return b"\x08INITIATE" + self.cookie + nonce + box

    def initiate(self, extra=b"", **properties):
        self.raw(frame_of(self.initiate_body(extra, **properties), COMMAND))

    def ready(self):
        body = self.command(b"READY")
        self.box.open(body[8:], b"CurveZMQREADY---" + body[:8])

    # ---- after it ----

    def message_of(self, frame, flags=0, nonce=None):
        """A frame, sealed, as it is on the wire; MORE and COMMAND are flags inside."""
        nonce = self._next_nonce() if nonce is None else struct.pack("!Q", nonce)
        return frame_of(b"\x07MESSAGE" + nonce + self.box.seal(bytes([flags]) + frame, b"CurveZMQMESSAGEC" + nonce))

    def send(self, frame, flags=0):
        self.raw(self.message_of(frame, flags))

    def receive(self):
        """The next frame; pings and the like are passed over."""
        while True:
            _, body = self._frame()
            if not body.startswith(b"\x07MESSAGE"):
                continue
            opened = self.box.open(body[16:], b"CurveZMQMESSAGES" + body[8:16])
            if not opened[0] & COMMAND:
                return opened[1:]

    def gone(self, seconds):
        """Whether the other end closes the connection within so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                if not self.socket.recv(1 << 16):
                    return True
            except TimeoutError:
                return False
            except OSError:
                return True
        return False

    def raw(self, data):
        self.socket.sendall(data)

    def command(self, name):
        flags, body = self._frame()
        if body.startswith(b"\x05ERROR"):
            raise Refused(body[7:].decode(errors="replace") or "ERROR")
        if not flags & COMMAND or body[1:1 + body[0]] != name:
            raise Refused(f"{body[:12]} instead of {name}")
        return body[1 + len(name):]

    def _next_nonce(self):
        self.nonce += 1
        return struct.pack("!Q", self.nonce)

    def _frame(self):
        """Flags and body; a frame of which not all came in time stays for the next call."""
        self._fill(2)
        head = 9 if self.buffer[0] & LONG else 2
        self._fill(head)
        size = struct.unpack("!Q", self.buffer[1:9])[0] if head == 9 else self.buffer[1]
        self._fill(head + size)
        flags = self.buffer[0]
        body = self.buffer[head:head + size]
        self.buffer = self.buffer[head + size:]
        return flags, body

    def _take(self, size):
        self._fill(size)
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def _fill(self, size):
        while len(self.buffer) < size:
            data = self.socket.recv(1 << 16)
            if not data:
                raise Refused("closed")
            self.buffer += data
