"""Measures the cost of a job for each message of the chat, as webhooks need it: `python -m benchmarks.chat_jobs`.

2000 messages in batches of twenty: without jobs, with the jobs of a batch put at once, and with a put for each.
"""

import asyncio
import secrets
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.reading import Reading, print_measures
from fedistream.channels.service import Channels
from fedistream.chat.messages import MessageLog
from fedistream.chat.values import Kind, Message, Origin
from fedistream.chat.visitors import Visitors
from fedistream.core.bus import Bus, Reaction
from fedistream.core.clocks import Clocks
from fedistream.core.events import ChatMessageSent, Fact
from fedistream.db import Database
from fedistream.jobs.handlers import enqueue
from fedistream.jobs.models import OutboxRow
from fedistream.jobs.outbox import Outbox

MESSAGES: Final = 2000
BATCH: Final = 20
LINE: Final = "Something that people say while they watch, of eighty characters or so, with an x"


class OneByOne(Bus):
    """A bus that puts the jobs of each fact by themselves."""

    async def emit_all(self, facts: Sequence[Fact]) -> None:
        for fact in facts:
            await super().emit_all([fact])


def now() -> datetime:
    return datetime.now(UTC)


def nobody(message: Message) -> None:
    """Send nothing: only storing is measured."""


async def forward(fact: ChatMessageSent) -> None:
    """Stand for the work of a worker."""


async def write(bus: Bus, home: int) -> float:
    """The CPU time for all messages, in seconds."""
    clocks = Clocks(now, time.monotonic, secrets.token_bytes, asyncio.get_running_loop().call_later)
    log = MessageLog(clocks, Visitors(clocks), bus)
    writing = asyncio.create_task(log.run())
    cpu = time.process_time()
    for _ in range(MESSAGES // BATCH):
        said = []
        for _ in range(BATCH):
            message = Message(log.next_id(), home, Kind.CHAT, Origin.WEB, LINE, f"<p>{LINE}</p>", now())
            fact = ChatMessageSent(home, message.id, "chat", "web", "", None, LINE, message.html, message.at)
            said.append(log.append(message, nobody, fact=fact))
        assert all(await asyncio.gather(*said)), "a message was lost"
    spent = time.process_time() - cpu
    log.close()
    await writing
    return spent


async def measure(folder: Path) -> Iterator[Reading]:
    database = Database(f"sqlite://{folder / 'chat.db'}")
    await database.open()
    try:
        channels = Channels(now, secrets.token_urlsafe)
        await channels.open()
        home = channels.home().id
        put = enqueue(Outbox(time.time))
        without, batches, singly = Bus(), Bus(put), OneByOne(put)
        for bus in (batches, singly):
            bus.attach([Reaction("webhooks.forward", ChatMessageSent, "job", forward)])
        await write(Bus(), home)  # what is read and compiled once is not measured
        spent = [await write(bus, home) for bus in (without, batches, singly)]
        assert await OutboxRow.all().count() == 2 * MESSAGES
    finally:
        await database.close()
    none, at_once, each = (1e6 * seconds / MESSAGES for seconds in spent)
    note = f"batches of {BATCH}, SQLite"
    return iter(
        (
            Reading("chat_message_cpu", round(none, 1), "µs", note=f"written down without jobs, {note}"),
            Reading(
                "chat_message_with_job_cpu",
                round(at_once, 1),
                "µs",
                reach=0.5,
                reach_of="ratio",
                peer="a put for each",
                peer_value=round(each, 1),
                note=note,
            ),
        )
    )


def main() -> None:
    print_measures(measure)


if __name__ == "__main__":
    main()
