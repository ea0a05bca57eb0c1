"""One channel's broadcast while it lasts: state, presentation, encoder and grace time.

Everything is synchronous and in memory. Rows and facts are written by the `Recorder`.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from fedistream.broadcasts.takeovers import Takeovers
from fedistream.broadcasts.values import TRANSITIONS, BroadcastEndReason, Encoder, LiveStatus, State, Transition
from fedistream.broadcasts.wording import ended
from media import AttachedTap, Hub, Sink
from media.package import PackagerConfig, Presentation

log = logging.getLogger(__name__)

RETURN_GAP_MS = 100  # on the media timeline, between the last sample of an encoder and the first of the next
REFUSAL_SHOWN_S = 600  # how long the admin sees why an encoder was refused
KEEP_ENDED_S = 120  # how long the finished playlist stays, for players that are a little behind


@dataclass(slots=True)
class BroadcastRun:
    """One broadcast. `broadcast_id` is None until its row is written, which may take as long as the database is away.

    `encoder` describes the encoder that began it, as plain JSON.
    """

    started_at: datetime
    title: str
    broadcast_id: int | None = None
    encoder: Mapping[str, Any] = field(default_factory=dict)


class Source(Protocol):
    """The publisher of a live session."""

    def encoder(self) -> Encoder: ...
    def warnings(self) -> tuple[str, ...]: ...
    def drop(self, why: str) -> None:
        """Close its connection, with the reason for the log."""


class Recorder(Protocol):
    """Stores the steps of a broadcast and emits facts about them."""

    def started(self, channel_id: int, run: BroadcastRun, encoder: Encoder) -> None: ...
    def lost(self, channel_id: int, run: BroadcastRun, at: datetime, until: datetime) -> None: ...
    def returned(self, channel_id: int, run: BroadcastRun, at: datetime) -> None: ...
    def ended(self, channel_id: int, run: BroadcastRun, at: datetime, reason: BroadcastEndReason) -> None: ...


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """The channel's settings at the moment they are asked for."""

    title: str
    grace_s: float
    packager_config: PackagerConfig


MakeTap = Callable[[LiveStatus], AttachedTap | None]


class LiveSession:
    """The state machine of one channel. `TRANSITIONS` lists the possible transitions.

    `config` returns the channel's settings. `token` returns a token that was never used before.
    """

    def __init__(
        self,
        channel_id: int,
        config: Callable[[], SessionConfig],
        recorder: Recorder,
        now: Callable[[], datetime],
        token: Callable[[], str],
        make_taps: Sequence[MakeTap] = (),
    ) -> None:
        self.channel_id = channel_id
        self.state = State.OFFLINE
        self.presentation: Presentation | None = None
        self.hub = Hub()
        self._make_taps, self._has_taps = make_taps, False  # whether they are attached to the hub
        self.run: BroadcastRun | None = None
        self.last_started_at: datetime | None = None
        self.last_ended_at: datetime | None = None
        self.config, self._recorder, self._now, self._token = config, recorder, now, token
        self.takeovers = Takeovers()
        self._source: Source | None = None
        self._refusal = "", now()  # the newest reason, and when it was given
        self._lost_at: datetime | None = None
        self._until: datetime | None = None
        self._timer: asyncio.TimerHandle | None = None

    def live_status(self) -> LiveStatus:
        run, source = self.run, self._source
        return LiveStatus(
            channel_id=self.channel_id,
            state=self.state,
            broadcast_id=run.broadcast_id if run else None,
            started_at=run.started_at if run else None,
            lost_at=self._lost_at,
            until=self._until,
            encoder=source.encoder() if source else None,
            last_started_at=self.last_started_at,
            last_ended_at=self.last_ended_at,
            playable=self.presentation is not None and self.presentation.playable and not self.presentation.ended,
            warnings=(*source.warnings(), *self.takeovers.warnings()) if source else self._refusals(),
        )

    def refuse(self, reason: str) -> None:
        """Keep the reason why an encoder was refused. It is shown for REFUSAL_SHOWN_S, or until an encoder is live."""
        self._refusal = reason, self._now()

    def _refusals(self) -> tuple[str, ...]:
        reason, at = self._refusal
        recent = reason and self._now() - at < timedelta(seconds=REFUSAL_SHOWN_S)
        return (f"An encoder was refused. {reason}",) if recent else ()

    def take(self, source: Source) -> tuple[Sink, int]:
        """Make `source` live, in place of the present one. Returns the sink, and the media time in ms at which the
        source begins."""
        before, old = self.state, self._source
        self._refusal = "", self._now()
        self._source = source
        self._move(Transition.PUBLISHED)
        if old is not None:
            old.drop("another encoder took over with the same stream key")
        if before is State.OFFLINE:
            self._begin(source)
        elif before is State.WAITING:
            assert self.run is not None
            self._lost_at = self._until = None
            self._recorder.returned(self.channel_id, self.run, self._now())
        if self.presentation is None or self.presentation.ended:
            self._open_presentation()
        elif not self.presentation.playable:
            self.presentation.renumber(self._age_s())
        self._attach_taps()
        return self.hub, (self.hub.end_ms + RETURN_GAP_MS if self.hub.end_ms else 0)

    def lost(self, source: Source) -> None:
        """Note that the connection of `source` broke. If it was live, the grace time begins."""
        if source is not self._source:
            return
        self._source = None
        config, now = self.config(), self._now()
        if self.presentation is not None:
            self.presentation.pause()
        if config.grace_s <= 0:
            self._end(Transition.FINISHED, now, BroadcastEndReason.LOST)
            return
        self.wait(now, now + timedelta(seconds=config.grace_s))
        assert self.run is not None
        self._recorder.lost(self.channel_id, self.run, now, now + timedelta(seconds=config.grace_s))

    def wait(self, lost_at: datetime, until: datetime) -> None:
        """Wait for the encoder until a time; after a restart of the node, for the encoder of the previous process."""
        if self.state is State.LIVE:
            self._move(Transition.LOST)
        else:
            self.state = State.WAITING
            # players that are still open keep waiting for it instead of getting a 404
            self._open_presentation()
        self._lost_at, self._until = lost_at, until
        delay = max(0.0, (until - self._now()).total_seconds())
        self._arm(delay, self._expire)

    def finished(self, source: Source) -> None:
        """End the broadcast, because `source` said that it is done. A source that is not live is ignored."""
        if source is self._source:
            self._source = None
            self._end(Transition.FINISHED, self._now(), BroadcastEndReason.FINISHED)

    def disconnect(self) -> bool:
        """End the broadcast now. Returns whether there was one."""
        if self.state is State.OFFLINE:
            return False
        source, self._source = self._source, None
        self._end(Transition.DISCONNECTED, self._now(), BroadcastEndReason.DISCONNECTED)
        if source is not None:
            source.drop("disconnected by the admin of this node")
        return True

    def close(self) -> None:
        """Disconnect the encoder because the node stops. It may return to the next process within the grace time."""
        source = self._source
        if source is not None:
            self.lost(source)
            source.drop("the node is shutting down")
        if self._timer is not None:
            self._timer.cancel()
        if self.presentation is not None:
            self.presentation.close()
        self.hub.close()

    def _begin(self, source: Source) -> None:
        now, config = self._now(), self.config()
        self.run = BroadcastRun(now, config.title)
        self.last_started_at = now
        self._lost_at = self._until = None
        self._renew_hub()
        self.presentation = None
        self._recorder.started(self.channel_id, self.run, source.encoder())

    def _open_presentation(self) -> None:
        """Make a presentation of the running broadcast. After a restart of the node it must not reuse segment numbers.

        Segments last a second or more on average, so the broadcast's age in seconds is above every number used before.
        """
        self.presentation = Presentation(
            self._token(),
            self.config().packager_config,
            first=self._age_s(),
            wall_ms=lambda: int(self._now().timestamp() * 1000),
        )
        self.hub.tap(self.presentation.source)

    def _renew_hub(self) -> None:
        self.hub.close()
        self.hub, self._has_taps = Hub(), False

    def _attach_taps(self) -> None:
        """Attach the taps of all that asked for them, once for each broadcast and before its first sample is passed
        on."""
        if self._has_taps:
            return
        self._has_taps = True
        for make_tap in self._make_taps:
            try:
                tap = make_tap(self.live_status())
            except Exception:
                log.exception("a tap of channel %d could not be made", self.channel_id)
            else:
                if tap is not None:
                    self.hub.attach(tap)

    def _age_s(self) -> int:
        assert self.run is not None
        return int((self._now() - self.run.started_at).total_seconds())

    def _expire(self) -> None:
        self._end(Transition.EXPIRED, self._lost_at or self._now(), BroadcastEndReason.EXPIRED)

    def _end(self, move: Transition, at: datetime, reason: BroadcastEndReason) -> None:
        run = self.run
        assert run is not None
        self._move(move)
        self._lost_at = self._until = None
        self.last_ended_at = at
        self.run = None
        self._renew_hub()
        if self.presentation is not None:
            self.presentation.end()
            self._arm(KEEP_ENDED_S, self._forget)
        log.info("the broadcast of channel %d has ended: %s", self.channel_id, ended(reason))
        self._recorder.ended(self.channel_id, run, at, reason)

    def _forget(self) -> None:
        self.presentation = None

    def _move(self, move: Transition) -> None:
        self.state = TRANSITIONS[self.state, move]
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self, delay_s: float, act: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay_s, act)
