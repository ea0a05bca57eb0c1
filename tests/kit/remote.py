"""A real HTTP server on 127.0.0.1, whose responses a test chooses and whose requests it can look at."""

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from activitypub.network.guard import Guard, parse_allowed
from activitypub.network.http_client import HttpClient, HttpLimits
from activitypub.signatures.request import Request, incoming_request
from tests.kit import certificates

Handler = Callable[[Request], Awaitable[web.StreamResponse] | web.StreamResponse]


@dataclass
class Remote:
    """`asked` are the requests that were received, ready to be verified. `answer` makes the responses."""

    answer: Handler
    origin: str = ""
    asked: list[Request] = field(default_factory=list)

    @property
    def authority(self) -> str:
        return self.origin.partition("://")[2]

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers]
        arrived = incoming_request(request.method, self.origin, request.raw_path, headers, await request.read())
        self.asked.append(arrived)
        answer = self.answer(arrived)
        return answer if isinstance(answer, web.StreamResponse) else await answer


@asynccontextmanager
async def remote(answer: Handler, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Remote]:
    """Run a server on a free port. Its `origin` is "http://127.0.0.1:port", or https with `tls`."""
    far = Remote(answer)
    runner = web.ServerRunner(web.Server(far.handle), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    port = runner.addresses[0][1]
    far.origin = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    try:
        yield far
    finally:
        await runner.cleanup()


@asynccontextmanager
async def client_for(*remotes: Remote, limits: HttpLimits | None = None) -> AsyncIterator[HttpClient]:
    """Open an HttpClient that may reach these servers and no others."""
    guard = Guard(parse_allowed(each.authority for each in remotes))
    async with HttpClient(guard, "fedistream-test/1", limits=limits) as http_client:
        yield http_client


def json_response(
    text: str | bytes, *, status: int = 200, media_type: str = "application/activity+json"
) -> web.Response:
    """Return a response with this body."""
    body = text.encode() if isinstance(text, str) else text
    return web.Response(status=status, body=body, headers={"Content-Type": media_type})


def make_certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return a server's context with a self-signed certificate for this machine, and the file for a client to trust."""
    trusted = folder / "ca.pem"
    trusted.write_text(certificates.certificate())
    return certificates.server_context(), trusted
