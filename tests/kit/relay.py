"""TLS in front of a server that speaks none, as a proxy in front of a node does: bytes in, bytes on."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

CHUNK = 65_536


@asynccontextmanager
async def relay(to_port: int, tls: ssl.SSLContext) -> AsyncIterator[int]:
    """The port on 127.0.0.1 where TLS is spoken."""
    busy: set[asyncio.Task[None]] = set()

    async def both(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", to_port)
        await asyncio.gather(_pass(reader, inner_writer), _pass(inner_reader, writer))

    def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(both(reader, writer))
        busy.add(task)
        task.add_done_callback(busy.discard)

    server = await asyncio.start_server(met, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until one end closes; then close the other one too."""
    with contextlib.suppress(OSError):
        try:
            while data := await reader.read(CHUNK):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()
