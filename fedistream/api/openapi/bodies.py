"""The JSON bodies that calls take."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from fedistream.access_tokens.service import MAX_NAME
from fedistream.api.admin.queue import MAX_IDS
from fedistream.api.openapi.config_shapes import StreamKey
from fedistream.api.openapi.owncast_shapes import Count
from fedistream.api.openapi.schema import Keywords
from fedistream.chat.moderation import MAX_WHY
from fedistream.metrics.cmcd import MAX_REPORTS
from fedistream.schedule import values as schedule
from fedistream.webhooks import values as webhooks

Reason = Annotated[str, Keywords(maxLength=MAX_WHY, description="Ours: the reason, for the moderation log.")]
Url = Annotated[str, Keywords(format="uri")]
DataUrl = Annotated[str, Keywords(pattern="^data:.*;base64,", description="The file as a data URL (RFC 2397).")]
ShortText = Annotated[str, Keywords(minLength=1)]


class Text(TypedDict):
    value: str


class FilledText(TypedDict):
    value: ShortText


class MessageText(TypedDict):
    body: ShortText


class Image(TypedDict):
    value: DataUrl


class DisplayName(TypedDict, total=False):
    displayName: str | None


class MessageVisibility(TypedDict):
    idArray: list[str]
    visible: bool
    reason: NotRequired[Reason]


class UserEnabled(TypedDict):
    userId: str
    enabled: bool
    reason: NotRequired[Reason]


class UserModerator(TypedDict):
    userId: str
    isModerator: bool
    reason: NotRequired[Reason]


class UserId(TypedDict):
    userId: str
    reason: NotRequired[Reason]


class IPAddress(TypedDict):
    value: Annotated[str, Keywords(description="An IPv4 or IPv6 address, or a network in CIDR notation.")]
    reason: NotRequired[Reason]


class EmojiUpload(TypedDict):
    name: ShortText
    data: DataUrl


class EmojiName(TypedDict):
    name: ShortText


class NewToken(TypedDict):
    name: Annotated[str, Keywords(minLength=1, maxLength=MAX_NAME)]
    scopes: list[Literal["CAN_SEND_MESSAGES", "CAN_SEND_SYSTEM_MESSAGES", "HAS_ADMIN_ACCESS"]]


class Token(TypedDict):
    token: str


class Account(TypedDict):
    account: Annotated[str, Keywords(description="user@host")]


class PushRegistration(TypedDict):
    channel: Literal["BROWSER_PUSH_NOTIFICATION"]
    destination: Annotated[str, Keywords(description="The PushSubscription of the browser, as JSON text.")]


class AuthHost(TypedDict):
    authHost: Annotated[str, Keywords(description="The address of the visitor's website.")]


class Code(TypedDict):
    code: str


class FollowerDecision(TypedDict):
    actorIRI: str
    approved: bool


class ActorIRI(TypedDict):
    actorIRI: str


class ServerUrl(TypedDict):
    url: Url


class StreamKeys(TypedDict):
    value: list[StreamKey]


WebhookAddress = Annotated[str, Keywords(format="uri", maxLength=webhooks.MAX_URL)]
EventNames = Annotated[list[str], Keywords(maxItems=webhooks.MAX_EVENTS)]
Secret = Annotated[str, Keywords(maxLength=webhooks.MAX_SECRET, description="whsec_…, or any text.")]


class NewWebhook(TypedDict):
    url: WebhookAddress
    events: EventNames
    secret: NotRequired[Secret | None]


class ChangedWebhook(TypedDict):
    """Changes of a webhook: members that are not given stay as they are."""

    id: int
    url: NotRequired[WebhookAddress]
    events: NotRequired[EventNames]
    secret: NotRequired[Secret]


class EnabledWebhook(TypedDict):
    id: int
    enabled: bool


class Id(TypedDict):
    id: int


class OptionalId(TypedDict, total=False):
    id: int


class ScheduledEventInput(TypedDict):
    """An event with `start`, or a series with `recurrence`. With `id`, that one is changed."""

    name: Annotated[str, Keywords(minLength=1, maxLength=schedule.MAX_NAME)]
    id: NotRequired[str | None]
    description: NotRequired[Annotated[str, Keywords(maxLength=schedule.MAX_DESCRIPTION)] | None]
    start: NotRequired[Annotated[str, Keywords(format="date-time")] | None]
    recurrence: NotRequired[Annotated[str, Keywords(description="RRULE with DTSTART (RFC 5545).")] | None]
    durationMinutes: NotRequired[Annotated[int, Keywords(minimum=1, maximum=schedule.MAX_MINUTES)] | None]
    timezone: NotRequired[Annotated[str, Keywords(description="A name of the IANA time zone database.")] | None]


class RemovedEvent(TypedDict):
    id: str
    cancel: NotRequired[bool | None]


class Recurrence(TypedDict):
    recurrence: Annotated[str, Keywords(description="RRULE with DTSTART (RFC 5545).")]


class OldPlaybackReport(TypedDict):
    """A report of a player in the form of Owncast 0.0.11 to 0.2."""

    errors: float | None
    qualityVariantChanges: float | None
    bandwidth: NotRequired[float | None]
    latency: NotRequired[float | None]
    downloadDuration: NotRequired[float | None]


CmcdReports = Annotated[list[dict[str, Any]], Keywords(maxItems=MAX_REPORTS)]


class SettledReport(TypedDict):
    id: int
    settled: bool


class QuoteId(TypedDict):
    id: str


class NoticeText(TypedDict):
    id: int
    value: Annotated[str, Keywords(description='Markdown, or "" for the text that comes by itself.')]


class NoticeDraft(TypedDict):
    value: str
    id: NotRequired[int]


class Retry(TypedDict, total=False):
    """The jobs of `ids`, or all of `host`."""

    host: str
    ids: Annotated[list[Count], Keywords(maxItems=MAX_IDS)]


class ReplyToMessage(TypedDict):
    messageId: str
    body: ShortText


class ReplyToNote(TypedDict):
    note: str
    body: ShortText


class MessageId(TypedDict):
    messageId: str
    reason: NotRequired[Reason]


class ReplyDecision(TypedDict):
    note: str
    approved: bool
