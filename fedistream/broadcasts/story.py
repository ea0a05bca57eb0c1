"""The turns of a broadcast, written down in order and then told as facts (see `diary.py`)."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Protocol

from fedistream.broadcasts.air import Encoder
from fedistream.broadcasts.diary import Diary, Step
from fedistream.broadcasts.log import BroadcastLog
from fedistream.broadcasts.onair import Run
from fedistream.db import after_commit, atomic
from fedistream.events import BroadcastEnded, BroadcastStarted, EncoderLost, EncoderReturned, Fact


class Facts(Protocol):
    def publish(self, fact: Fact) -> None: ...
    async def state(self, fact: Fact) -> None: ...


class WrittenStory:
    """`peak` tells the most viewers a channel had in its running broadcast."""

    def __init__(self, diary: Diary, rows: BroadcastLog, facts: Facts, peak: Callable[[int], int]) -> None:
        self._diary, self._rows, self._facts, self._peak = diary, rows, facts, peak

    def started(self, channel_id: int, run: Run, encoder: Encoder) -> None:
        described = asdict(encoder) | {"connected_at": encoder.connected_at.isoformat()}

        async def step() -> None:
            broadcast_id = await self._rows.start(channel_id, run.title, run.started_at, described)

            def note() -> None:
                run.broadcast_id = broadcast_id

            after_commit(note)  # first: who is told may ask
            await self._facts.state(BroadcastStarted(channel_id, broadcast_id, run.title, run.started_at))

        self._write(step)

    def lost(self, channel_id: int, run: Run, at: datetime, until: datetime) -> None:
        async def step() -> None:
            if run.broadcast_id is not None:  # None: the first row could not be written, and that is in the log
                await self._rows.lost(run.broadcast_id, at)
                await self._facts.state(EncoderLost(channel_id, run.broadcast_id, at=at, until=until))

        self._write(step)

    def returned(self, channel_id: int, run: Run, at: datetime) -> None:
        async def step() -> None:
            if run.broadcast_id is not None:
                await self._rows.returned(run.broadcast_id)
                await self._facts.state(EncoderReturned(channel_id, run.broadcast_id, at))

        self._write(step)

    def ended(self, channel_id: int, run: Run, at: datetime, reason: str) -> None:
        peak = self._peak(channel_id)

        async def step() -> None:
            if run.broadcast_id is not None:
                await self._rows.end(run.broadcast_id, at, reason, peak)
                await self._facts.state(BroadcastEnded(channel_id, run.broadcast_id, reason, at))

        self._write(step)

    def alive(self, run: Run, at: datetime) -> None:
        """The broadcast is still running at `at`: what a killed node knows afterwards of when it died."""

        async def step() -> None:
            if run.broadcast_id is not None:
                await self._rows.seen(run.broadcast_id, at)

        self._diary.write(step)

    def _write(self, step: Step) -> None:
        """A turn and the jobs that hang on it are one transaction."""
        self._diary.write(lambda: atomic(step))
