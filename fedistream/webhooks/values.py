"""The values of webhooks: events, webhooks and deliveries, and their limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fedistream.core.errors import Problem
from fedistream.schedule.values import ScheduledEvent

MAX_WEBHOOKS = 50
MAX_URL = 2048  # characters
MAX_EVENTS = 64  # names in one webhook, more than there are
MIN_KEY, MAX_KEY = 24, 64  # bytes of a key in the form whsec_…, as the specification says
MAX_SECRET = 256  # characters of a secret in another form
MAX_ANSWER = 2048  # bytes of an answer that are read and kept
MAX_ERROR = 300  # characters
MAX_WAITING = 10_000  # deliveries of one webhook; more are dropped
MAX_ATTEMPTS = 20  # of one delivery
KEPT_ROWS = 500  # finished deliveries of one webhook
KEPT = timedelta(days=7)
GIVE_UP = timedelta(days=3)  # a webhook whose receiver has failed for so long is disabled
MAX_PAGE = 100


class Event(StrEnum):
    """The name of an event on the wire. Those with our prefix are sent by no other server."""

    CHAT = "CHAT"
    NAME_CHANGE = "NAME_CHANGE"
    USER_JOINED = "USER_JOINED"
    USER_PARTED = "USER_PARTED"
    VISIBILITY_UPDATE = "VISIBILITY-UPDATE"
    STREAM_STARTED = "STREAM_STARTED"
    STREAM_STOPPED = "STREAM_STOPPED"
    STREAM_TITLE_UPDATED = "STREAM_TITLE_UPDATED"
    FOLLOW = "FEDIVERSE_ENGAGEMENT_FOLLOW"
    LIKE = "FEDIVERSE_ENGAGEMENT_LIKE"
    REPOST = "FEDIVERSE_ENGAGEMENT_REPOST"
    ENCODER_LOST = "FEDISTREAM_ENCODER_LOST"
    ENCODER_RETURNED = "FEDISTREAM_ENCODER_RETURNED"
    REPLY_RECEIVED = "FEDISTREAM_REPLY_RECEIVED"
    SCHEDULED_EVENTS = "SCHEDULED_EVENTS"
    FOLLOWER_REMOVED = "FEDISTREAM_FOLLOWER_REMOVED"
    TEST = "FEDISTREAM_TEST"


ALIASES: Mapping[str, Event] = {"NAME_CHANGED": Event.NAME_CHANGE}
"""Names that the public documentation writes for another on the wire."""

NEVER_SENT = frozenset({"PING", "PONG", "SYSTEM", "CHAT_ACTION"})
"""Names that other servers accept, and that nothing is ever sent for."""

OFFERED: tuple[Event, ...] = tuple(event for event in Event if event is not Event.TEST)
"""The events that a webhook can subscribe to."""

ACCEPTED: frozenset[str] = frozenset({*OFFERED, *ALIASES, *NEVER_SENT})
"""The names that are accepted for a webhook."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
EXPIRES: Mapping[Event, timedelta] = {
    # a bot must not answer yesterday's lines
    **dict.fromkeys((Event.CHAT, Event.NAME_CHANGE), HOUR),
    **dict.fromkeys((Event.USER_JOINED, Event.USER_PARTED), timedelta(minutes=15)),
    **dict.fromkeys((Event.STREAM_STARTED, Event.STREAM_TITLE_UPDATED), timedelta(minutes=30)),
    **dict.fromkeys((Event.ENCODER_LOST, Event.ENCODER_RETURNED), timedelta(minutes=10)),
    Event.SCHEDULED_EVENTS: timedelta(minutes=10),
    **dict.fromkeys((Event.STREAM_STOPPED, Event.VISIBILITY_UPDATE), DAY),
    **dict.fromkeys((Event.FOLLOW, Event.LIKE, Event.REPOST, Event.REPLY_RECEIVED, Event.FOLLOWER_REMOVED), DAY),
    Event.TEST: timedelta(minutes=5),
}
"""How long after the event a delivery is still tried."""
assert EXPIRES.keys() == set(Event)


class Disabled(StrEnum):
    """The reason why a webhook is disabled. Empty while it is enabled."""

    NO = ""
    ADMIN = "admin"
    GONE = "gone"  # its receiver answered 410
    FAILING = "failing"  # its receiver failed for GIVE_UP


class State(StrEnum):
    """The state of a delivery."""

    WAITING = "waiting"  # in its webhook's queue
    SENDING = "sending"  # asked for by the admin: sent once, outside the queue
    DELIVERED = "delivered"  # 2xx
    REFUSED = "refused"  # another answer that is not retried, or an address that may not be connected to
    FAILED = "failed"  # no answer, or one that asks to try again; no attempt is left
    EXPIRED = "expired"


FINISHED = (State.DELIVERED, State.REFUSED, State.FAILED, State.EXPIRED)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook. `events` are the names as the admin gave them. `secret` is empty when its requests are not signed.

    `failing_since` is set from the first failure on until a delivery succeeds.
    """

    id: int
    url: str
    events: tuple[str, ...]
    secret: str
    created_at: datetime
    last_used_at: datetime | None = None
    disabled: Disabled = Disabled.NO
    failing_since: datetime | None = None

    @property
    def enabled(self) -> bool:
        return self.disabled is Disabled.NO

    @property
    def subscribed(self) -> frozenset[Event]:
        """The events that are sent to it while it is enabled."""
        names = {ALIASES.get(name, name) for name in self.events}
        return frozenset(event for event in OFFERED if event in names)


@dataclass(frozen=True, slots=True)
class Delivery:
    """One event for one webhook. `message_id` is the same in all attempts, and for all webhooks that get the event.

    Of the last attempt: the `headers` that were sent, the `status` and the beginning of the `answer`, or the `error`
    when there was none, and how long it took.
    """

    id: int
    webhook_id: int
    event: Event
    message_id: str
    body: str
    state: State
    attempts: int
    created_at: datetime
    expires_at: datetime
    sent_at: datetime | None = None
    duration_ms: int | None = None
    status: int | None = None
    answer: str = ""
    error: str = ""
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of deliveries, the newest first, of `total`."""

    total: int
    items: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """The status of the channel at the moment of an event. While it is offline, `connected_at` is None, and while it is
    online, `disconnected_at`. `event` is the scheduled event that the broadcast belongs to."""

    online: bool
    connected_at: datetime | None
    disconnected_at: datetime | None
    title: str
    viewers: int
    overall_peak: int
    session_peak: int
    version: str
    event: ScheduledEvent | None = None


@dataclass(frozen=True, slots=True)
class About:
    """The node and its channel as payloads describe them."""

    name: str
    summary: str
    url: str


class WebhookProblem(Problem):
    """The codes for what is wrong with a webhook, or with a search in its deliveries."""

    LOG_PAGE = "webhook-log-page"
    TEXT_LENGTH = "webhook-text-length"
    URL_NOT_ACCEPTED = "webhook-url"
    PRIVATE_URL = "webhook-private-url"
    EVENTS = "webhook-events"
    SECRET = "webhook-secret"  # noqa: S105
    SECRET_BYTES = "webhook-secret-bytes"  # noqa: S105
    NO_WEBHOOK = "no-webhook"
    NO_DELIVERY = "no-delivery"
    DELIVERY_WAITS = "delivery-waits"
