"""The server's side of TLS, as bytes in and bytes out.

asyncio's own TLS hands a connection over when the handshake is done: until then the connection is not counted, and a
PROXY protocol header in front of it cannot be read. `start_tls`, which could follow both, loses bytes with uvloop.
"""

import ssl
from contextlib import suppress
from typing import Final

from media.rtmp.errors import BadTls

_READ: Final = 65_536


class Tls:
    """One connection. `open`: the handshake is done."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.open = False
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)

    def receive(self, data: bytes) -> bytes:
        """Take bytes from the socket and return the decrypted ones. Raises BadTls; then `outgoing` has the alert for
        the peer."""
        self._in.write(data)
        try:
            if not self.open:
                self._tls.do_handshake()
                self.open = True
            return self._read()
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLError as error:
            raise BadTls(f"TLS on an RTMPS port: {error.reason or error}") from error

    def send(self, data: bytes) -> bytes:
        """Return the bytes for the socket that carry `data`; none before the handshake is done."""
        if self.open and data:
            self._tls.write(data)
        return self.outgoing()

    def close(self) -> bytes:
        """Return the bytes of the close_notify alert (RFC 8446, 6.1)."""
        with suppress(ssl.SSLError, ValueError):  # the peer has not sent its close_notify, or there was no handshake
            self._tls.unwrap()
        return self.outgoing()

    def outgoing(self) -> bytes:
        """Return the bytes to be sent since the last call."""
        return self._out.read()

    def _read(self) -> bytes:
        parts: list[bytes] = []
        while True:
            try:
                part = self._tls.read(_READ)
            except (ssl.SSLWantReadError, ssl.SSLZeroReturnError):
                break
            if not part:
                break
            parts.append(part)
        return b"".join(parts)
