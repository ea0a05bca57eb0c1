"""The HTTP client: each request goes through the guard. The only importer of aiohttp.

Redirects are returned as they come; `redirects` follows them.
"""

import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from types import TracebackType
from typing import Any, Self

import aiohttp
from yarl import URL

from activitypub.network.guard import Blocked, Guard, make_socket
from activitypub.network.transport import Response, ResponseTooLarge, Unreachable
from activitypub.signatures.request import Request

_CHUNK = 65_536


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """Limits of one request, in seconds and bytes, and of the connections that are open at the same time."""

    total_s: float = 10.0  # as Mastodon
    connect_s: float = 5.0
    body: int = 1024 * 1024
    connections: int = 128
    per_host: int = 2  # a host that does not answer must not use up all connections


@lru_cache(maxsize=4)
def _trusted(cert_file: str | None, cert_dir: str | None) -> ssl.SSLContext:
    """Return the context for these values of the variables. To read the system's certificates takes 20 ms."""
    return ssl.create_default_context()


class HttpClient:
    """Sends requests over aiohttp, and implements `Transport`. Make it in a running event loop, and close it.

    TLS trusts the system's certificates, or those in SSL_CERT_FILE.
    """

    def __init__(self, guard: Guard, user_agent: str, *, limits: HttpLimits | None = None) -> None:
        self.guard = guard
        self.limits = limits or HttpLimits()
        self._user_agent = user_agent
        # made here and not at import, so that SSL_CERT_FILE is read when the program has set it
        self._ssl = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        self._public = self._session(make_socket)
        # A second connector for the allowed hosts: the socket factory sees addresses, not names.
        self._private = self._session(None)

    async def send(self, request: Request, *, max_body: int | None = None) -> Response:
        """Send `request` and return the response, which may be a redirect. See `Transport.send`."""
        url = self.guard.check(request.url)
        session = self._private if self.guard.allows(url) else self._public
        limit = self.limits.body if max_body is None else max_body
        try:
            async with session.request(
                request.method,
                # the path must be sent in the spelling that was signed
                URL(request.url, encoded=True),
                headers={**dict(request.headers), "user-agent": self._user_agent, "accept-encoding": "identity"},
                data=request.body or None,
                allow_redirects=False,
            ) as response:
                headers = {name.lower(): value for name, value in reversed([*response.headers.items()])}
                if "link" in headers:
                    headers["link"] = ", ".join(response.headers.getall("link"))
                return await _read(response, Response(response.status, headers, b""), limit)
        except aiohttp.InvalidURL as error:
            # such as 127.1 and 2130706433, which resolve to 127.0.0.1
            raise Blocked(str(error)) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            if isinstance(error.__cause__, Blocked):
                raise error.__cause__ from None
            # ValueError: aiohttp raises some errors about broken headers and URLs as such
            raise Unreachable(f"{type(error).__name__}: {error}") from error

    async def close(self) -> None:
        """Close all connections."""
        await self._public.close()
        await self._private.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _session(self, socket_factory: Callable[[tuple[Any, ...]], socket.socket] | None) -> aiohttp.ClientSession:
        limits = self.limits
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=self._ssl,
                limit=limits.connections,
                limit_per_host=limits.per_host,
                socket_factory=socket_factory,
            ),
            timeout=aiohttp.ClientTimeout(total=limits.total_s, sock_connect=limits.connect_s),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Content-Type"),
            # a compressed body may be of any size
            auto_decompress=False,
            trust_env=False,
        )


async def _read(response: aiohttp.ClientResponse, head: Response, limit: int) -> Response:
    """Return `head` with the body of `response`, of at most `limit` bytes. Raises ResponseTooLarge.

    The connection is closed then, since the rest of the body would have to be read before the next request.
    """
    parts: list[bytes] = []
    left = limit
    while chunk := await response.content.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            response.close()
            raise ResponseTooLarge(head, limit)
        parts.append(chunk)
    return replace(head, body=b"".join(parts))
