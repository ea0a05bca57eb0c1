"""Somebody on another server who talks to a channel, and the channel's chat: both real, on one database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from activitypub.addressing import PUBLIC
from activitypub.strictjson import Json
from fedistream.chat.values import Message
from fedistream.federation.replies.service import Replies
from fedistream.federation.values import Reply
from tests.kit.chatroom import Chatroom, RecordingListener, chatroom
from tests.kit.federated import LIVE, Federated, federated
from tests.kit.fediverse import Peer

PATIENCE_S = 30


async def until(true: Callable[[], Awaitable[Any]]) -> Any:
    """Wait for something to be so. Returns what it said."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await true()):
            await asyncio.sleep(0.01)
    return found


def note(author: Peer, number: str, content: str, /, **more: Any) -> Json:
    """A public note of this author that mentions our channel, unless `more` says otherwise."""
    made: Json = {
        "id": f"{author.id}/notes/{number}",
        "type": "Note",
        "attributedTo": author.id,
        "content": content,
        "to": [PUBLIC],
        "cc": [LIVE, f"{author.id}/followers"],
        "tag": [{"type": "Mention", "href": LIVE, "name": "@streamer@node.example"}],
    }
    return {**made, **more}


@dataclass
class Talking:
    node: Federated
    room: Chatroom
    listener: RecordingListener  # of somebody in the room

    @property
    def replies(self) -> Replies:
        return self.node.feature.replies

    async def say(self, number: str, content: str, /, **more: Any) -> Json:
        """Ann says something. Returns the note."""
        said = note(self.node.ann, number, content, **more)
        assert await self.node.take(self.node.ann.activity("Create", said)) == "taken"
        return said

    async def edit(self, said: Json, **more: Any) -> None:
        assert await self.node.take(self.node.ann.activity("Update", {**said, **more})) == "taken"

    async def delete(self, thing: Any) -> None:
        assert await self.node.take(self.node.ann.activity("Delete", thing)) == "taken"

    async def mode(self, value: str) -> None:
        await self.node.settings.change("federation.replies", value)

    async def lines(self) -> tuple[Message, ...]:
        """Return the visible messages of the chat."""
        return await self.room.feature.messages.history(self.room.home)

    async def shows(self, *texts: str) -> tuple[Message, ...]:
        """Wait until these are what may be seen."""

        async def they_are() -> tuple[Message, ...] | None:
            lines = await self.lines()
            return lines or (None if texts else ((),)) if tuple(line.body for line in lines) == texts else None  # type: ignore[return-value]

        with suppress(TimeoutError):
            return tuple(line for line in await until(they_are) if line)
        raise AssertionError(f"{texts} was expected, and there is {[line.body for line in await self.lines()]}")

    async def hears(self, kind: type[Any]) -> list[Any]:
        """Wait until somebody in the room has heard some of these: what is stored can be read a moment before."""

        async def some() -> list[Any]:
            return self.listener.of(kind)

        return list(await until(some))

    async def held(self) -> list[Reply]:
        return list((await self.replies.held(self.room.home)).items)


@asynccontextmanager
async def talking(folder: Path, mode: str = "on") -> AsyncIterator[Talking]:
    """Yield replies on the open database, with `run` running."""
    async with chatroom(folder) as room, federated(room=room.feature.remote_messages) as node:
        await node.settings.change("federation.replies", mode)
        node.facts.emitted.clear()
        _, listener = await room.guest("Bo")
        running = asyncio.create_task(node.feature.replies.run())
        try:
            yield Talking(node, room, listener)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
