"""Decides the next step of a notice. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fedistream.notices.values import SkipReason

AWAY = timedelta(seconds=10)  # between two looks whether a lost encoder has returned
DEBOUNCE = timedelta(seconds=30)  # a title is often changed twice, and each edit is delivered to every server
SILENT = timedelta(seconds=60)  # a running node stores a heartbeat every few seconds


@dataclass(frozen=True, slots=True)
class StreamState:
    """The stored state of the broadcast."""

    started_at: datetime
    seen_at: datetime
    lost_at: datetime | None
    ended_at: datetime | None

    def is_here(self, now: datetime) -> bool:
        """Return whether there is something to watch: the encoder is connected, and the node was alive within
        SILENT."""
        return self.lost_at is None and self.ended_at is None and now - self.seen_at < SILENT


@dataclass(frozen=True, slots=True)
class Rules:
    """`on` is whether federation is enabled, `says` whether there is a text.

    `last_end` is when the channel's last announced broadcast ended. A broadcast that starts within `cooldown` of it
    counts as a reconnection and is not announced.
    """

    on: bool
    says: bool
    cooldown: timedelta
    last_end: datetime | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Skip:
    """Do not post, for the reason `why`."""

    why: SkipReason


@dataclass(frozen=True, slots=True)
class Post:
    """Post now, once."""


@dataclass(frozen=True, slots=True)
class Update:
    """Edit the post: the title has changed."""


@dataclass(frozen=True, slots=True)
class Close:
    """The broadcast is over: edit the post, delete it or leave it."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Do nothing until something happens."""


def before(due: datetime, now: datetime, stream: StreamState | None, rules: Rules) -> Wait | Skip | Post:
    """Return the next step of a planned notice."""
    if stream is None or stream.ended_at is not None:
        return Skip(SkipReason.OVER)
    if now < due:
        return Wait(due)
    if not rules.on:
        return Skip(SkipReason.FEDERATION_OFF)
    if not rules.says:
        return Skip(SkipReason.NO_TEXT)
    if rules.last_end is not None and stream.started_at - rules.last_end < rules.cooldown:
        return Skip(SkipReason.TOO_RECENT)
    if not stream.is_here(now):
        return Wait(now + AWAY)
    return Post()


def after(
    stream: StreamState | None, now: datetime, *, renamed: bool, retitle_due: datetime | None
) -> Wait | Update | Close | Rest:
    """Return the next step of a posted notice.

    `renamed` says whether the title differs from the posted one; `retitle_due` is when the post is to be edited for
    that, or None if that was not planned yet.
    """
    if stream is None or stream.ended_at is not None:
        return Close()
    if not renamed:
        return Rest()
    if retitle_due is None:
        return Wait(now + DEBOUNCE)
    return Update() if retitle_due <= now else Wait(retitle_due)
