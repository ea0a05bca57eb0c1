"""What is to be done next with a notice. Pure: everything that is known comes in, and one step comes out."""

from dataclasses import dataclass
from datetime import datetime, timedelta

AWAY = timedelta(seconds=10)  # until it is looked again whether a lost encoder is back
DEBOUNCE = timedelta(seconds=30)  # a title is often changed twice; each change is a letter to every server
SILENT = timedelta(seconds=60)  # a node that runs says so every few seconds


@dataclass(frozen=True, slots=True)
class StreamState:
    """What was written down of the broadcast."""

    started_at: datetime
    seen_at: datetime
    lost_at: datetime | None
    ended_at: datetime | None

    def is_here(self, now: datetime) -> bool:
        """Whether there is something to see: the encoder is connected, and the node that it sends to lives."""
        return self.lost_at is None and self.ended_at is None and now - self.seen_at < SILENT


@dataclass(frozen=True, slots=True)
class Rules:
    """`says` is whether there is a text at all. `last_end` is when the channel's last broadcast with a notice ended:
    within `cooldown` of it a new one is a reconnection rather than news."""

    on: bool
    says: bool
    cooldown: timedelta
    last_end: datetime | None


@dataclass(frozen=True, slots=True)
class Wait:
    until: datetime


@dataclass(frozen=True, slots=True)
class Skip:
    why: str


@dataclass(frozen=True, slots=True)
class Post:
    """Now, and only once."""


@dataclass(frozen=True, slots=True)
class Update:
    """Say what it is called now."""


@dataclass(frozen=True, slots=True)
class Close:
    """The broadcast is over: say so, take it back or leave it."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing, before something happens."""


def before(due: datetime, now: datetime, air: StreamState | None, rules: Rules) -> Wait | Skip | Post:
    """The next step of a planned notice."""
    if air is None or air.ended_at is not None:
        return Skip("the broadcast was over by then")
    if now < due:
        return Wait(due)
    if not rules.on:
        return Skip("federation is off")
    if not rules.says:
        return Skip("there is no text for it")
    if rules.last_end is not None and air.started_at - rules.last_end < rules.cooldown:
        return Skip("the last notice is too recent")
    if not air.is_here(now):
        return Wait(now + AWAY)
    return Post()


def after(
    air: StreamState | None, now: datetime, *, renamed: bool, retitle_due: datetime | None
) -> Wait | Update | Close | Rest:
    """The next step of one that is out. `renamed`: the title is not the one that was said. `retitle_due` is the time
    that was waited for since that was seen first."""
    if air is None or air.ended_at is not None:
        return Close()
    if not renamed:
        return Rest()
    if retitle_due is None:
        return Wait(now + DEBOUNCE)
    return Update() if retitle_due <= now else Wait(retitle_due)
