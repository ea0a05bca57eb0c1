"""Decides which step of a scheduled event is due now. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fedistream.schedule.values import EARLY, WARNING

LATE = timedelta(hours=1)  # an end announced later, after a node was down, is of no use


class Step(StrEnum):
    """A step of an event: it comes soon, has started, or is over. CLOSE is an end that is not announced."""

    WARN = "warn"
    START = "start"
    END = "end"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class EventTimes:
    """The start and the end of an event, and when each of its steps was announced."""

    starts_at: datetime
    ends_at: datetime
    warned_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None


def step(event: EventTimes, now: datetime) -> Step | None:
    """Return the next step of an event, or None.

    No step is taken twice, also when a clock was set back. A missed step is not made up for: there is no warning after
    the start, and no start after the end.
    """
    if event.ended_at is not None:
        return None
    if now >= event.ends_at:
        return Step.END if event.started_at is not None and now - event.ends_at < LATE else Step.CLOSE
    if event.started_at is not None:
        return None
    if now >= event.starts_at:
        return Step.START
    return Step.WARN if event.warned_at is None and now >= event.starts_at - WARNING else None


def next_look(event: EventTimes, now: datetime) -> datetime | None:
    """Return when the next step of an event can be due, or None after its end."""
    times = (event.starts_at - WARNING, event.starts_at, event.ends_at)
    return min((at for at in times if at > now), default=None)


def belongs(starts_at: datetime, ends_at: datetime, begun_at: datetime) -> bool:
    """Return whether a broadcast that began then belongs to an event."""
    return starts_at - EARLY <= begun_at < ends_at
