"""Attacks on the port of the agents: before, in and after the handshake. Each is made by a stranger, who has no key that
agents were given, and by a traitor, who has."""

import os
import struct
import time

from attacker import REFUSED, close, drain, many
from curve import Pair
from frames import frames
from judge import Outcome, attack
from zmtp import COMMAND, MORE, Peer, anywhere, frame_of, greeting


# ---- before the handshake -------------------------------------------------------------------------------------------


@attack("doorways", who="stranger")
def idle_connections(scene, who):
    """A thousand connections on which nothing is ever said."""
    held = many(1000, lambda _: who.knock(timeout=1))
    scene.pass_time()
    close(held)
    return Outcome(note=f"{len(held)} connections")


@attack("doorways", who="stranger")
def idle_connections_from_everywhere(scene, who):
    """The same, each from another address."""
    held = many(1500, lambda number: who.knock(timeout=1, source=anywhere(number)))
    scene.pass_time()
    close(held)
    return Outcome(note=f"{len(held)} connections")


@attack("doorways", who="stranger")
def half_greetings(scene, who):
    """Connections that stop within the greeting, each after another byte of it."""
    def half(number):
        peer = who.knock(timeout=1)
        peer.raw(greeting()[:number % 64])
        return peer
    held = many(640, half)
    scene.pass_time()
    close(held)
    return Outcome(note=f"{len(held)} connections")


@attack("doorways", who="stranger")
def dripped_handshakes(scene, who):
    """Greeting and HELLO, a byte at a time, on many connections."""
    held = many(200, lambda _: who.knock(timeout=1))
    hellos = {peer: greeting() + frame_of(peer.hello_body(), COMMAND) for peer in held}
    at = 0
    while scene.goes_on():
        for peer in held:
            try:
                peer.raw(hellos[peer][at:at + 1])
            except OSError:
                pass
        at += 1
        time.sleep(0.02)
    close(held)
    return Outcome(note=f"{len(held)} connections, {at} bytes of each")


@attack("doorways", who="stranger")
def connection_flood(scene, who):
    """Connections that are closed as soon as they are there."""
    count = 0
    while scene.goes_on():
        try:
            who.knock(timeout=1).close()
            count += 1
        except OSError:
            pass
    return Outcome(note=f"{count} connections")


@attack("doorways", who="stranger")
def other_protocols(scene, who):
    """Old ZMTP, other mechanisms, HTTP, TLS and noise."""
    first_bytes = [greeting(b"NULL"), greeting(b"PLAIN"), greeting(b"CURVE", (2, 0)), greeting(b"CURVE", (1, 0)),
                   greeting(b"CURVE", (255, 255)), greeting(b"CURVE", as_server=1), greeting(b"GSSAPI"),
                   b"\x01\x00", b"\xff" + bytes(7) + b"\x01\x7f\x01\x05", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                   b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"\x00" * 64, b"\xff" * 64]
    count = 0
    while scene.goes_on():
        try:
            with who.knock(timeout=0.2) as peer:
                peer.raw(first_bytes[count % len(first_bytes)] + os.urandom(100))
                count += 1
        except OSError:
            pass
    return Outcome(note=f"{count} connections")


# ---- in the handshake -----------------------------------------------------------------------------------------------


@attack("doorways", who="stranger")
def hello_flood_of_the_handshake(scene, who):
    """HELLO after HELLO, each of which costs the other end a multiplication on the curve; nobody goes on after it."""
    count = 0
    while scene.goes_on():
        try:
            with who.knock(timeout=1) as peer:
                peer.greet()
                peer.hello()
                peer.welcome()
                count += 1
        except REFUSED:
            pass
    return Outcome(note=f"{count} handshakes begun")


@attack("doorways", who="stranger")
def unfinished_handshakes(scene, who):
    """Connections that are silent after WELCOME, from many addresses."""
    def begin(number):
        peer = who.knock(timeout=1, source=anywhere(number))
        try:
            peer.greet()
            peer.hello()
            peer.welcome()
        except BaseException:
            peer.close()
            raise
        return peer
    held = many(500, begin)
    scene.pass_time()
    close(held)
    return Outcome(note=f"{len(held)} connections")


@attack("doorways")
def handshake_flood(scene, who):
    """Whole handshakes, one after the other."""
    done = refused = 0
    while scene.goes_on():
        try:
            who.connect(timeout=1).close()
            done += 1
        except REFUSED:
            refused += 1
    return Outcome(note=f"{done} done, {refused} refused")


@attack("doorways", who="stranger")
def strangers_end_in_the_handshake(scene, who):
    """Whoever has none of the keys that agents were given cannot say a word."""
    let_in = 0
    for _ in range(20):
        try:
            with who.connect(timeout=2) as peer:
                peer.send(frames("heartbeat", epoch=1)[0])
                peer.receive()
                let_in += 1
        except REFUSED:
            pass
    return Outcome(wrong=[f"{let_in} of 20 strangers were answered"] if let_in else [])


@attack("doorways", who="stranger")
def wrong_boxes(scene, who):
    """HELLO and INITIATE with boxes that do not open, other people's cookies, and nonces that were used."""
    cookie = None
    count = let_in = 0
    while scene.goes_on():
        kind = count % 5
        try:
            with who.knock(timeout=0.3) as peer:
                peer.greet()
                if kind == 0:
                    peer.server_key = Pair().public
                peer.hello()
                if kind == 1:
                    peer.raw(frame_of(b"\x08INITIATE" + os.urandom(96 + 8 + 160), COMMAND))
                    peer.welcome()
                    peer.ready()
                    let_in += 1
                peer.welcome()
                if kind == 2:
                    peer.cookie = cookie or os.urandom(96)
                if kind == 3:
                    peer.nonce = 0
                cookie = peer.cookie
                body = bytearray(peer.initiate_body())
                if kind == 4:
                    body[-1] ^= 1
                peer.raw(frame_of(bytes(body), COMMAND))
                if kind != 3:  # a nonce of the client's own that it uses twice is its own loss
                    peer.ready()
                    let_in += 1
        except REFUSED:
            pass
        count += 1
    return Outcome(forged=let_in, note=f"{count} handshakes")


@attack("doorways", who="traitor")
def replayed_initiate(scene, who):
    """INITIATE of a handshake that was overheard, sent again on another connection: it is for the first alone."""
    let_in = 0
    for _ in range(20):
        try:
            with who.knock(timeout=0.5) as honest, Peer(who.target.agents, who.target.collector_key, Pair(), 0.5) as thief:
                honest.greet()
                honest.hello()
                honest.welcome()
                overheard = frame_of(honest.initiate_body(), COMMAND)
                thief.greet()
                thief.hello()
                thief.welcome()
                thief.raw(overheard)
                thief.command(b"READY")
                let_in += 1
        except REFUSED:
            pass
    return Outcome(forged=let_in)


@attack("doorways")
def odd_metadata(scene, who):
    """INITIATE with properties without end, sizes that lie, and routing ids of every length."""
    odd = [bytes(60_000), b"\x00" * 100, b"\xff" * 300, b"\x01x" + struct.pack("!I", 2**31), b"\x08Identity" +
           struct.pack("!I", 2**32 - 1), b"".join(b"\x01x\x00\x00\x00\x00" for _ in range(5000))]
    names = [b"", b"\0", b"x" * 255, b"x" * 256, b"\0" * 255, b"x" * 4000, b"honest-1", b"\0\0\0\0\0"]
    done = refused = 0
    while scene.goes_on():
        for number in range(len(odd) * len(names)):
            try:
                peer = who.knock(timeout=0.5)
                with peer:
                    peer.greet()
                    peer.hello()
                    peer.welcome()
                    peer.initiate(extra=odd[number % len(odd)] if number % 2 else b"",
                                  Identity=names[number // len(odd) % len(names)])
                    peer.ready()
                    done += 1
            except REFUSED:
                refused += 1
            if not scene.goes_on():
                break
    return Outcome(note=f"{done} let in, {refused} refused")


@attack("doorways")
def names_of_other_connections(scene, who):
    """Connections that call themselves what libzmq would call the next ones: another that comes must be let in."""
    held = many(64, lambda number: who.connect(timeout=1, Identity=b"\0" + struct.pack("!I", 0x6B8B4567 + number)))
    newcomers = scene.honest_agents(["honest-new"])
    wrong = [] if scene.welcomed(newcomers, 8) else ["an honest agent that came then was not welcomed"]
    newcomers.kill()
    close(held)
    scene.true_alerts.add(("NodeSilent", "honest-new"))
    return Outcome(note=f"{len(held)} connections", wrong=wrong)


# ---- after it -------------------------------------------------------------------------------------------------------


@attack("doorways")
def messages_without_end(scene, who):
    """Parts of messages that never end: whoever waits for the last part keeps all before it."""
    part = bytes(60_000)
    sent = 0
    while scene.goes_on():
        try:
            with who.connect(timeout=1) as peer:
                while scene.goes_on() and sent < 1500 << 20:
                    peer.send(part, MORE)
                    sent += len(part)
        except REFUSED:
            pass
        if sent >= 1500 << 20:
            break
    return Outcome(note=f"{sent >> 20} MiB in parts")


@attack("doorways")
def many_messages_without_end(scene, who):
    """The same in little pieces on many connections."""
    held = many(100, lambda _: who.connect(timeout=1))
    part, parts = bytes(10), 0
    while scene.goes_on() and held:
        for peer in list(held):
            try:
                peer.raw(b"".join(peer.message_of(part, MORE) for _ in range(20)))
                parts += 20
            except OSError:
                held.remove(peer)
    close(held)
    return Outcome(note=f"{parts} parts")


@attack("doorways")
def huge_sizes(scene, who):
    """Frames that are announced as larger than anything, and of which little comes, at each step."""
    def announce(number):
        size = (2**63, 2**64 - 1, 2**32, 64 << 20, (4 << 20) + 1)[number % 5]
        peer = who.knock(timeout=1)
        try:
            peer.greet()
            step = number // 5 % 3
            if step > 0:
                peer.hello()
                peer.welcome()
            if step > 1:
                peer.initiate()
                peer.ready()
            peer.raw(struct.pack("!BQ", 2 | (COMMAND if number % 2 else 0), size) + bytes(1000))
        except BaseException:
            peer.close()
            raise
        return peer
    held = many(300, announce)
    scene.pass_time()
    close(held)
    return Outcome(note=f"{len(held)} connections")


@attack("doorways")
def large_commands(scene, who):
    """Commands of megabytes where a handshake has some hundred bytes."""
    count = 0
    while scene.goes_on():
        try:
            with who.knock(timeout=1) as peer:
                peer.greet()
                if count % 2:
                    peer.hello()
                    peer.welcome()
                peer.raw(struct.pack("!BQ", 2 | COMMAND, 4_000_000))
                for _ in range(60):
                    peer.raw(bytes(65536))
        except REFUSED:
            pass
        count += 1
    return Outcome(note=f"{count} commands")


@attack("doorways")
def commands_after_the_handshake(scene, who):
    """PING with answers asked for, and commands that nobody knows, without reading an answer."""
    ping = b"\x04PING" + struct.pack("!H", 10) + bytes(16)
    odd = [ping, b"\x09SUBSCRIBE" + bytes(100), b"\x06CANCEL", b"\x05ERROR\x00", b"", b"\xffX", b"\x05HELLO" + bytes(200)]
    count = 0
    while scene.goes_on():
        try:
            with who.connect(timeout=0.5, receive_buffer=4096) as peer:
                for number in range(200):
                    peer.raw(b"".join(peer.message_of(ping, COMMAND) for _ in range(20)))
                    peer.send(odd[number % len(odd)], COMMAND)
                    count += 21
                    if not scene.goes_on():
                        break
        except REFUSED:
            pass
    return Outcome(note=f"{count} commands")


@attack("doorways")
def answers_that_nobody_reads(scene, who):
    """Frames that must be refused, from somebody who does not read the refusals."""
    heartbeat = frames("heartbeat", epoch=1)[0]
    count = 0
    held = many(20, lambda _: who.connect(timeout=0.2, receive_buffer=4096))
    while scene.goes_on() and held:
        for peer in list(held):
            try:
                peer.raw(b"".join(peer.message_of(heartbeat) for _ in range(50)))
                count += 50
            except OSError:
                held.remove(peer)
                peer.close()
    close(held)
    return Outcome(note=f"{count} frames")


@attack("doorways")
def bad_frames(scene, who):
    """Frames that no decoder reads, as many as go through."""
    hello = frames("hello", token="wrong")[0]
    bad = [b"", b"\0", os.urandom(500), hello[:20], hello[:-4], hello[:8] + os.urandom(len(hello) - 8), bytes(200_000)]
    count = 0
    while scene.goes_on():
        try:
            with who.connect(timeout=1) as peer:
                while scene.goes_on():
                    peer.raw(b"".join(peer.message_of(bad[(count + i) % len(bad)]) for i in range(20)))
                    count += 20
                    drain(peer)
        except REFUSED:
            pass
    return Outcome(note=f"{count} frames")


@attack("doorways")
def large_frames(scene, who):
    """Frames of four megabytes, where one has no right to more than one."""
    frame, count = bytes((4 << 20) - 64), 0
    while scene.goes_on():
        try:
            with who.connect(timeout=1) as peer:
                while scene.goes_on():
                    peer.send(frame)
                    count += 1
        except REFUSED:
            pass
    return Outcome(note=f"{count} frames")


@attack("doorways")
def wrong_tokens(scene, who):
    """Hellos with tokens that are wrong, each another: newcomers with a good one are let in meanwhile."""
    hellos = frames("hello", node="evil", each="token", count=2000)
    held = many(4, lambda _: who.connect(timeout=1))
    newcomers, count = None, 0
    while scene.goes_on() and held:
        for peer in list(held):
            try:
                peer.raw(b"".join(peer.message_of(hellos[(count + i) % len(hellos)]) for i in range(100)))
                count += 100
                drain(peer)
            except OSError:
                held.remove(peer)
        if not newcomers:
            newcomers = scene.honest_agents(["honest-new"])
    newcomers = newcomers or scene.honest_agents(["honest-new"])
    wrong = [] if scene.welcomed(newcomers, 8) else ["an honest agent that came then was not welcomed"]
    newcomers.kill()
    close(held)
    scene.true_alerts.add(("NodeSilent", "honest-new"))
    return Outcome(note=f"{count} tokens", wrong=wrong)


@attack("doorways")
def replayed_messages(scene, who):
    """Messages whose nonces were used before: what is sent again must not be heard again."""
    count = answered = 0
    while scene.goes_on():
        try:
            with who.connect(timeout=0.5) as peer:
                heard = peer.message_of(frames("heartbeat", epoch=1)[0])
                peer.raw(heard)
                peer.receive()  # a Reject: we did not greet
                peer.raw(heard * 10)
                answered += len(drain(peer, 0.3))
                count += 10
        except REFUSED:
            pass
    return Outcome(forged=answered, note=f"{count} messages sent again")


@attack("doorways", who="traitor")
def one_byte_at_a_time(scene, who):
    """A handshake and a Hello whose bytes come one by one are as good as any."""
    with who.knock(timeout=5) as peer:
        whole = peer.raw
        peer.raw = lambda data: [whole(data[i:i + 1]) for i in range(len(data))]
        try:
            peer.connect()
            peer.send(who.hello(node="evil-slow", epoch=1)[0])
            peer.receive()
        except REFUSED as error:
            return Outcome(wrong=[f"it was refused: {error}"])
    scene.pass_time(0.5)
    return None
