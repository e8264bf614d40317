"""Who attacks, with what they have: a CURVE key that agents were given or one of their own, a good token or none."""

from curve import Pair
from frames import frames, read_answer
from zmtp import Peer


# What a refusal looks like from outside: closed, reset, ERROR, no answer, a box that does not open.
REFUSED = (OSError, ValueError)


def many(count, make):
    """Up to so many connections; as many as are let in. A door that stays shut is not knocked at for ever."""
    held, in_vain = [], 0
    for number in range(count):
        try:
            held.append(make(number))
            in_vain = 0
        except REFUSED:
            in_vain += 1
            if in_vain == 10:
                break
    return held


def close(held):
    for one in held:
        one.close()


class Attacker:
    def __init__(self, target, secret=None, token_file=None):
        self.target = target
        self.keys = Pair(secret)
        self.token_file = token_file

    def knock(self, **options):
        """A connection on which nothing was said yet."""
        return Peer(self.target.agents, self.target.collector_key, self.keys, **options)

    def connect(self, timeout=3.0, receive_buffer=None, **properties):
        """A connection after the handshake; OSError or ValueError where that ends first."""
        peer = self.knock(timeout=timeout, receive_buffer=receive_buffer)
        try:
            return peer.connect(**properties)
        except BaseException:
            peer.close()
            raise

    def hello(self, **said):
        """Frames of Hello, with our token if we have one."""
        if self.token_file:
            said.setdefault("token_file", self.token_file)
        return frames("hello", **said)

    def join(self, node="evil", epoch=1, **said):
        """A connection that speaks for a node, as an agent does; OSError where the collector refuses."""
        peer = self.connect()
        try:
            peer.send(self.hello(node=node, epoch=epoch, boot=f"boot of {node}", **said)[0])
            if (answer := read_answer(peer.receive()))[0] != "welcome":
                raise ConnectionError(f"refused: {answer}")
        except BaseException:
            peer.close()
            raise
        return peer


def drain(peer, seconds=0.0):
    """Takes what came, so that nobody has to wait for us; gives the answers."""
    answers = []
    peer.socket.settimeout(seconds or 0.001)
    try:
        while True:
            answers.append(read_answer(peer.receive()))
    except REFUSED:
        pass
    peer.socket.settimeout(3.0)
    return answers
