"""Decides the next step of a planned notification. Pure.

The rules are those of live announcements: after the same delay, once in a broadcast, and not again for one that begins
within the cool-down of the last.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fedistream.broadcasts.values import BroadcastRecord
from fedistream.notifications.values import SkipReason

AWAY = timedelta(seconds=10)  # between two looks whether a lost encoder has returned
SILENT = timedelta(seconds=60)  # a running node stores a heartbeat every few seconds


@dataclass(frozen=True, slots=True)
class Wait:
    """Look again at `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class Skip:
    """Send nothing, for the reason `why`."""

    why: SkipReason


@dataclass(frozen=True, slots=True)
class Send:
    """Send now, once."""


@dataclass(frozen=True, slots=True)
class Rules:
    """`on` is whether this way is enabled.

    `last_end` is when the last broadcast ended about which was notified this way. One that begins within `cooldown` of
    it counts as a reconnection.
    """

    on: bool
    cooldown: timedelta
    last_end: datetime | None


def step(due: datetime, now: datetime, broadcast: BroadcastRecord | None, rules: Rules) -> Wait | Skip | Send:
    """Return the next step of a planned notification."""
    if broadcast is None or broadcast.ended_at is not None:
        return Skip(SkipReason.OVER)
    if now < due:
        return Wait(due)
    if not rules.on:
        return Skip(SkipReason.OFF)
    if rules.last_end is not None and broadcast.started_at - rules.last_end < rules.cooldown:
        return Skip(SkipReason.TOO_RECENT)
    if broadcast.lost_at is not None or now - broadcast.seen_at >= SILENT:
        return Wait(now + AWAY)
    return Send()
