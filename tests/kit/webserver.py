"""A real web server for one ASGI application, on a port of its own, as the node configures it."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from fedistream.api.http.connection_limiter import ConnectionLimiter
from fedistream.api.http.uvicorn_protocol import Http1Protocol
from fedistream.api.ws.uvicorn_protocol import SETTINGS, FanoutProtocol
from fedistream.core.client_network import many_share
from fedistream.core.file_descriptors import Share


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def counted(share: Share | None = None) -> ConnectionLimiter:
    """A count of connections as the node's; with a `share` of its own this machine's are one network."""
    if share is None:
        return ConnectionLimiter(Share(1000, 1000, 10), time.monotonic, many_share)
    return ConnectionLimiter(share, time.monotonic, lambda _: False)


@asynccontextmanager
async def serving(
    app: ASGIApp,
    ws: type[WebSocketsSansIOProtocol] = FanoutProtocol,
    http: type[Http1Protocol] = Http1Protocol,
    connections: ConnectionLimiter | None = None,
    **settings: Any,
) -> AsyncIterator[int]:
    """The port on 127.0.0.1; `settings` of uvicorn instead of the node's. Applications that still run when the block
    ends have a second."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sockets = {**SETTINGS, **settings}
        protocol = cast(type[HttpToolsProtocol], partial(http, counted() if connections is None else connections))
        config = uvicorn.Config(
            app,
            http=protocol,
            ws=ws,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
            **sockets,
        )
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.005)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await asyncio.wait_for(running, 20)
