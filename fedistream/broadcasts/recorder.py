"""Stores the steps of a broadcast in order, and emits the facts about them (see `write_queue.py`).

A step may be retried although its commit succeeded and only the answer was lost. So each step writes only what is
missing. Its jobs may then exist twice, and any job may be done twice.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Protocol

from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.session import BroadcastRun
from fedistream.broadcasts.values import BroadcastEndReason, Encoder
from fedistream.broadcasts.write_queue import Kind, Step, Write, WriteQueue
from fedistream.core.events import BroadcastEnded, BroadcastStarted, EncoderLost, EncoderReturned
from fedistream.core.ports import FactEmitter
from fedistream.db import after_commit, atomic


class PeakCounter(Protocol):
    """Counts the peak viewers of a channel's session, which begins and ends with the broadcast, not with its row."""

    def begin_session(self, channel_id: int) -> None: ...
    def end_session(self, channel_id: int) -> None: ...
    def session_peak(self, channel_id: int) -> int: ...


class BroadcastRecorder:
    """Stores the steps of the broadcasts of all channels."""

    def __init__(
        self, write_queue: WriteQueue, rows: BroadcastRepository, facts: FactEmitter, viewers: PeakCounter
    ) -> None:
        self._write_queue, self._rows, self._facts, self._viewers = write_queue, rows, facts, viewers

    def started(self, channel_id: int, run: BroadcastRun, encoder: Encoder) -> None:
        """Queue the start of a broadcast."""
        self._viewers.begin_session(channel_id)
        run.encoder = asdict(encoder) | {"connected_at": encoder.connected_at.isoformat()}

        async def step() -> None:
            await self._row(channel_id, run)

        self._put(Kind.STARTED, run, step)

    def lost(self, channel_id: int, run: BroadcastRun, at: datetime, until: datetime) -> None:
        """Queue the loss of the encoder's connection."""

        async def step() -> None:
            broadcast_id = await self._row(channel_id, run)
            await self._rows.lost(broadcast_id, at)
            await self._facts.emit(EncoderLost(channel_id, broadcast_id, at=at, until=until))

        self._put(Kind.LOST, run, step)

    def returned(self, channel_id: int, run: BroadcastRun, at: datetime) -> None:
        """Queue the return of the encoder."""

        async def step() -> None:
            broadcast_id = await self._row(channel_id, run)
            await self._rows.returned(broadcast_id)
            await self._facts.emit(EncoderReturned(channel_id, broadcast_id, at))

        self._put(Kind.RETURNED, run, step)

    def ended(self, channel_id: int, run: BroadcastRun, at: datetime, reason: BroadcastEndReason) -> None:
        """Queue the end of a broadcast, with its peak of viewers."""
        peak = self._viewers.session_peak(channel_id)
        self._viewers.end_session(channel_id)

        async def step() -> None:
            broadcast_id = await self._row(channel_id, run)
            await self._rows.end(broadcast_id, at, reason, peak)
            await self._facts.emit(BroadcastEnded(channel_id, broadcast_id, reason.value, at))

        self._put(Kind.ENDED, run, step)

    def alive(self, channel_id: int, run: BroadcastRun, at: datetime) -> None:
        """Record that the broadcast is still running at `at`, so that a restarted node knows when a killed one died.

        While steps wait to be written, this makes the queue retry at once instead.
        """
        if self._write_queue.waiting:
            self._write_queue.retry()
            return
        peak = self._viewers.session_peak(channel_id)

        async def step() -> None:
            await self._rows.seen(await self._row(channel_id, run), at, peak)

        self._put(Kind.ALIVE, run, step)

    async def _row(self, channel_id: int, run: BroadcastRun) -> int:
        """Return the broadcast's id. Writes its row and emits BroadcastStarted if that was not done yet."""
        if run.broadcast_id is not None:
            return run.broadcast_id
        broadcast_id = await self._rows.start(channel_id, run.title, run.started_at, run.encoder)

        def note() -> None:
            run.broadcast_id = broadcast_id

        after_commit(note)  # before the fact: its reactions may ask for the id
        await self._facts.emit(BroadcastStarted(channel_id, broadcast_id, run.title, run.started_at))
        return broadcast_id

    def _put(self, kind: Kind, run: BroadcastRun, step: Step) -> None:
        """Queue a step, which is written in one transaction with its jobs."""
        self._write_queue.put(Write(kind, run, lambda: atomic(step)))
