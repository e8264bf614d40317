"""The cryptography of CurveZMQ (ZeroMQ RFC 26): libsodium's boxes, and keys as ZeroMQ writes them (Z85, RFC 32)."""

import ctypes
import os

KEY = 32
MAC = 16

_sodium = ctypes.CDLL("libsodium.so.23")
_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


def _checked(result, what):
    if result != 0:
        raise ValueError(f"libsodium: {what}")


_checked(min(_sodium.sodium_init(), 0), "it does not start")


def from_z85(text):
    """The bytes of a key of 40 characters."""
    out = b""
    for i in range(0, len(text), 5):
        value = 0
        for character in text[i:i + 5]:
            value = 85 * value + _Z85.index(character)
        out += value.to_bytes(4, "big")
    return out


class Pair:
    """A key pair: of the secret key given, or a new one."""

    def __init__(self, secret=None):
        self.secret = secret or os.urandom(KEY)
        public = ctypes.create_string_buffer(KEY)
        _checked(_sodium.crypto_scalarmult_base(public, self.secret), "the secret key is none")
        self.public = public.raw


class Box:
    """What two ends with these keys say to one another; the shared key is computed once."""

    def __init__(self, their_public, our_secret):
        self._key = ctypes.create_string_buffer(KEY)
        _checked(_sodium.crypto_box_beforenm(self._key, their_public, our_secret), "the public key is none")

    def seal(self, text, nonce):
        sealed = ctypes.create_string_buffer(len(text) + MAC)
        _sodium.crypto_box_easy_afternm(sealed, text, ctypes.c_ulonglong(len(text)), nonce, self._key)
        return sealed.raw

    def open(self, sealed, nonce):
        text = ctypes.create_string_buffer(max(len(sealed) - MAC, 1))
        _checked(_sodium.crypto_box_open_easy_afternm(text, sealed, ctypes.c_ulonglong(len(sealed)), nonce, self._key),
                 "a box that does not open")
        return text.raw[:len(sealed) - MAC]
