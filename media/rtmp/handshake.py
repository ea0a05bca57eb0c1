"""The opening of an RTMP connection (spec 5.2), plain and with Adobe's digests, for both ends.

The digest form is not in the published specification: Flash Player 9 brought it, ffmpeg asks with it and checks the
answer, OBS and Larix send the plain form. The random bytes come from the caller.
"""

import hmac
from typing import Final

from media.rtmp.errors import BadHandshake, NotRtmp

VERSION: Final = 3
SIZE: Final = 1536
NONCE_SIZE: Final = SIZE - 8
DIGEST_SIZE: Final = 32

_SECRET = bytes.fromhex("f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae")
_PLAYER = b"Genuine Adobe Flash Player 001"
_SERVER = b"Genuine Adobe Flash Media Server 001"

# where the four bytes lie whose sum places the digest: "scheme 0" has the digest in the first half, "scheme 1" behind
# the Diffie-Hellman key in the second; clients choose freely
SCHEMES: Final = (8, 772)

_HTTP = (b"GET ", b"POST", b"HEAD", b"PUT ", b"OPTI", b"CONN", b"DELE", b"PATC", b"PRI ")
_TLS_HANDSHAKE = 0x16
_HTTP_TEXT = b"This port speaks RTMP, for encoders such as OBS. The web page is on another port.\n"
_HTTP_ANSWER = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
    % (len(_HTTP_TEXT), _HTTP_TEXT)
)


def digest_at(block: bytes, scheme: int) -> int:
    """Return where a C1 or S1 of this scheme has its digest: 12 to 739, or 776 to 1503."""
    field = SCHEMES[scheme]
    return field + 4 + sum(block[field : field + 4]) % 728


def _digest(key: bytes, block: bytes, at: int) -> bytes:
    return hmac.digest(key, block[:at] + block[at + DIGEST_SIZE :], "sha256")


def sign(block: bytes, scheme: int, key: bytes) -> bytes:
    """Return the block with its digest written in."""
    at = digest_at(block, scheme)
    return block[:at] + _digest(key, block, at) + block[at + DIGEST_SIZE :]


def find_digest(block: bytes, key: bytes) -> tuple[int, bytes] | None:
    """Return (scheme, digest) of a signed C1 or S1, None when it has no valid digest."""
    for scheme in range(len(SCHEMES)):
        at = digest_at(block, scheme)
        digest = block[at : at + DIGEST_SIZE]
        if hmac.compare_digest(digest, _digest(key, block, at)):
            return scheme, digest
    return None


def _proof(key: bytes, digest: bytes, nonce: bytes) -> bytes:
    """Return C2 or S2 of the digest form: 1504 arbitrary bytes, and the proof that the peer's digest was read."""
    body = nonce[: SIZE - DIGEST_SIZE]
    return body + hmac.digest(hmac.digest(key + _SECRET, digest, "sha256"), body, "sha256")


def _check_first_bytes(head: bytes) -> None:
    if head[0] == VERSION:
        return
    if head[0] == _TLS_HANDSHAKE:
        raise NotRtmp("TLS")
    if any(word.startswith(head[:4]) or head.startswith(word) for word in _HTTP):
        raise NotRtmp("HTTP", _HTTP_ANSWER)
    if head[:2] in (b"PR", b"\r\n"):
        raise NotRtmp("a PROXY protocol header of an address that is not known as a proxy's")
    if head[0] < 32:
        # spec 5.2.2: 0 to 2 are old, 4 to 31 reserved; 6 is RTMPE, whose cipher protects nothing
        raise BadHandshake(f"RTMP version {head[0]} is not spoken here, only {VERSION}")
    raise NotRtmp("text")


class ServerHandshake:
    """The server's side. `nonce` is NONCE_SIZE fresh random bytes. `digest`: the client asked for the digest form."""

    def __init__(self, nonce: bytes) -> None:
        self._nonce = nonce
        self._buffer = bytearray()
        self._outgoing = b""
        self._answered = False
        self.digest = False

    def receive(self, data: bytes) -> bytes | None:
        """Take received bytes. Return None while bytes are missing, then those after C2. Raises NotRtmp, BadHandshake.

        C2 is ignored: clients differ in what they echo, and it proves nothing.
        """
        self._buffer += data
        if not self._answered:
            if self._buffer:
                _check_first_bytes(bytes(self._buffer[:8]))
            if len(self._buffer) < 1 + SIZE:
                return None
            self._outgoing = bytes([VERSION]) + self._answer(bytes(self._buffer[1 : 1 + SIZE]))
            self._answered = True
        if len(self._buffer) < 1 + 2 * SIZE:
            return None
        rest = bytes(self._buffer[1 + 2 * SIZE :])
        self._buffer.clear()
        return rest

    def outgoing(self) -> bytes:
        """Return the bytes to be sent since the last call."""
        data, self._outgoing = self._outgoing, b""
        return data

    def _answer(self, c1: bytes) -> bytes:
        # a zero version is what plain clients send where Flash Player 9 and later name themselves
        found = find_digest(c1, _PLAYER) if c1[4:8] != bytes(4) else None
        if found is None:
            return bytes(8) + self._nonce + c1
        self.digest = True
        scheme, digest = found
        s1 = sign(bytes(4) + b"\x04\x05\x00\x01" + self._nonce, scheme, _SERVER)
        return s1 + _proof(_SERVER, digest, self._nonce)


class ClientHandshake:
    """The client's side: plain as with OBS, or with a digest in the given scheme as with ffmpeg."""

    def __init__(self, nonce: bytes, *, scheme: int | None = None) -> None:
        self._nonce = nonce
        self._scheme = scheme
        self._buffer = bytearray()
        c1 = bytes(8) + nonce
        if scheme is not None:
            c1 = sign(bytes(4) + b"\x09\x00\x7c\x02" + nonce, scheme, _PLAYER)
        self._c1 = c1
        self._outgoing = bytes([VERSION]) + c1

    def receive(self, data: bytes) -> bytes | None:
        """Take received bytes. Return None while bytes are missing, then those after S2. Raises BadHandshake."""
        self._buffer += data
        if self._buffer and self._buffer[0] != VERSION:
            raise BadHandshake(f"the server answers with version {self._buffer[0]}")
        if len(self._buffer) < 1 + 2 * SIZE:
            return None
        s1 = bytes(self._buffer[1 : 1 + SIZE])
        s2 = bytes(self._buffer[1 + SIZE : 1 + 2 * SIZE])
        rest = bytes(self._buffer[1 + 2 * SIZE :])
        self._buffer.clear()
        self._outgoing += self._answer(s1, s2)
        return rest

    def outgoing(self) -> bytes:
        """Return the bytes to be sent since the last call; C0 and C1 at first."""
        data, self._outgoing = self._outgoing, b""
        return data

    def _answer(self, s1: bytes, s2: bytes) -> bytes:
        found = find_digest(s1, _SERVER) if self._scheme is not None else None
        if found is None:
            return s1
        at = digest_at(self._c1, self._scheme or 0)
        wanted = _proof(_SERVER, self._c1[at : at + DIGEST_SIZE], s2)
        if not hmac.compare_digest(s2, wanted):
            raise BadHandshake("the server signs with a digest but cannot prove that it read ours")
        return _proof(_PLAYER, found[1], self._nonce)
