"""A proxy before the node, as far as a test needs one: it says for whom it asks, and loses connections when told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Forwarder:
    """Forwards connections of a client at `address`. While it is `down`, it accepts none."""

    port: int
    address: str
    url: str = ""
    down: bool = False
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Every connection is lost, in both directions and in the middle of whatever."""
        self.down = True
        for writer in self._open:
            writer.transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request to a connection: its head has to be written anew, and where the next begins is not looked for."""
        self._open.add(writer)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if not self.down:
                await self._pass(head, reader, writer)
        except (asyncio.IncompleteReadError, OSError):
            pass  # who was talking is gone
        finally:
            self._open.discard(writer)
            writer.close()

    async def _pass(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = head.split(b"\r\n")[:-2]
        if not any(line.lower().startswith(b"upgrade:") for line in lines):
            lines = [line for line in lines if not line.lower().startswith(b"connection:")] + [b"Connection: close"]
        there, back = await asyncio.open_connection("127.0.0.1", self.port)
        self._open.add(back)
        back.write(b"\r\n".join([first, *lines, b"X-Forwarded-For: " + self.address.encode(), b"", b""]))
        ways = [asyncio.create_task(pump(reader, back)), asyncio.create_task(pump(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait(ways[1:], timeout=5)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._open.discard(back)
            back.close()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    except OSError:
        return


@asynccontextmanager
async def forwarder(port: int, address: str) -> AsyncIterator[Forwarder]:
    """Run a forwarder to the node on `port` of this machine."""
    made = Forwarder(port, address)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, limit=65_536)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        made.cut()
