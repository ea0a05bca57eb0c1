"""A broadcast that is whatever the test says: the answers of the broadcasts service without media behind them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from fedistream.broadcasts.service import Broadcasts as RealBroadcasts
from fedistream.broadcasts.values import BroadcastEndReason, BroadcastRecord, Encoder, LiveStatus, State
from media.package import Presentation

STARTED = datetime(2026, 5, 1, 11, 30, 0, 250000, tzinfo=UTC)
OBS = Encoder(
    address="203.0.113.9",
    connected_at=STARTED,
    software="obs-output module (libobs version 31.0.2)",
    width=1920,
    height=1080,
    framerate=30.0,
    video_kbps=4500,
    audio_kbps=160,
    video_codec="avc1.64001f",
    audio_codec="mp4a.40.2",
)


def offline(channel_id: int = 1) -> LiveStatus:
    return LiveStatus(channel_id, State.OFFLINE)


def live(channel_id: int = 1) -> LiveStatus:
    return LiveStatus(
        channel_id, State.LIVE, broadcast_id=7, started_at=STARTED, encoder=OBS, last_started_at=STARTED, playable=True
    )


def waiting(channel_id: int = 1) -> LiveStatus:
    return replace(live(channel_id), state=State.WAITING, encoder=None, lost_at=STARTED, until=STARTED)


def written(broadcast_id: int = 7, channel_id: int = 1) -> BroadcastRecord:
    """The row of the running broadcast, without an end."""
    return BroadcastRecord(broadcast_id, channel_id, "Evening locks", STARTED, STARTED, None, None, None, {}, 0)


def over(broadcast_id: int = 7, *, lasted_s: float = 4980) -> BroadcastRecord:
    """The row of a broadcast that ended."""
    return replace(
        written(broadcast_id), ended_at=STARTED + timedelta(seconds=lasted_s), end_reason=BroadcastEndReason.FINISHED
    )


class Broadcasts(RealBroadcasts):
    """Holds the live status of each channel; `disconnect` ends the broadcast and records the call."""

    def __init__(self) -> None:
        self.on: dict[int, LiveStatus] = {}
        self.disconnected: list[int] = []
        self.entries: dict[int, BroadcastRecord] = {}

    async def find(self, broadcast_id: int) -> BroadcastRecord | None:
        return self.entries.get(broadcast_id)

    def live_status(self, channel_id: int) -> LiveStatus:
        return self.on.get(channel_id, offline(channel_id))

    async def disconnect(self, channel_id: int) -> bool:
        self.disconnected.append(channel_id)
        return self.on.pop(channel_id, None) is not None

    def presentation(self, channel_id: int) -> Presentation | None:
        return None
