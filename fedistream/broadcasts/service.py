"""Broadcasts: who may publish, what is on the air, and how a broadcast begins, waits and ends.

The state of each channel is in `session.py`; rows are written behind the media's back by `write_queue.py`.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedistream.broadcasts.publication import EncoderPublication
from fedistream.broadcasts.recorder import BroadcastRecorder, PeakCounter
from fedistream.broadcasts.repository import BroadcastRepository
from fedistream.broadcasts.session import BroadcastRun, LiveSession, MakeTap, SessionConfig
from fedistream.broadcasts.takeovers import WORDS
from fedistream.broadcasts.values import BroadcastRecord, LiveStatus, State
from fedistream.broadcasts.write_queue import WriteQueue
from fedistream.core.events import BroadcastEnded, PublishRefused
from fedistream.core.ports import Channel, FactEmitter, SettingsReader
from fedistream.core.supervisor import beside
from fedistream.db import atomic
from media.package import CutRules, PackagerConfig, Presentation
from media.rtmp import REJECTED, Connection, Publication, PublishRequest, Refused

HEARTBEAT_S = 5  # how exactly a killed node knows afterwards when it died


@dataclass(frozen=True, slots=True)
class BroadcastsContext:
    """What broadcasts need of others. `find_by_key` returns the channel of a stream key, and `token` a word that nobody
    used before."""

    settings: SettingsReader
    facts: FactEmitter
    viewers: PeakCounter
    find_by_key: Callable[[str], Channel | None]
    now: Callable[[], datetime]
    token: Callable[[], str]


class Broadcasts:
    """The RTMP server's publish handler (`authorize`), and the answer to what is on the air (`air`, `presentation`)."""

    def __init__(self, rows: BroadcastRepository, context: BroadcastsContext) -> None:
        self._rows, self._context, self._now = rows, context, context.now
        self._write_queue = WriteQueue(lambda: rows.find(0))
        self._story = BroadcastRecorder(self._write_queue, rows, context.facts, context.viewers)
        self._channels: dict[int, LiveSession] = {}
        self._make_taps: list[MakeTap] = []

    async def authorize(self, request: PublishRequest, connection: Connection) -> Publication:
        """Let an encoder publish. Raises Refused for a stream key that no channel has, and for an encoder that keeps
        coming back while another one publishes."""
        channel = self._context.find_by_key(request.name)
        if channel is None:
            self._context.facts.publish(PublishRefused(request.address, "wrong stream key", self._now()))
            raise Refused("NetStream.Publish.BadName", "This stream key is not known here.")
        onair = self._onair(channel.id)
        if not await onair.rivals.may_come(request.address):
            self._context.facts.publish(PublishRefused(request.address, "another encoder publishes", self._now()))
            raise Refused(REJECTED, WORDS)
        return EncoderPublication(onair, request, connection, self._now).ingest

    def air(self, channel_id: int) -> LiveStatus:
        return self._onair(channel_id).air()

    def presentation(self, channel_id: int) -> Presentation | None:
        """Return what is offered of the running broadcast, or for a short time of the last one."""
        return self._onair(channel_id).presentation

    def attach(self, make_tap: MakeTap) -> None:
        """Have `make_tap` called whenever a live session begins, before its first sample is handed on, and attach to
        its hub what it returns, if anything. Recorders, pushes and encoders miss nothing in this way.

        It is called with the channel's state at that moment, in which `broadcast_id` may still be None, and has to be
        quick. A tap that raises or holds the stream up is detached (media/hub.py). To be called before encoders come.
        """
        self._make_taps.append(make_tap)

    async def find(self, broadcast_id: int) -> BroadcastRecord | None:
        """What was written down of a broadcast, running or not."""
        return await self._rows.find(broadcast_id)

    async def disconnect(self, channel_id: int) -> bool:
        """End the channel's broadcast at once. Returns whether there was one."""
        return self._onair(channel_id).disconnect()

    async def resume(self, channel_id: int) -> None:
        """Look at the rows a former process left: wait for its encoder while the grace lasts, or end what is over."""
        onair = self._onair(channel_id)
        last = await self._rows.last(channel_id)
        if last is not None:
            onair.last_started_at, onair.last_ended_at = last.started_at, last.ended_at
        for row in await self._rows.unfinished(channel_id):
            lost_at = row.lost_at or row.seen_at
            until = lost_at + timedelta(seconds=onair.terms().grace_s)
            if until > self._now() and onair.run is None:
                onair.run = BroadcastRun(row.started_at, row.title, row.id)
                self._context.viewers.begin_session(channel_id)
                onair.wait(lost_at, until)
            else:
                await atomic(self._end, row, lost_at)
                onair.last_ended_at = lost_at

    async def _end(self, row: BroadcastRecord, at: datetime) -> None:
        await self._rows.end(row.id, at, "the node stopped", row.peak_viewers)
        await self._context.facts.emit(BroadcastEnded(row.channel_id, row.id, "the node stopped", at))

    async def run(self) -> None:
        """Write rows until `close`, and say every few seconds that what is live is still alive."""
        async with beside("heartbeat", self._beat_on):
            await self._write_queue.run()

    async def check(self) -> str | None:
        """For readiness: a word for what is wrong with writing down what happens, or None."""
        return await self._write_queue.check()

    @property
    def unwritten(self) -> int:
        """How many turns of broadcasts wait to be written."""
        return self._write_queue.waiting

    def close(self) -> None:
        """Send the encoders away and let `run` end when everything is written."""
        for onair in self._channels.values():
            onair.close()
        self._write_queue.close()

    def beat(self) -> None:
        """Have it written that what is live is alive at this moment."""
        for onair in self._channels.values():
            if onair.state is State.LIVE and onair.run is not None:
                self._story.alive(onair.channel_id, onair.run, self._now())

    async def _beat_on(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self.beat()

    def _onair(self, channel_id: int) -> LiveSession:
        onair = self._channels.get(channel_id)
        if onair is None:
            onair = LiveSession(
                channel_id,
                lambda: self._terms(channel_id),
                self._story,
                self._now,
                self._context.token,
                self._make_taps,
            )
            self._channels[channel_id] = onair
        return onair

    def _terms(self, channel_id: int) -> SessionConfig:
        def number(name: str) -> float:
            value = self._context.settings.value(name, channel_id)
            assert isinstance(value, int | float)
            return value

        rules = CutRules(part_ms=int(number("hls.part_ms")), segment_ms=int(number("hls.segment_s") * 1000))
        return SessionConfig(
            title=str(self._context.settings.value("streamtitle", channel_id)),
            grace_s=number("broadcast.grace_s"),
            packager_config=PackagerConfig(rules, listed=int(number("hls.window_segments"))),
        )
