"""The cost of storing the chat, and the time to find a page of it: `python -m benchmarks.chat_log`.

900 messages a second for six seconds into an empty log, then pages from the middle of a million messages.
"""

import asyncio
import secrets
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.reading import Reading, print_measures
from fedistream.channels.service import Channels
from fedistream.chat import message_ids
from fedistream.chat.messages import MessageLog
from fedistream.chat.values import Kind, Message, Origin, Visitor
from fedistream.chat.visitors import Visitors
from fedistream.core.bus import Bus
from fedistream.core.clocks import Clocks
from fedistream.db import Database

RATE: Final = 900  # messages a second
SECONDS: Final = 6.0
TICK_S: Final = 0.01
ROWS: Final = 1_000_000
PAGES: Final = 200
LINE: Final = "Something that people say while they watch, of eighty characters or so, with an x"


def now() -> datetime:
    return datetime.now(UTC)


def nobody(message: Message) -> None:
    """Send nothing: only storing is measured."""


@dataclass(frozen=True, slots=True)
class Chat:
    """The chat of a channel, with its visitors and the writer of its messages."""

    log: MessageLog
    home: int
    people: list[Visitor]


@asynccontextmanager
async def chat(path: Path) -> AsyncIterator[Chat]:
    """The chat of a new database at this path. Its writer runs until the end of the block."""
    database = Database(f"sqlite://{path}")
    await database.open()
    try:
        channels = Channels(now, secrets.token_urlsafe)
        await channels.open()
        clocks = Clocks(now, time.monotonic, secrets.token_bytes, asyncio.get_running_loop().call_later)
        visitors = Visitors(clocks)
        people = [(await visitors.make(f"visitor {n}"))[0] for n in range(50)]
        log = MessageLog(clocks, visitors, Bus())
        writing = asyncio.create_task(log.run())
        yield Chat(log, channels.home().id, people)
        log.close()
        await writing
    finally:
        await database.close()


async def write(made: Chat, goes_on: Callable[[float], bool]) -> tuple[float, float]:
    """Store RATE messages a second while `goes_on(seconds since the first)` is true. Returns the share of a core that
    writing took, and the 99th percentile of the time until a message was stored, in ms."""
    log, home, people = made.log, made.home, made.people
    waits: list[float] = []
    pending = set()
    began, cpu = time.perf_counter(), time.process_time()
    said = 0
    while goes_on(passed := time.perf_counter() - began):
        while said < passed * RATE:
            body, message_id = f"{LINE} {said}", log.next_id()
            visitor = people[said % len(people)]
            said_at = log.moment(message_id)
            message = Message(message_id, home, Kind.CHAT, Origin.WEB, body, f"<p>{body}</p>", said_at, visitor=visitor)
            at = time.perf_counter()
            accepted = log.append(message, nobody)
            accepted.add_done_callback(lambda _, at=at: waits.append(time.perf_counter() - at))  # type: ignore[misc]
            pending.add(accepted)
            said += 1
        await asyncio.sleep(TICK_S)
    await log.settle()
    spent = time.process_time() - cpu
    assert all([await each for each in pending]), "a message was lost"
    waits.sort()
    return 100 * spent / (time.perf_counter() - began), 1000 * waits[int(len(waits) * 0.99)]


def fill(path: Path, made: Chat, count: int, body: str) -> int:
    """Store so many older messages of this text, one of ten hidden. Returns the first id."""
    first = message_ids.first_of(now()) - (count << message_ids.LOW_BITS)

    def rows() -> Iterator[tuple[object, ...]]:
        for n in range(count):
            author = made.people[n % len(made.people)].id
            message_id, visible = first + (n << message_ids.LOW_BITS), n % 10 > 0
            yield message_id, made.home, author, "chat", "web", body, f"<p>{body}</p>", visible

    with closing(sqlite3.connect(path)) as connection, connection:
        columns = "id, channel_id, visitor_id, kind, origin, body, html, visible"
        connection.executemany(f"INSERT INTO message({columns}) VALUES (?,?,?,?,?,?,?,?)", rows())  # noqa: S608
    with closing(sqlite3.connect(path)) as connection:
        # else the first writer after this would have to move all of it out of the write-ahead log
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return first


async def read(log: MessageLog, home: int, first: int) -> float:
    """The 99th percentile of the time for a page of a hundred, in ms, backwards and forwards from random places."""
    times = []
    for n in range(PAGES):
        middle = message_ids.text(first + ((PAGES + secrets.randbelow(ROWS - 2 * PAGES)) << message_ids.LOW_BITS))
        began = time.perf_counter()
        if n % 2:
            page = await log.history(home, before=middle, limit=100)
        else:
            page = await log.history(home, after=middle, limit=100)
        times.append(time.perf_counter() - began)
        assert len(page) > 0
    times.sort()
    return 1000 * times[int(PAGES * 0.99)]


async def measure(folder: Path) -> Iterator[Reading]:
    path = folder / "chat.db"
    async with chat(path) as made:
        share, wait = await write(made, lambda passed: passed < SECONDS)
        first = await asyncio.to_thread(fill, path, made, ROWS, LINE)
        page = await read(made.log, made.home, first)
    note = f"{RATE} a second, SQLite"
    return iter(
        (
            Reading("chat_writer_cpu", round(share, 1), "% of a core", reach=10.0, note=note),
            Reading(
                "chat_stored_p99", round(wait, 1), "ms", note="from its arrival to its row; clients get it after that"
            ),
            Reading("chat_history_page_p99", round(page, 1), "ms", reach=10.0, note="100 of a million messages"),
        )
    )


def main() -> None:
    print_measures(measure)


if __name__ == "__main__":
    main()
