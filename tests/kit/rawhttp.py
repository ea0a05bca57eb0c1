"""A client that writes bytes and reads answers, whatever HTTP says about it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class RawClient:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, *pieces: bytes) -> None:
        """Each piece in a packet of its own, as far as the system lets it be. A closed connection is no error here."""
        with suppress(ConnectionError):
            for piece in pieces:
                if self.writer.is_closing():
                    return
                self.writer.write(piece)
                await asyncio.wait_for(self.writer.drain(), PATIENCE_S)
                await asyncio.sleep(0)

    async def answer(self, *, head_only: bool = False) -> Answer:
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            length = 0 if head_only else int(headers.get("content-length", "0"))
            return Answer(int(first.split()[1]), headers, await self.reader.readexactly(length))

    async def request(self, *pieces: bytes) -> Answer:
        await self.send(*pieces)
        return await self.answer()

    async def closed(self) -> bool:
        """Wait until the other side has closed. False when it still says something."""
        try:
            return not await asyncio.wait_for(self.reader.read(1), PATIENCE_S)
        except ConnectionError:
            return True


@asynccontextmanager
async def raw_client(port: int) -> AsyncIterator[RawClient]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield RawClient(reader, writer)
    finally:
        writer.transport.abort()


async def refused(port: int, *pieces: bytes) -> int:
    """The status of the answer to these bytes, after which the connection is closed."""
    async with raw_client(port) as client:
        answer = await client.request(*pieces)
        assert answer.headers["connection"] == "close"
        assert await client.closed()
        return answer.status
