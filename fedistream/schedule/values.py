"""The values of the schedule: events, series and their limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fedistream.core.errors import Problem

MAX_NAME = 200  # characters
MAX_DESCRIPTION = 5000  # characters
MAX_RECURRENCE = 1000  # characters; the longest sensible rule has 150
MAX_MINUTES = 7 * 24 * 60  # a longer event is a typing error
DEFAULT_MINUTES = 60
MAX_SERIES = 50  # of one channel
MAX_ONE_OFFS = 500  # of one channel that have not ended
MAX_OCCURRENCES = 300  # of one series within HORIZON; three a day are 270
MAX_RANGE = timedelta(days=366)  # of one request
MAX_AHEAD = timedelta(days=3660)  # from now to the start of a one-off event
MAX_ANSWER = 10_000  # events in one answer

HORIZON = timedelta(days=90)  # how far ahead the occurrences of a series are rows
BACK, AHEAD = timedelta(days=7), timedelta(days=90)  # of a request that names no range
FEED_AHEAD = timedelta(days=366)  # of the calendar feed
ADMIN_BACK, ADMIN_AHEAD = timedelta(days=92), timedelta(days=92)
KEPT = timedelta(days=400)  # after the start
WARNING = timedelta(minutes=10)  # before the start
ANNOUNCED_AHEAD = timedelta(days=14)  # a series would otherwise fill every calendar that follows the channel
EARLY = timedelta(minutes=30)  # a broadcast that begins so long before an event belongs to it
PREVIEWED = 5


class Status(StrEnum):
    """The status of an event. A removed one is kept while its series could make it again."""

    SCHEDULED = "scheduled"
    CANCELLED = "cancelled"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class ScheduledEvent:
    """One broadcast that is to come, is on, or was. `series_id` is "" for a one-off event. `broadcast_id` is that of
    the broadcast that began within its time."""

    id: str
    channel_id: int
    series_id: str
    name: str
    description: str
    starts_at: datetime
    minutes: int
    timezone: str
    status: Status
    created_at: datetime
    updated_at: datetime
    broadcast_id: int | None = None

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def cancelled(self) -> bool:
        return self.status is not Status.SCHEDULED


@dataclass(frozen=True, slots=True)
class Series:
    """A rule that makes events. `recurrence` is as the admin gave it: a DTSTART line and an RRULE line."""

    id: str
    channel_id: int
    name: str
    description: str
    recurrence: str
    minutes: int
    active: bool


@dataclass(frozen=True, slots=True)
class Overview:
    """The series of a channel, and their and the other events of the months around now."""

    series: tuple[Series, ...]
    events: tuple[ScheduledEvent, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A request of the admin: a new event or series, or other values for the one with this `id`. None keeps the value
    that is stored."""

    name: str
    id: str = ""
    description: str | None = None
    start: datetime | None = None
    recurrence: str = ""
    minutes: int | None = None
    timezone: str | None = None


class ScheduleProblem(Problem):
    """The codes for what is wrong with an event, a series, or a range of time."""

    NAME_REQUIRED = "schedule-name"
    BOTH_TIMES = "schedule-both-times"
    START_REQUIRED = "schedule-start"
    START_PAST = "schedule-start-past"
    START_FAR = "schedule-start-far"
    NOT_TIME = "schedule-not-time"
    NOT_DATE = "schedule-not-date"
    DURATION = "schedule-duration"
    TIMEZONE = "schedule-timezone"
    TIMEZONE_FIXED = "schedule-timezone-fixed"
    SERIES_START = "schedule-series-start"
    EVENT_RECURRENCE = "schedule-event-recurrence"
    RANGE_ORDER = "schedule-range-order"
    RANGE_SIZE = "schedule-range-size"
    MANY = "schedule-many"
    RULE_LENGTH = "schedule-rule-length"
    RULE_START = "schedule-rule-start"
    RULE_START_TIME = "schedule-rule-start-time"
    RULE_MISSING = "schedule-rule-missing"
    RULE_LINE = "schedule-rule-line"
    RULE_PART = "schedule-rule-part"
    RULE_VALUE = "schedule-rule-value"
    RULE_FREQUENT = "schedule-rule-frequent"
    RULE_EMPTY = "schedule-rule-empty"
    NO_EVENT = "no-event"
    NO_EVENT_OR_SERIES = "no-event-or-series"
    CANCELLED = "event-cancelled"
