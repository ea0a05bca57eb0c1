"""The values of notifications, and their limits."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from fedistream.core.errors import Problem

MAX_SUBSCRIPTIONS = 20_000  # of a channel
MAX_PER_VISITOR = 20  # a new one replaces the oldest
MAX_DESTINATION = 4096  # characters of a subscription as JSON; browsers send about 400
MAX_ENDPOINT = 2048
MAX_REFUSALS = 3  # in a row, after which a subscription is deleted
MAX_TITLE = 100  # characters
MAX_PUSH_BODY = 500  # characters; of 4 bytes each, with title and URL, below the 3,993 of RFC 8291, section 4
EXPIRES = timedelta(minutes=30)  # a notification that arrives later is worse than none
KEPT_NOTIFICATIONS = 200  # rows of past ones


class Way(StrEnum):
    """The way by which a notification is sent, as it is stored."""

    BROWSER = "browser"
    DISCORD = "discord"


class State(StrEnum):
    """The state of a notification. SENT is public and may still be edited, CLOSED is not touched any more."""

    PLANNED = "planned"
    SENT = "sent"
    SKIPPED = "skipped"  # for a SkipReason
    FAILED = "failed"
    CLOSED = "closed"


class SkipReason(StrEnum):
    """The reason why a notification was skipped, as it is stored."""

    OVER = "over"
    OFF = "off"
    TOO_RECENT = "too-recent"


class NotificationProblem(Problem):
    """The codes for what is wrong with a subscription, or with a test."""

    CHANNEL = "notification-channel"
    SUBSCRIPTION = "push-subscription"
    ENDPOINT = "push-endpoint"
    KEYS = "push-keys"
    FULL = "push-full"
    OFF = "push-off"
    NO_SUBSCRIPTION = "push-no-subscription"
    NO_WEBHOOK = "discord-no-webhook"


@dataclass(frozen=True, slots=True)
class Subscription:
    """A browser's subscription: `endpoint` is the address at its push service, `p256dh` its public key as an
    uncompressed point of P-256, `auth` its 16 bytes of authentication secret (RFC 8291, section 2)."""

    endpoint: str
    p256dh: bytes
    auth: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message as a browser shows it. It replaces a shown one with the same `tag`.

    `topic` does the same for messages that wait at the push service (RFC 8030, section 5.4), `urgency` is as in section
    5.3.
    """

    title: str
    body: str
    url: str
    tag: str
    topic: str
    urgency: str


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification as the admin sees it. `broadcast_id` is None for a test, `recipients` counts browsers."""

    id: int
    way: Way
    state: State
    why: str
    broadcast_id: int | None
    at: datetime
    recipients: int
