"""The turns of a broadcast, written down in order and then told as facts (see `write_queue.py`).

A turn may be tried again after its commit was done and only the answer lost, so each writes what is not there yet; the
jobs that hang on it may then be there twice, as any job may be done twice.
"""

from dataclasses import asdict
from datetime import datetime
from typing import Protocol

from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.session import BroadcastRun
from fedistream.broadcasts.values import Encoder
from fedistream.broadcasts.write_queue import Kind, Step, Write, WriteQueue
from fedistream.core.events import BroadcastEnded, BroadcastStarted, EncoderLost, EncoderReturned
from fedistream.core.ports import FactEmitter
from fedistream.db import after_commit, atomic


class PeakCounter(Protocol):
    """Counts the most viewers at once of a channel's session, which begins and ends with the broadcast and not when
    that can be written down."""

    def begin_session(self, channel_id: int) -> None: ...
    def end_session(self, channel_id: int) -> None: ...
    def session_peak(self, channel_id: int) -> int: ...


class BroadcastRecorder:
    def __init__(
        self, write_queue: WriteQueue, rows: BroadcastRepository, facts: FactEmitter, viewers: PeakCounter
    ) -> None:
        self._write_queue, self._rows, self._facts, self._viewers = write_queue, rows, facts, viewers

    def started(self, channel_id: int, run: BroadcastRun, encoder: Encoder) -> None:
        self._viewers.begin_session(channel_id)
        run.encoder = asdict(encoder) | {"connected_at": encoder.connected_at.isoformat()}

        async def step() -> None:
            await self._row(channel_id, run)

        self._put(Kind.STARTED, run, step)

    def lost(self, channel_id: int, run: BroadcastRun, at: datetime, until: datetime) -> None:
        async def step() -> None:
            broadcast_id = await self._row(channel_id, run)
            await self._rows.lost(broadcast_id, at)
            await self._facts.emit(EncoderLost(channel_id, broadcast_id, at=at, until=until))

        self._put(Kind.LOST, run, step)

    def returned(self, channel_id: int, run: BroadcastRun, at: datetime) -> None:
        async def step() -> None:
            broadcast_id = await self._row(channel_id, run)
            await self._rows.returned(broadcast_id)
            await self._facts.emit(EncoderReturned(channel_id, broadcast_id, at))

        self._put(Kind.RETURNED, run, step)

    def ended(self, channel_id: int, run: BroadcastRun, at: datetime, reason: str) -> None:
        peak = self._viewers.session_peak(channel_id)
        self._viewers.end_session(channel_id)

        async def step() -> None:
            broadcast_id = await self._row(channel_id, run)
            await self._rows.end(broadcast_id, at, reason, peak)
            await self._facts.emit(BroadcastEnded(channel_id, broadcast_id, reason, at))

        self._put(Kind.ENDED, run, step)

    def alive(self, channel_id: int, run: BroadcastRun, at: datetime) -> None:
        """The broadcast is still running at `at`: what a killed node knows afterwards of when it died. It also takes up
        what could not be written before."""
        if self._write_queue.waiting:
            self._write_queue.hurry()
            return
        peak = self._viewers.session_peak(channel_id)

        async def step() -> None:
            await self._rows.seen(await self._row(channel_id, run), at, peak)

        self._put(Kind.ALIVE, run, step)

    async def _row(self, channel_id: int, run: BroadcastRun) -> int:
        """The broadcast's id; its row is written, and its start told, if that was not done yet."""
        if run.broadcast_id is not None:
            return run.broadcast_id
        broadcast_id = await self._rows.start(channel_id, run.title, run.started_at, run.encoder)

        def note() -> None:
            run.broadcast_id = broadcast_id

        after_commit(note)  # first: who is told may ask
        await self._facts.emit(BroadcastStarted(channel_id, broadcast_id, run.title, run.started_at))
        return broadcast_id

    def _put(self, kind: Kind, run: BroadcastRun, step: Step) -> None:
        """A turn and the jobs that hang on it are one transaction."""
        self._write_queue.put(Write(kind, run, lambda: atomic(step)))
