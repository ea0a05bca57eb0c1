"""Messages during an outage of the database wait, are written once, and are not sent before that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fedistream.chat.rules import NOT_STORED
from fedistream.chat.values import Message
from tests.kit.chatroom import Chatroom, RecordingListener, chatroom
from tests.kit.database import empty_database, opened
from tests.kit.outage import away, full_disk, held
from tests.kit.postgres import Postgres


@asynccontextmanager
async def chat_on(url: str, folder: Path) -> AsyncIterator[Chatroom]:
    async with opened(url, wait_s=0.1), chatroom(folder) as room:
        yield room


async def behind(room: Chatroom) -> None:
    """Wait until it is seen that nothing can be written."""
    async with asyncio.timeout(30):
        while await room.feature.messages.check() is None:
            await asyncio.sleep(0.01)


def heard(listener: RecordingListener) -> list[str]:
    return [message.body for message in listener.heard if isinstance(message, Message)]


async def test_lines_wait_and_are_heard_in_order_when_the_database_is_back(
    database_url: str, server: Postgres | None, tmp_path: Path
) -> None:
    async with chat_on(database_url, tmp_path) as room:
        ann, listener = await room.guest("Ann")
        with away(database_url, server):
            saying = []
            for number in range(5):
                room.clock.advance(10)
                saying.append(room.feature.chat.say(ann, f"line {number}"))
            await behind(room)
            assert heard(listener) == []
            assert not any(each.done() for each in saying)
        async with asyncio.timeout(30):
            assert all(await asyncio.gather(*saying))
        expected = [f"line {number}" for number in range(5)]
        assert heard(listener) == expected
        assert await room.bodies() == expected
        assert await room.feature.messages.check() is None


async def test_lines_that_find_the_disk_full_wait_for_room(tmp_path: Path) -> None:
    async with chat_on(empty_database(tmp_path), tmp_path) as room:
        ann, listener = await room.guest("Ann")
        ben, _ = await room.guest("Ben")
        async with full_disk():
            saying = []
            for number in range(40):
                room.clock.advance(10)
                who = ann if number % 2 else ben
                saying.append(room.feature.chat.say(who, f"{number} " + "a " * 240))
            await behind(room)
        async with asyncio.timeout(30):
            assert all(await asyncio.gather(*saying))
        assert [body.split()[0] for body in heard(listener)] == [str(number) for number in range(40)]
        assert len(await room.bodies()) == 40


async def test_a_line_whose_commit_was_done_but_not_answered_is_written_once(
    database_url: str, server: Postgres | None, tmp_path: Path
) -> None:
    """The row is there already when the batch is tried again."""
    async with chat_on(database_url, tmp_path) as room:
        ann, listener = await room.guest("Ann")
        with away(database_url, server):
            saying = room.feature.chat.say(ann, "once")
            await behind(room)
            (waiting,) = room.feature.messages._waiting
        stored = await room.feature.messages._store([waiting])
        assert stored == frozenset()
        assert await asyncio.wait_for(saying, 30)
        assert heard(listener) == ["once"]
        assert await room.bodies() == ["once"]


async def test_a_node_that_stops_meanwhile_says_that_the_line_was_not_sent(tmp_path: Path) -> None:
    url = empty_database(tmp_path)
    async with opened(url, wait_s=0.1), chatroom(tmp_path) as room:
        ann, listener = await room.guest("Ann")
        with held(Path(url.removeprefix("sqlite://"))):
            saying = room.feature.chat.say(ann, "too late")
            await behind(room)
            room.feature.messages.close()
            room.running.cancel()
            assert await asyncio.wait_for(saying, 30) is None
        assert heard(listener)[-1:] == [NOT_STORED.words]
