"""The project's own frames, made by loadline-attack-frames, and what a collector answers."""

import os
import struct
import subprocess

WELCOME, REJECT, ACK = 2, 3, 4
REASONS = ["BadToken", "WrongVersion", "NodeNameTaken", "BadFrame", "NotGreeted"]


def program(name):
    return os.path.join(os.environ.get("LOADLINE_BIN", "build/dev/bin"), name)


def frames(kind, **arguments):
    """All frames of one call; `_` in a name stands for `-`."""
    words = [f"{name.replace('_', '-')}={value}" for name, value in arguments.items()]
    made = subprocess.run([program("loadline-attack-frames"), kind, *words], stdout=subprocess.PIPE, check=True).stdout
    out, at = [], 0
    while at < len(made):
        size = struct.unpack_from("<I", made, at)[0]
        out.append(made[at + 4:at + 4 + size])
        at += 4 + size
    return out


class _Table:
    """A table of FlatBuffers, read as far as a test needs it."""

    def __init__(self, data, at):
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]

    def _field(self, number):
        slot = 4 + 2 * number
        if slot >= struct.unpack_from("<H", self.data, self.vtable)[0]:
            return None
        offset = struct.unpack_from("<H", self.data, self.vtable + slot)[0]
        return self.at + offset if offset else None

    def number(self, field, code):
        at = self._field(field)
        return 0 if at is None else struct.unpack_from("<" + code, self.data, at)[0]

    def table(self, field):
        at = self._field(field)
        return _Table(self.data, at + struct.unpack_from("<I", self.data, at)[0])


def read_answer(frame):
    """("welcome", last_sequence), ("reject", reason) or ("ack", epoch, sequence)."""
    root = _Table(frame, struct.unpack_from("<I", frame)[0])
    kind, message = root.number(0, "B"), root.table(1)
    if kind == WELCOME:
        return ("welcome", message.number(0, "Q"))
    if kind == REJECT:
        return ("reject", REASONS[message.number(0, "B")])
    return ("ack", message.number(0, "Q"), message.number(1, "Q"))
