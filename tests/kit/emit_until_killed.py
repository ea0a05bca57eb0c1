"""Begins broadcasts until it is killed: `python -m tests.kit.emit_until_killed URL`.

Each is a row and, in the same transaction, a fact with a job.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime

from fedistream.broadcasts.models import BroadcastRow
from fedistream.channels.models import ChannelRow
from fedistream.core.bus import Bus, Reaction
from fedistream.core.events import BroadcastStarted
from fedistream.db import atomic
from fedistream.jobs.handlers import enqueue
from fedistream.jobs.outbox import Outbox
from tests.kit.database import opened


async def react(fact: BroadcastStarted) -> None:
    """Stand for a worker's reaction; the call is only recorded."""


async def begin(bus: Bus, channel_id: int) -> None:
    now = datetime.now(UTC)
    row = await BroadcastRow.create(channel_id=channel_id, title="", started_at=now, seen_at=now, encoder={})
    await bus.emit(BroadcastStarted(channel_id, row.id, "", now))


async def go_on(url: str) -> None:
    async with opened(url, wait_s=30):
        bus = Bus(enqueue(Outbox(time.time)))
        bus.attach([Reaction("kit.promise", BroadcastStarted, "job", react)])
        channel = await ChannelRow.create(slug="", created_at=datetime.now(UTC))
        print("ready", flush=True)
        while True:
            await asyncio.gather(*[atomic(begin, bus, channel.id) for _ in range(5)])


if __name__ == "__main__":
    asyncio.run(go_on(sys.argv[1]))
