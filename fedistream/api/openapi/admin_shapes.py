"""The shapes of our own calls for the admin and moderators, and of the calls for supervisors."""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from fedistream.api.openapi.owncast_shapes import Base, Count, Html, Moment, Webhook
from fedistream.api.openapi.schema import Keywords

UnixTime = Annotated[float, Keywords(description="Unix seconds")]


class Refusals(TypedDict):
    """Requests to the inboxes that were refused since the node was started, by reason."""

    since: Moment
    total: Count
    reasons: dict[str, Count]


class Report(TypedDict):
    id: int
    actorIRI: str
    server: str
    objects: list[str]
    content: str
    timestamp: Moment
    settledAt: Moment | None


class Reports(TypedDict):
    total: Count
    results: list[Report]


class Quote(TypedDict):
    id: str
    iri: str
    quotingIRI: str
    actorIRI: str
    timestamp: Moment
    revokedAt: Moment | None


class Quotes(TypedDict):
    total: Count
    results: list[Quote]


class ImportedBlocks(TypedDict):
    """The entries that a block list brought, or with `dry` would bring."""

    success: bool
    dry: bool
    new: Count
    known: Count
    milder: Count
    wrong: list[str]


class Notice(TypedDict):
    """A post that says a broadcast is live. `why` says by which rule it was skipped."""

    id: int
    broadcastId: int
    state: Literal["planned", "posted", "updated", "withdrawn", "cancelled", "skipped"]
    why: str
    text: Annotated[str, Keywords(description="Markdown")]
    due: Moment
    post: str
    postedAt: Moment | None
    updatedAt: Moment | None
    closedAt: Moment | None


class Notices(TypedDict):
    total: Count
    results: list[Notice]


class NoticePreview(TypedDict):
    text: str
    html: Html


class NoticeChanged(Base):
    notice: Notice


class QueueHost(TypedDict):
    host: str
    circuit: str
    queued: Count
    dead: Count
    failures: Count
    failingSince: UnixTime | None
    openUntil: UnixTime | None
    lastError: str


class Queue(TypedDict):
    """The jobs of each state, and the hosts that answer badly."""

    queued: Count
    leased: Count
    failing: Count
    done: Count
    dead: Count
    hosts: list[QueueHost]


class QueueJob(TypedDict):
    id: int
    kind: str
    target: str
    state: str
    attempts: Count
    due: UnixTime
    createdAt: UnixTime
    lastError: str


class RemoteReply(TypedDict):
    """A reply from the fediverse."""

    note: str
    link: str
    actor: str
    name: str
    username: str
    image: str
    body: Html
    warning: str
    timestamp: Moment
    editedAt: Moment | None


class RemoteReplies(TypedDict):
    total: Count
    results: list[RemoteReply]


class Answered(Base):
    url: str


class WebhookEvent(TypedDict):
    """A name that a webhook may list. `expiresAfter` is in seconds; nothing is sent for a name that is not offered."""

    name: str
    offered: bool
    expiresAfter: float | None


class EditedWebhook(Webhook):
    enabled: bool
    disabledReason: str
    failingSince: Moment | None
    signed: bool


class WebhookChanged(Base):
    webhook: EditedWebhook


class Delivery(TypedDict):
    id: int
    webhookId: int
    event: str
    messageId: str
    state: str
    attempts: Count
    createdAt: Moment
    expiresAt: Moment
    sentAt: Moment | None
    durationMs: Count | None
    status: int | None
    error: str


class WholeDelivery(Delivery):
    headers: dict[str, str]
    body: dict[str, Any]
    answer: str


class Deliveries(TypedDict):
    total: Count
    results: list[Delivery]


class DeliverySent(Base):
    delivery: Delivery


class Readiness(TypedDict):
    ready: bool
    reasons: dict[str, str]


class SeenAs(TypedDict):
    """The caller's address and scheme, by which a proxy is tested."""

    address: str
    scheme: str


class Link(TypedDict):
    rel: str
    type: NotRequired[str]
    href: NotRequired[str]
    template: NotRequired[str]


class ResourceDescriptor(TypedDict):
    """RFC 7033"""

    subject: NotRequired[str]
    aliases: NotRequired[list[str]]
    properties: NotRequired[dict[str, str | None]]
    links: NotRequired[list[Link]]
