"""Broadcasts: authorises encoders, gives the live status, and begins, holds and ends broadcasts.

The state of each channel is in `session.py`; `write_queue.py` writes the rows without delaying the media.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from fedistream.broadcasts.latency import channel_lengths
from fedistream.broadcasts.publication import EncoderPublication
from fedistream.broadcasts.recorder import BroadcastRecorder, PeakCounter
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.session import BroadcastRun, LiveSession, MakeTap, SessionConfig
from fedistream.broadcasts.takeovers import WORDS
from fedistream.broadcasts.values import BroadcastEndReason, BroadcastRecord, LiveStatus, PublishRefusal, State
from fedistream.broadcasts.write_queue import WriteQueue
from fedistream.core.events import BroadcastEnded, PublishRefused
from fedistream.core.ports import Channel, FactEmitter, SettingsReader
from fedistream.core.supervisor import beside
from fedistream.db import atomic
from media.package import CutRules, PackagerConfig, Presentation
from media.rtmp import REJECTED, Connection, Publication, PublishRequest, Refused

Warn = Callable[[int], Sequence[str]]

HEARTBEAT_S = 5  # the precision with which a restarted node knows when a killed one died


@dataclass(frozen=True, slots=True)
class BroadcastsContext:
    """The other features as broadcasts need them.

    `find_by_key` returns the channel of a stream key, or None. `token` returns a token that was never used before.
    """

    settings: SettingsReader
    facts: FactEmitter
    viewers: PeakCounter
    find_by_key: Callable[[str], Channel | None]
    now: Callable[[], datetime]
    token: Callable[[], str]


class Broadcasts:
    """The RTMP server's publish handler (`authorize`), and the live status and presentation of all channels."""

    def __init__(self, rows: BroadcastRepository, context: BroadcastsContext) -> None:
        self._rows, self._context, self._now = rows, context, context.now
        self._write_queue = WriteQueue(lambda: rows.find(0))
        self._recorder = BroadcastRecorder(self._write_queue, rows, context.facts, context.viewers)
        self._channels: dict[int, LiveSession] = {}
        self._make_taps: list[MakeTap] = []
        self._warners: list[Warn] = []

    async def authorize(self, request: PublishRequest, connection: Connection) -> Publication:
        """Let an encoder publish.

        Raises Refused for a stream key that no channel has, and for an encoder that keeps returning while another one
        publishes.
        """
        channel = self._context.find_by_key(request.name)
        if channel is None:
            self._context.facts.publish(PublishRefused(request.address, PublishRefusal.WRONG_KEY.value, self._now()))
            raise Refused("NetStream.Publish.BadName", "This stream key is not known here.")
        session = self._session(channel.id)
        if not await session.takeovers.may_come(request.address):
            self._context.facts.publish(PublishRefused(request.address, PublishRefusal.TAKEN.value, self._now()))
            raise Refused(REJECTED, WORDS)
        return EncoderPublication(session, request, connection, self._now).ingest

    def live_status(self, channel_id: int) -> LiveStatus:
        """Return the channel's live status."""
        found = self._session(channel_id).live_status()
        more = [text for warn in self._warners for text in warn(channel_id)] if found.state is State.LIVE else []
        return replace(found, warnings=(*found.warnings, *more)) if more else found

    def warn(self, warn: Warn) -> None:
        """Add what `warn` returns for a channel to the warnings of its live status."""
        self._warners.append(warn)

    def presentation(self, channel_id: int) -> Presentation | None:
        """Return the presentation of the running broadcast, or for KEEP_ENDED_S seconds that of the last one, else
        None."""
        return self._session(channel_id).presentation

    def attach(self, make_tap: MakeTap) -> None:
        """Call `make_tap` whenever a live session begins, and attach the tap that it returns, if any, to the session's
        hub.

        This happens before the first sample is passed on, so recorders, pushes and encoders miss nothing. `make_tap`
        gets the channel's status, in which `broadcast_id` may still be None, and must return quickly. A tap that raises
        or is too slow is detached (media/hub.py). To be called before encoders may connect.
        """
        self._make_taps.append(make_tap)

    async def find(self, broadcast_id: int) -> BroadcastRecord | None:
        """Return the stored broadcast with this id, running or not, or None."""
        return await self._rows.find(broadcast_id)

    async def disconnect(self, channel_id: int) -> bool:
        """End the channel's broadcast at once. Returns whether there was one."""
        return self._session(channel_id).disconnect()

    async def resume(self, channel_id: int) -> None:
        """Continue with the rows that the previous process left.

        Waits for the encoder of a broadcast while its grace time lasts, and ends the others.
        """
        session = self._session(channel_id)
        last = await self._rows.last(channel_id)
        if last is not None:
            session.last_started_at, session.last_ended_at = last.started_at, last.ended_at
        for row in await self._rows.unfinished(channel_id):
            lost_at = row.lost_at or row.seen_at
            until = lost_at + timedelta(seconds=session.config().grace_s)
            if until > self._now() and session.run is None:
                session.run = BroadcastRun(row.started_at, row.title, row.id)
                self._context.viewers.begin_session(channel_id)
                session.wait(lost_at, until)
            else:
                await atomic(self._end, row, lost_at)
                session.last_ended_at = lost_at

    async def _end(self, row: BroadcastRecord, at: datetime) -> None:
        reason = BroadcastEndReason.NODE_STOPPED
        await self._rows.end(row.id, at, reason, row.peak_viewers)
        await self._context.facts.emit(BroadcastEnded(row.channel_id, row.id, reason.value, at))

    async def run(self) -> None:
        """Write rows until `close`, and record every HEARTBEAT_S seconds which broadcasts are running."""
        async with beside("heartbeat", self._beat_on):
            await self._write_queue.run()

    async def check(self) -> str | None:
        """Return "behind" or another word for the readiness check when steps cannot be written, else None."""
        return await self._write_queue.check()

    @property
    def unwritten(self) -> int:
        """The number of steps that wait to be written."""
        return self._write_queue.waiting

    def close(self) -> None:
        """Disconnect the encoders, and make `run` end when everything is written."""
        for session in self._channels.values():
            session.close()
        self._write_queue.close()

    def beat(self) -> None:
        """Queue a record for each live broadcast that it is running now."""
        for session in self._channels.values():
            if session.state is State.LIVE and session.run is not None:
                self._recorder.alive(session.channel_id, session.run, self._now())

    async def _beat_on(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self.beat()

    def _session(self, channel_id: int) -> LiveSession:
        session = self._channels.get(channel_id)
        if session is None:
            session = LiveSession(
                channel_id,
                lambda: self._terms(channel_id),
                self._recorder,
                self._now,
                self._context.token,
                self._make_taps,
            )
            self._channels[channel_id] = session
        return session

    def _terms(self, channel_id: int) -> SessionConfig:
        def number(name: str) -> float:
            value = self._context.settings.value(name, channel_id)
            assert isinstance(value, int | float)
            return value

        part_ms, segment_s = channel_lengths(self._context.settings, channel_id)
        rules = CutRules(part_ms=part_ms, segment_ms=int(segment_s * 1000))
        return SessionConfig(
            title=str(self._context.settings.value("channel.title", channel_id)),
            grace_s=number("broadcast.grace_s"),
            packager_config=PackagerConfig(rules, listed=int(number("hls.window_segments"))),
        )
