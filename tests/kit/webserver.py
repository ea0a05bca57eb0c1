"""A real web server for one ASGI application, on a port of its own, as the node configures it."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from fedistream.api.fanout import SETTINGS, FanoutProtocol


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(
    app: ASGIApp, ws: type[WebSocketsSansIOProtocol] = FanoutProtocol, **settings: Any
) -> AsyncIterator[int]:
    """The port on 127.0.0.1; `settings` of the websockets instead of the node's. Applications that still run when the
    block ends have a second."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        sockets = {**SETTINGS, **settings}
        config = uvicorn.Config(
            app, ws=ws, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1, **sockets
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
