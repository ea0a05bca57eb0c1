"""The HTTP client: each request goes through the guard. The only importer of aiohttp.

Redirects are returned as they come; `redirects` follows them. aiohttp takes 8 MB and a tenth of a second to import, so
it is loaded with the first request, and never by a program that only makes a client.
"""

import asyncio
import importlib
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Any, Self

from activitypub.network.guard import Blocked, Guard, make_socket
from activitypub.network.transport import Response, ResponseTooLarge, Unreachable
from activitypub.signatures.request import Request

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

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
    """Return the context for these values of SSL_CERT_FILE and SSL_CERT_DIR. Reading the certificates takes 20 ms."""
    return ssl.create_default_context()


class HttpClient:
    """Sends requests over aiohttp, and implements `Transport`. Make it in a running event loop, and close it.

    TLS trusts the system's certificates, or those in SSL_CERT_FILE.
    """

    def __init__(self, guard: Guard, user_agent: str, *, limits: HttpLimits | None = None) -> None:
        self.guard = guard
        self.limits = limits or HttpLimits()
        self._user_agent = user_agent
        self._sessions: _Sessions | None = None
        self._loading = asyncio.Lock()
        self._closed = False

    async def send(self, request: Request, *, max_body: int | None = None) -> Response:
        """Send `request` and return the response, which may be a redirect. See `Transport.send`."""
        url = self.guard.check(request.url)
        sessions = await self._loaded()
        session = sessions.private if self.guard.allows(url) else sessions.public
        aiohttp = sessions.aiohttp
        limit = self.limits.body if max_body is None else max_body
        try:
            async with session.request(
                request.method,
                # the path must be sent in the spelling that was signed
                sessions.yarl.URL(request.url, encoded=True),
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
        """Close all connections. No request can be sent afterwards."""
        self._closed = True
        if self._sessions is not None:
            await self._sessions.public.close()
            await self._sessions.private.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _loaded(self) -> "_Sessions":
        """Return the sessions, which the first request makes. Raises RuntimeError after `close`."""
        if self._closed:
            raise RuntimeError("the HTTP client is closed")
        if self._sessions is None:
            async with self._loading:
                if self._sessions is None:
                    aiohttp, yarl, trusted = await asyncio.to_thread(_load)
                    # a second connector for the allowed hosts: the socket factory sees addresses, not names
                    public, private = (self._session(aiohttp, trusted, factory) for factory in (make_socket, None))
                    self._sessions = _Sessions(aiohttp, yarl, public, private)
        return self._sessions

    def _session(
        self,
        aiohttp: ModuleType,
        trusted: ssl.SSLContext,
        socket_factory: Callable[[tuple[Any, ...]], socket.socket] | None,
    ) -> "ClientSession":
        limits = self.limits
        session: ClientSession = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=trusted,
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
        return session


@dataclass(frozen=True, slots=True)
class _Sessions:
    aiohttp: ModuleType
    yarl: ModuleType
    public: "ClientSession"
    private: "ClientSession"


def _load() -> tuple[ModuleType, ModuleType, ssl.SSLContext]:
    """Import what a request needs. The certificates are read now, as the program may have set SSL_CERT_FILE."""
    trusted = _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
    return importlib.import_module("aiohttp"), importlib.import_module("yarl"), trusted


async def _read(response: "ClientResponse", head: Response, limit: int) -> Response:
    """Return `head` with the body of `response`, of at most `limit` bytes. Raises ResponseTooLarge.

    The connection is closed then, since the rest of the body would have to be read before the next request.
    """
    parts: list[bytes] = []
    left = limit
    while chunk := await response.content.read(_CHUNK):
        left -= len(chunk)
        if left < 0:
            response.close()
            raise ResponseTooLarge(head, limit, b"".join((*parts, chunk))[:limit])
        parts.append(chunk)
    return replace(head, body=b"".join(parts))
