"""The shapes of what webhooks send, as `fedistream/webhooks/payloads.py` makes them."""

from typing import Annotated, Literal, NotRequired, TypedDict

from fedistream.api.openapi.chat_shapes import User
from fedistream.api.openapi.owncast_shapes import Count, Html, Moment, ScheduledEvent
from fedistream.api.openapi.schema import Keywords

Handle = Annotated[str, Keywords(description="user@host")]


class WebhookStatus(TypedDict):
    """The status of the stream at the moment of the event."""

    lastConnectTime: Moment | None
    lastDisconnectTime: Moment | None
    versionNumber: str
    streamTitle: str
    viewerCount: Count
    overallMaxViewerCount: Count
    sessionMaxViewerCount: Count
    online: bool


class WebhookBase(TypedDict):
    id: str
    timestamp: Moment
    serverURL: str


class WebhookEncoderReturned(WebhookBase):
    """The encoder is back within the grace time."""

    status: WebhookStatus


class WebhookEncoderLost(WebhookEncoderReturned):
    """The encoder's connection broke. `until` is the end of the grace time."""

    until: Moment


class WebhookTest(WebhookEncoderReturned):
    """The event of the button that sends a test. `name` is that of the node."""

    name: str


class WebhookChat(WebhookEncoderReturned):
    """A line that a visitor said. `rawBody` is what was typed."""

    user: User | None
    body: Html
    rawBody: str
    visible: bool
    clientId: NotRequired[int]


class WebhookPresence(WebhookEncoderReturned):
    """A visitor who came or left."""

    user: User | None


class WebhookNameChange(WebhookPresence):
    """A visitor with a new name, which `user` has already."""

    newName: str


class WebhookVisibility(WebhookEncoderReturned):
    """Messages that were hidden or shown again. `MessageIDs` and `Visible` are the names of the first releases."""

    user: None
    visible: bool
    ids: list[str]
    MessageIDs: list[str]
    Visible: bool


class WebhookStream(WebhookEncoderReturned):
    """A broadcast. `scheduledEvent` is the event that it belongs to, and stands in STREAM_STARTED alone."""

    name: str
    summary: str
    streamTitle: str
    scheduledEvent: NotRequired[ScheduledEvent]


class WebhookFollow(WebhookBase):
    """A remote actor. `link` is the address of the actor."""

    name: str
    username: Handle
    image: str
    link: str


class WebhookRepost(WebhookFollow):
    """A remote actor and the post that was boosted."""

    post: str


class WebhookLike(WebhookRepost):
    """A remote actor and the post that was liked. `reaction` is an emoji, absent for a plain like."""

    reaction: NotRequired[str]


class WebhookReply(WebhookFollow):
    """A remote actor and the address of a reply or a mention. `held` says that it waits for the admin."""

    note: str
    held: bool


class WebhookFollowerRemoved(WebhookBase):
    """A follower who is gone, or whose request was refused."""

    username: Handle
    link: str
    reason: str


class WebhookScheduled(WebhookEncoderReturned):
    """A scheduled event that comes, begins or ends."""

    action: Literal["10-minute-warning", "started", "ended"]
    event: ScheduledEvent
