"""A chat client on a real socket: it registers, splits frames into events, and waits for the one it wants."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

PATIENCE_S = 20
ServerEvent = dict[str, Any]


@dataclass(slots=True)
class ChatClient:
    socket: ClientConnection
    waiting: list[ServerEvent] = field(default_factory=list)

    async def say(self, body: object) -> None:
        await self.tell({"type": "CHAT", "body": body})

    async def tell(self, *events: object) -> None:
        await self.socket.send("\n".join(json.dumps(event) for event in events))

    async def next(self) -> ServerEvent:
        """The next event, whatever it is."""
        while not self.waiting:
            frame = await asyncio.wait_for(self.socket.recv(), PATIENCE_S)
            assert isinstance(frame, str)
            self.waiting += [json.loads(line) for line in frame.split("\n")]
        return self.waiting.pop(0)

    async def until(self, kind: str) -> ServerEvent:
        """The next event of this type; those before are dropped."""
        while (told := await self.next())["type"] != kind:
            pass
        return told

    async def bodies(self, count: int) -> list[str]:
        """Return the bodies of the next `count` CHAT events."""
        return [(await self.until("CHAT"))["body"] for _ in range(count)]

    async def closed(self) -> int:
        """Read on until the server closes. Returns its code."""
        try:
            while True:
                await self.next()
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd is not None else 1006


async def ready(client: ChatClient) -> str:
    """Wait until the client has joined. Returns the visitor's name."""
    told = await client.next()
    assert told["type"] == "CONNECTED_USER_INFO"
    assert told["id"]
    assert told["timestamp"].endswith("Z")
    return str(told["user"]["displayName"])


@asynccontextmanager
async def chatting(
    port: int, token: str, path: str = "/ws", address: str = "", **query: str
) -> AsyncIterator[ChatClient]:
    """`address` is what a proxy in between would say."""
    asked = "&".join(f"{name}={value}" for name, value in {"accessToken": token, **query}.items() if value)
    headers = {"X-Forwarded-For": address} if address else {}
    async with connect(f"ws://127.0.0.1:{port}{path}?{asked}", additional_headers=headers, max_size=None) as socket:
        yield ChatClient(socket)
