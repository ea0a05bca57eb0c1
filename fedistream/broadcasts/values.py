"""The live status of a channel, as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any


class State(Enum):
    """The state of a channel."""

    OFFLINE = "offline"
    LIVE = "live"
    WAITING = "waiting"  # the encoder's connection is lost, and the grace time runs


class Transition(Enum):
    """An event from outside that changes the state."""

    PUBLISHED = "an encoder sends"
    LOST = "the encoder's connection is lost"
    FINISHED = "the encoder says that it is done"
    EXPIRED = "the grace time is over"
    DISCONNECTED = "the admin ends it"


# All transitions of a broadcast. Any other is a bug of the caller and raises KeyError.
TRANSITIONS = {
    (State.OFFLINE, Transition.PUBLISHED): State.LIVE,
    (State.LIVE, Transition.PUBLISHED): State.LIVE,  # another encoder takes over with the same key
    (State.WAITING, Transition.PUBLISHED): State.LIVE,
    (State.LIVE, Transition.LOST): State.WAITING,
    (State.LIVE, Transition.FINISHED): State.OFFLINE,
    (State.LIVE, Transition.DISCONNECTED): State.OFFLINE,
    (State.WAITING, Transition.EXPIRED): State.OFFLINE,
    (State.WAITING, Transition.DISCONNECTED): State.OFFLINE,
}


class BroadcastEndReason(StrEnum):
    """The reason why a broadcast ended, as it is stored. `wording.py` has the sentences."""

    FINISHED = "finished"  # the encoder said so
    LOST = "lost"  # without a grace time
    EXPIRED = "expired"
    DISCONNECTED = "disconnected"
    NODE_STOPPED = "node-stopped"
    OTHER = "other"  # the detail has the text


class PublishRefusal(StrEnum):
    """The reason why an encoder was refused, as the fact PublishRefused has it."""

    WRONG_KEY = "wrong-key"
    TAKEN = "taken"  # another encoder publishes with this key


@dataclass(frozen=True, slots=True)
class Encoder:
    """The publisher of the running broadcast. Unknown numbers are 0, unknown texts empty."""

    address: str
    connected_at: datetime
    software: str
    width: int
    height: int
    framerate: float
    video_kbps: int
    audio_kbps: int
    video_codec: str
    audio_codec: str


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """The live status of one channel. `until` is when the grace time ends, while waiting."""

    channel_id: int
    state: State
    broadcast_id: int | None = None
    started_at: datetime | None = None
    lost_at: datetime | None = None
    until: datetime | None = None
    encoder: Encoder | None = None
    last_started_at: datetime | None = None
    last_ended_at: datetime | None = None
    playable: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def running(self) -> bool:
        """True while a broadcast is live or waits for its encoder."""
        return self.state is not State.OFFLINE


@dataclass(frozen=True, slots=True)
class BroadcastRecord:
    """One stored broadcast. `seen_at` is when it was last known to be running.

    `end_reason` is None while it runs; `end_detail` is the text of the reason OTHER.
    """

    id: int
    channel_id: int
    title: str
    started_at: datetime
    seen_at: datetime
    lost_at: datetime | None
    ended_at: datetime | None
    end_reason: BroadcastEndReason | None
    encoder: Mapping[str, Any]
    peak_viewers: int
    end_detail: str = ""
